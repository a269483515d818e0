#include "observe/escape.h"

#include <stdio.h>
#include <string.h>

size_t
escape_utf8(const unsigned char *text)
{
    size_t length = text[0] >= 0xc2 && text[0] <= 0xdf   ? 2
                    : text[0] >= 0xe0 && text[0] <= 0xef ? 3
                    : text[0] >= 0xf0 && text[0] <= 0xf4 ? 4
                                                         : 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80) /* the zero byte at the end stops here, too */
            return 0;
    unsigned char low = text[0] == 0xe0 ? 0xa0 : text[0] == 0xf0 ? 0x90 : text[0] == 0xc2 ? 0xa0 : 0x80;
    unsigned char high = text[0] == 0xed ? 0x9f : text[0] == 0xf4 ? 0x8f : 0xbf;
    return length > 0 && text[1] >= low && text[1] <= high ? length : 0;
}

const char *
escape(const char *text, char *safe, size_t size)
{
    size_t used = 0;
    while (*text) {
        char hex[5];
        const char *piece = text;
        size_t whole = (unsigned char)*text < 0x80 ? 1 : escape_utf8((const unsigned char *)text);
        size_t length = whole;
        if (whole == 0 || (unsigned char)*text < 0x20 || *text == 0x7f) {
            whole = 1;
            length = (size_t)snprintf(hex, sizeof hex, "\\x%02x", (unsigned)(unsigned char)*text);
            piece = hex;
        }
        if (used + length >= size)
            break;
        memcpy(safe + used, piece, length);
        used += length;
        text += whole;
    }
    if (size > 0)
        safe[used] = '\0';
    return safe;
}

const char *
escape_bytes(const void *bytes, size_t count, char *safe, size_t size)
{
    const char *at = bytes;
    size_t used = 0;
    safe[0] = '\0';
    while (count > 0) {
        /* one character at a time, or a byte that is none */
        char piece[5] = "";
        size_t length = count < 4 ? count : 4;
        memcpy(piece, at, length);
        size_t whole = (unsigned char)*at < 0x80 ? 1 : escape_utf8((const unsigned char *)piece);
        whole = whole == 0 ? 1 : whole;
        piece[whole] = '\0';
        if (*at != '\0')
            used += strlen(escape(piece, safe + used, size - used));
        else if (used + sizeof "\\x00" <= size)
            used += (size_t)snprintf(safe + used, size - used, "\\x00");
        at += whole;
        count -= whole;
    }
    return safe;
}
