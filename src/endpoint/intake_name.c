#include "endpoint/intake_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* NAME_MAX is 255, and a suffix of 11 characters has to fit, too: a template may name the peer many times. */
enum { NAME_LENGTH_MAX = 240, WORD_SIZE = 240 };

const char *
intake_name_problem(const char *template)
{
    if (*template == '\0')
        return "is empty";
    if (*template == '.')
        return "begins with a dot";
    if (strchr(template, '/'))
        return "names a file, not a path";
    if (strlen(template) > INTAKE_TEMPLATE_MAX)
        return "is longer than 100 characters";
    for (const char *at = strchr(template, '%'); at; at = strchr(at + 2, '%'))
        if (at[1] == '\0' || !strchr("tpn%", at[1]))
            return "% is followed by t (the time), p (the peer), n (a number) or another %";
    return NULL;
}

/* No folder, no option, nothing that a shell or another system has a meaning for. */
static void
make_harmless(const char *text, char word[WORD_SIZE])
{
    static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t length = strnlen(text, WORD_SIZE - 1);
    for (size_t i = 0; i < length; i++)
        word[i] = strchr(harmless, text[i]) ? text[i] : '_';
    word[length] = '\0';
    if (word[0] == '.' || word[0] == '-') /* a name may begin with it */
        word[0] = '_';
}

static void
make_word(char letter, const struct intake_facts *facts, char word[WORD_SIZE])
{
    struct tm parts;
    switch (letter) {
    case 't':
        if (!gmtime_r(&facts->time, &parts) || strftime(word, WORD_SIZE, "%Y%m%dT%H%M%SZ", &parts) == 0)
            (void)snprintf(word, WORD_SIZE, "%" PRId64, (int64_t)facts->time);
        break;
    case 'p':
        make_harmless(facts->peer, word);
        break;
    case 'n':
        (void)snprintf(word, WORD_SIZE, "%" PRIu64, facts->number);
        break;
    default:
        (void)snprintf(word, WORD_SIZE, "%%");
    }
}

void
intake_name_make(const char *template, const struct intake_facts *facts, char name[INTAKE_NAME_SIZE])
{
    size_t length = 0;
    for (const char *at = template; *at; at++) {
        char word[WORD_SIZE] = { *at };
        if (*at == '%')
            make_word(*++at, facts, word);
        for (const char *letter = word; *letter && length < NAME_LENGTH_MAX; letter++)
            name[length++] = *letter;
    }
    name[length] = '\0';
}
