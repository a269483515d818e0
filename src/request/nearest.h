/* The known word that a mistyped one was probably meant to be. */
#ifndef SKT_REQUEST_NEAREST_H
#define SKT_REQUEST_NEAREST_H

#include <stddef.h>

/*
 * candidates  words, ended by NULL
 *
 * Returns the candidate that the fewest slips turn into `word` (a letter too many, too few, another, or two
 * swapped; upper and lower case are the same), the first of equals. NULL if none is near: more than one slip
 * for every three letters, or more than one in a short word.
 */
const char *nearest(const char *word, const char *const *candidates);

/* What to say of a word that is none of these: "did you mean tcp? known: tcp udp", cut to `size`. */
void nearest_words(const char *word, const char *const *candidates, char *text, size_t size);

#endif
