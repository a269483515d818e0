/* Bytes as hexadecimal text, two digits a byte; blanks, colons and a leading 0x may stand between bytes. */
#ifndef SKT_BASE_HEX_H
#define SKT_BASE_HEX_H

#include <stddef.h>

/*
 * Read `length` characters of text into at most `room` bytes. Returns 0 with *count, or -1 with a reason in
 * *problem: an odd digit, something that is no digit, too many bytes.
 */
int hex_read(const char *text, size_t length, unsigned char *bytes, size_t room, size_t *count,
             const char **problem);

/* Write bytes as digits without blanks, as many as there is room for; always ended by a zero. Returns text. */
char *hex_write(const void *bytes, size_t count, char *text, size_t size);

#endif
