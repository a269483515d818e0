/* A text that is put together piece by piece, for people: what does not fit into its room is cut off. */
#ifndef SKT_BASE_TEXT_H
#define SKT_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* Append to the text that stands in `size` bytes, which may be "". */
void text_add(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void text_add_list(char *text, size_t size, const char *format, va_list list)
    __attribute__((format(printf, 3, 0)));

/* The parts (the last is followed by NULL) one after the other, as text: without printf(3), which takes as long as some
 * system calls, for what is done often. Returns where its end is. */
char *text_join(char *text, size_t size, const char *const *parts);

#endif
