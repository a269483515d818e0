/* Bytes as base64 text (RFC 4648 section 4), with its padding and without line ends. */
#ifndef SKT_BASE_BASE64_H
#define SKT_BASE_BASE64_H

#include <stddef.h>

/* Room for `count` bytes as text, with the zero at its end. */
#define BASE64_SIZE(count) (((count) + 2) / 3 * 4 + 1)

/* Write `count` bytes into text, which has room for BASE64_SIZE(count). Returns text. */
char *base64_write(const void *bytes, size_t count, char *text);

#endif
