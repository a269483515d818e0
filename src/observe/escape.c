#include "observe/escape.h"

#include <stdio.h>
#include <string.h>

/* Bytes of the well-formed UTF-8 sequence at text, or 0. C1 controls (U+0080 to U+009F) count as none. */
static size_t
utf8_length(const unsigned char *text)
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
        size_t whole = (unsigned char)*text < 0x80 ? 1 : utf8_length((const unsigned char *)text);
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
