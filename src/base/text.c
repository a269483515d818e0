#include "base/text.h"

#include <stdio.h>
#include <string.h>

void
text_add_list(char *text, size_t size, const char *format, va_list list)
{
    size_t held = strlen(text);
    (void)vsnprintf(text + held, size - held, format, list);
}

void
text_add(char *text, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    text_add_list(text, size, format, list);
    va_end(list);
}

char *
text_join(char *text, size_t size, const char *const *parts)
{
    char *last = text + size - 1;
    for (; *parts; parts++) {
        size_t room = (size_t)(last - text), length = strlen(*parts);
        size_t taken = length < room ? length : room;
        memcpy(text, *parts, taken);
        text += taken;
    }
    *text = '\0';
    return text;
}
