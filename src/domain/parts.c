#include "domain/parts.h"

#include <string.h>

/* The value of a digit; one that is too large for every base if it is none. */
static unsigned
digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : UINT8_MAX;
}

bool
parts_number(const char **text, const char *marks, unsigned base, uint64_t max, uint64_t *number)
{
    const char *at = *text;
    if (base == 10 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        base = 16;
        at += 2;
    }
    uint64_t value = 0;
    size_t digits = strcspn(at, marks);
    for (size_t i = 0; i < digits; i++) {
        unsigned next = digit(at[i]);
        if (next >= base || value > (max - next % base) / base)
            return false;
        value = value * base + next;
    }
    if (digits == 0 || value > max)
        return false;
    *number = value;
    *text = at + digits;
    return true;
}

bool
parts_mark(const char **text, const char *marks)
{
    if (**text == '\0' || !strchr(marks, **text))
        return false;
    ++*text;
    return true;
}
