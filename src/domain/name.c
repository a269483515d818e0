#include "domain/name.h"

#include "base/number.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool
is_number(const char *typed, int number)
{
    int64_t value = 0;
    return number_whole(typed, NUMBER_DECIMAL, &value) == NUMBER_FOUND && value == number;
}

static bool
is_one_of(const char *typed, const char *words)
{
    size_t length = strlen(typed);
    while (*words) {
        size_t word = strcspn(words, " ");
        if (word == length && strncasecmp(typed, words, word) == 0)
            return true;
        words += word;
        words += strspn(words, " ");
    }
    return false;
}

bool
name_matches(const char *typed, const char *const *prefixes, const char *name, const char *aliases,
             int number)
{
    if (*typed == '\0')
        return false;
    if (is_number(typed, number))
        return true;
    for (; *prefixes; prefixes++) {
        size_t length = strlen(*prefixes);
        if (strncasecmp(typed, *prefixes, length) == 0 && typed[length] != '\0') {
            typed += length;
            break;
        }
    }
    return strcasecmp(typed, name) == 0 || is_one_of(typed, aliases);
}

bool
name_equals(const char *typed, size_t length, const char *name)
{
    for (size_t i = 0; i < length; i++) {
        int c = typed[i] == '_' ? '-' : tolower((unsigned char)typed[i]);
        if (c != name[i] || name[i] == '\0')
            return false;
    }
    return name[length] == '\0';
}
