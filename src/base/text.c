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
