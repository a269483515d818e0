#include "domain/field.h"

#include "base/number.h"
#include <stdio.h>
#include <string.h>

bool
field_number(const char **text, const char *ends, unsigned base, int64_t max, int64_t *number)
{
    char field[32];
    size_t length = strcspn(*text, ends);
    if (length >= sizeof field)
        return false;
    (void)snprintf(field, sizeof field, "%.*s", (int)length, *text);
    if (number_whole(field, base, number) != NUMBER_FOUND || *number > max)
        return false;
    *text += length;
    return true;
}

bool
field_mark(const char **text, const char *marks)
{
    if (**text == '\0' || !strchr(marks, **text))
        return false;
    (*text)++;
    return true;
}
