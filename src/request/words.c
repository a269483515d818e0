#include "request/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\n";

/* Copy one word, unquoted, with its end. Moves both on. Returns what is wrong with it, or NULL. */
static const char *
take_word(const char **from, char **to)
{
    const char *at = *from;
    char quote = '\0';
    for (; *at != '\0' && (quote != '\0' || !strchr(blanks, *at)); at++) {
        bool escapes = *at == '\\' && (quote == '\0' || (quote == '"' && (at[1] == '"' || at[1] == '\\')));
        if (escapes && at[1] == '\0')
            return "ends with a backslash";
        if (escapes)
            *(*to)++ = *++at;
        else if (quote == '\0' && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (quote != '\0' && *at == quote)
            quote = '\0';
        else
            *(*to)++ = *at;
    }
    *(*to)++ = '\0';
    *from = at;
    return quote == '\0' ? NULL : "a quote without its end";
}

char **
words_split(const char *text, const char **why)
{
    size_t size = strlen(text) + 1;
    size_t most = size / 2 + 2; /* a word and a blank take two characters at least */
    char **words = malloc(most * sizeof *words + size);
    *why = NULL;
    if (!words)
        return NULL;
    char *to = (char *)(words + most);
    size_t count = 0;
    for (text += strspn(text, blanks); *text != '\0' && !*why; text += strspn(text, blanks)) {
        words[count++] = to;
        *why = take_word(&text, &to);
    }
    words[count] = NULL;
    if (!*why && (count == 0 || *words[0] == '\0'))
        *why = "names no program";
    if (!*why)
        return words;
    free(words);
    return NULL;
}
