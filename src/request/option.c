#include "request/option.h"

#include "dial/sockopt.h"
#include "endpoint/flags.h"
#include "pump/record.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct option_row *
option_named(const char *name)
{
    const struct option_row *row = option_rows;
    while (*row->name != '\0' && strcmp(row->name, name) != 0)
        row++;
    assert(*row->name != '\0');
    return row;
}

bool
option_lists(const char *names, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = names; at != NULL && *at != '\0';) {
        const char *end = strchrnul(at, ' ');
        if ((size_t)(end - at) == size && memcmp(at, name, size) == 0)
            return true;
        at = *end == ' ' ? end + 1 : end;
    }
    return false;
}

bool
option_excludes(const struct option_row *a, const struct option_row *b)
{
    return option_lists(a->excludes, b->name) || option_lists(b->excludes, a->name);
}

static void
words_add(struct option_words *words, const char *word)
{
    assert(words->count < OPTION_WORDS_MAX);
    words->items[words->count++] = word;
    words->items[words->count] = NULL;
}

/* Cut words->text at its blanks. */
static void
words_split(struct option_words *words)
{
    char *rest = NULL;
    for (char *word = strtok_r(words->text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        words_add(words, word);
}

void
option_words(const struct option_row *row, struct option_words *words)
{
    words->count = 0;
    words->items[0] = NULL;
    if (row->kind == OPTION_DOMAIN)
        for (const struct domain *const *domain = domain_rows; *domain != NULL; domain++)
            words_add(words, (*domain)->name);
    if (row->kind == OPTION_TYPE)
        for (const struct type *const *type = type_rows; *type != NULL; type++)
            words_add(words, (*type)->name);
    if (row->kind == OPTION_RECORDS) {
        (void)snprintf(words->text, sizeof words->text, "%s", record_words);
        words_split(words);
    }
    bool sends = row->kind == OPTION_SEND_FLAGS;
    if (sends || row->kind == OPTION_RECEIVE_FLAGS)
        for (const struct flag_row *flag = flag_rows; flag->name != NULL; flag++)
            if (flag->why == NULL && flag->place == (sends ? FLAGS_SEND : FLAGS_RECEIVE))
                words_add(words, flag->name);
    for (const struct sockopt_word *choice = row->choices; choice != NULL && choice->word != NULL; choice++)
        words_add(words, choice->word);
}

/* A time in its largest unit that is a whole number. */
static void
duration_text(int64_t ms, char *text, size_t size)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = { { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };
    size_t i = 0;
    while (ms % units[i].ms != 0)
        i++;
    (void)snprintf(text, size, "%" PRId64 "%s", ms / units[i].ms, ms == 0 ? "" : units[i].name);
}

void
option_bounds(const struct option_row *row, char *text, size_t size)
{
    text[0] = '\0';
    if (row->kind == OPTION_OCTAL) {
        (void)snprintf(text, size, "%" PRIo64 " to %" PRIo64, (uint64_t)row->min, (uint64_t)row->max);
    } else if (row->kind == OPTION_DURATION) {
        char least[32], most[32];
        duration_text(row->min < 0 ? 0 : row->min, least, sizeof least);
        duration_text(row->max, most, sizeof most);
        (void)snprintf(text, size, "%s to %s%s", least, most, row->min < 0 ? ", or -1 for no limit" : "");
    } else if (row->max != 0) {
        (void)snprintf(text, size, "%" PRId64 " to %" PRId64, row->min, row->max);
    }
}

struct option_name
option_name(const struct option_row *row, bool as_letter)
{
    struct option_name name;
    if (as_letter)
        (void)snprintf(name.text, sizeof name.text, "-%c", row->letter);
    else
        (void)snprintf(name.text, sizeof name.text, "--%s", row->name);
    return name;
}
