#include "base/hex.h"

#include <stdbool.h>
#include <string.h>

static int
digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    char lower = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    const char *found = lower != '\0' ? strchr(digits, lower) : NULL;
    return found ? (int)(found - digits) : -1;
}

static bool
is_between(char c)
{
    return c == ' ' || c == '\t' || c == ':' || c == '\r';
}

int
hex_read(const char *text, size_t length, unsigned char *bytes, size_t room, size_t *count,
         const char **problem)
{
    size_t at = length >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 2 : 0;
    *count = 0;
    while (at < length) {
        if (is_between(text[at])) {
            at++;
            continue;
        }
        int high = digit(text[at]), low = at + 1 < length ? digit(text[at + 1]) : -1;
        *problem = high < 0 ? "not a hexadecimal digit" : "bytes are two hexadecimal digits";
        if (high < 0 || low < 0)
            return -1;
        *problem = "too many bytes";
        if (*count == room)
            return -1;
        bytes[(*count)++] = (unsigned char)(high << 4 | low);
        at += 2;
    }
    return 0;
}

char *
hex_write(const void *bytes, size_t count, char *text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;
    size_t used = 0;
    for (size_t i = 0; i < count && used + 2 < size; i++) {
        text[used++] = digits[from[i] >> 4];
        text[used++] = digits[from[i] & 15];
    }
    text[used] = '\0';
    return text;
}
