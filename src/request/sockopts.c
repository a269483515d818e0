#include "request/request.h"

#include "base/text.h"
#include "request/page.h"
#include <stdio.h>

enum { NAME_COLUMN = 32, KIND_COLUMN = 26 };

/* One more, as " (also ipv6.unicast-hops" or ", ipv6.unicast-hops". */
static void
add_name(char *text, size_t size, enum sockopt_level level, const char *name)
{
    text_add(text, size, "%s%s.%s", text[0] != '\0' ? ", " : " (also ", sockopt_levels[level].name, name);
}

/* The other names of a row, as " (also ipv6.unicast-hops)". */
static void
also(const struct sockopt_row *row, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < SOCKOPT_PLACES_MAX && row->at[i].level != LEVEL_ANY; i++) {
        const struct sockopt_place *place = &row->at[i];
        const char *own = sockopt_own_name(place, 0);
        if (!own && place->level != row->at[0].level) /* else the line begins with it */
            add_name(text, size, place->level, row->name);
        for (size_t k = 0; (own = sockopt_own_name(place, k)) != NULL; k++)
            add_name(text, size, place->level, own);
    }
    if (text[0] != '\0')
        text_add(text, size, ")");
}

/* What its number can be called. */
static void
words_of(const struct sockopt_row *row, char *text, size_t size)
{
    text[0] = '\0';
    for (const struct sockopt_word *word = sockopt_words_of(row); word && word->word; word++)
        text_add(text, size, "%s%s", text[0] != '\0' ? " " : ": ", word->word);
}

int
request_sockopts(struct fault *fault)
{
    struct page page;
    if (page_open(&page, fault) != 0)
        return -1;
    for (const struct sockopt_row *row = sockopt_rows; *row->name; row++) {
        if (*row->instead)
            continue;
        char name[NAME_COLUMN * 2], others[160], words[320];
        (void)snprintf(name, sizeof name, "%s.%s", sockopt_levels[row->at[0].level].name, row->name);
        also(row, others, sizeof others);
        words_of(row, words, sizeof words);
        fprintf(page.stream, "%-*s %-*s %-9s  %s%s%s\n", NAME_COLUMN, name, KIND_COLUMN,
                sockopt_kind_words(row->kind), sockopt_phase_names[row->phase], row->help, words, others);
    }
    return page_show(&page, fault);
}
