#include "request/nearest.h"

#include "base/text.h"
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 40 };

static bool
same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t
least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/*
 * How many slips lie between two words of at most WORD_MAX letters: the distance of Damerau and Levenshtein
 * in which a swapped pair is not changed once more.
 */
static size_t
slips_between(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t slips[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a_size; i++)
        slips[i][0] = i;
    for (size_t j = 0; j <= b_size; j++)
        slips[0][j] = j;
    for (size_t i = 1; i <= a_size; i++)
        for (size_t j = 1; j <= b_size; j++) {
            size_t changed = slips[i - 1][j - 1] + !same_letter(a[i - 1], b[j - 1]);
            slips[i][j] = least(slips[i - 1][j] + 1, slips[i][j - 1] + 1, changed);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                slips[i][j] = least(slips[i][j], slips[i - 2][j - 2] + 1, SIZE_MAX);
        }
    return slips[a_size][b_size];
}

const char *
nearest(const char *word, const char *const *candidates)
{
    size_t size = strlen(word);
    if (size == 0 || size > WORD_MAX)
        return NULL;
    size_t fewest = size < 6 ? 1 : size / 3; /* the most that is still near */
    const char *found = NULL;
    for (; *candidates != NULL; candidates++) {
        size_t candidate_size = strlen(*candidates);
        if (candidate_size > WORD_MAX)
            continue;
        size_t slips = slips_between(word, size, *candidates, candidate_size);
        if (slips > fewest || (found != NULL && slips == fewest))
            continue;
        fewest = slips;
        found = *candidates;
    }
    return found;
}

void
nearest_words(const char *word, const char *const *candidates, char *text, size_t size)
{
    const char *near = nearest(word, candidates);
    (void)snprintf(text, size, "%s%s%sknown:", near != NULL ? "did you mean " : "not known; ",
                   near != NULL ? near : "", near != NULL ? "? " : "");
    for (; *candidates != NULL; candidates++)
        text_add(text, size, " %s", *candidates);
}
