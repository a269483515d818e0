#include "domain/pattern.h"

#include "base/number.h"
#include "domain/domain.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The domain of DOMAIN:WORDS, with *words behind the colon; without one, that of IPv4 and IPv6. */
static const struct domain *
domain_named(const char *word, const char **words)
{
    size_t size = strcspn(word, ":");
    for (const struct domain *const *row = domain_rows; word[size] == ':' && *row; row++) {
        bool is_named = strlen((*row)->name) == size && strncasecmp((*row)->name, word, size) == 0;
        if (!is_named || !(*row)->read_pattern)
            continue;
        *words = word + size + 1;
        return *row;
    }
    *words = word;
    return domain_rows[0];
}

const char *
pattern_read(const char *word, struct pattern *pattern)
{
    const char *words;
    const struct domain *domain = domain_named(word, &words);
    *pattern = (struct pattern){ .domain = domain };
    if (*words == '\0')
        return "empty; an address, a name, unix:WHO or vsock:CID is needed";
    return domain->read_pattern(words, pattern);
}

static int
refuse(const char *why, const char *where, const char *word, struct fault *fault)
{
    return fault_say(fault, STATUS_USAGE, why, "%s %s", where, *word ? word : "''");
}

static int
add_pattern(const struct pattern *pattern, struct pattern_list *list, struct fault *fault)
{
    if (pattern->name)
        return pattern->domain->resolve_pattern(pattern, list, fault);
    return pattern_list_add(list, pattern) == 0 ? 0 : fault_set(fault, STATUS_LOCAL, "list of patterns");
}

static int
read_one(const char *word, bool numeric, const char *where, struct pattern_list *list, struct fault *fault)
{
    struct pattern pattern;
    const char *why = pattern_read(word, &pattern);
    if (why)
        return refuse(why, where, word, fault);
    if (pattern.name && numeric && pattern.domain->needs_lookup)
        return refuse("not a numeric address, and -n forbids names", where, word, fault);
    if (!list || add_pattern(&pattern, list, fault) == 0)
        return 0;
    if (fault->status == STATUS_LOOKUP)
        (void)snprintf(fault->what, sizeof fault->what, "%s %s", where, word);
    return -1;
}

int
pattern_read_all(const char *words, bool numeric, const char *where, struct pattern_list *list,
                 struct fault *fault)
{
    for (;;) {
        char word[PATTERN_WORD_MAX + 1];
        size_t size = strcspn(words, ",");
        (void)snprintf(word, sizeof word, "%.*s", (int)(size < sizeof word ? size : sizeof word), words);
        if (size > PATTERN_WORD_MAX)
            return refuse("longer than 320 characters", where, word, fault);
        if (read_one(word, numeric, where, list, fault) < 0)
            return -1;
        if (words[size] == '\0')
            return 0;
        words += size + 1;
    }
}

int
pattern_list_add(struct pattern_list *list, const struct pattern *pattern)
{
    if (list->count == list->room) {
        size_t room = list->room > 0 ? 2 * list->room : 8;
        struct pattern *items = reallocarray(list->items, room, sizeof *items);
        if (!items)
            return -1;
        list->items = items;
        list->room = room;
    }
    list->items[list->count] = *pattern;
    list->items[list->count++].name = NULL; /* the word is not ours */
    return 0;
}

void
pattern_list_free(struct pattern_list *list)
{
    free(list->items);
    *list = (struct pattern_list){ .items = NULL };
}

bool
pattern_list_matches(const struct pattern_list *list, const struct domain *domain, const struct address *peer,
                     int fd)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct pattern *pattern = &list->items[i];
        bool is_ours = pattern->domain == domain || pattern->domain == domain->whole;
        if (is_ours && domain->matches(pattern, peer, fd))
            return true;
    }
    return false;
}

/* One number up to `end`. */
static bool
read_number(const char *text, const char *end, uint32_t most, uint32_t *number)
{
    char word[12];
    size_t size = (size_t)(end - text);
    int64_t value = 0;
    if (size >= sizeof word || (size > 1 && text[0] == '0'))
        return false; /* to some readers 010 is 8 */
    memcpy(word, text, size);
    word[size] = '\0';
    if (number_whole(word, NUMBER_DECIMAL, &value) != NUMBER_FOUND || value > most)
        return false;
    *number = (uint32_t)value;
    return true;
}

bool
pattern_read_range(const char *text, uint32_t most, uint32_t *low, uint32_t *high)
{
    const char *end = text + strlen(text), *dash = strchr(text, '-');
    if (!read_number(text, dash ? dash : end, most, low))
        return false;
    *high = *low;
    return !dash || (read_number(dash + 1, end, most, high) && *low <= *high);
}

/* In network order, so that memcmp(3) orders them. */
static void
put(unsigned char *bytes, uint32_t number)
{
    for (int i = 3; i >= 0; i--, number >>= 8)
        bytes[i] = (unsigned char)(number & 0xff);
}

void
pattern_set_bounds(struct pattern *pattern, uint32_t low, uint32_t high)
{
    put(pattern->low, low);
    put(pattern->high, high);
}

bool
pattern_bounds_have(const struct pattern *pattern, uint32_t number)
{
    unsigned char bytes[4];
    put(bytes, number);
    return memcmp(pattern->low, bytes, sizeof bytes) <= 0 && memcmp(bytes, pattern->high, sizeof bytes) <= 0;
}
