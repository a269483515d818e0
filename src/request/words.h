/* A command line of a program in one word, as --exec takes it: cut up without a shell. */
#ifndef SKT_REQUEST_WORDS_H
#define SKT_REQUEST_WORDS_H

/*
 * Blanks, tabs and newlines separate words. Between single quotes everything stands for itself; between double quotes a
 * backslash before a double quote or a backslash is taken away, and elsewhere before any character, which then stands
 * for itself. Nothing else has a meaning: no variables, patterns or redirections.
 *
 * Returns the words, ended by NULL, to be freed in one piece by free(3); or NULL with *why in words (NULL: no memory).
 */
char **words_split(const char *text, const char **why);

#endif
