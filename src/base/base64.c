#include "base/base64.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
base64_write(const void *bytes, size_t count, char *text)
{
    const unsigned char *at = bytes;
    char *to = text;
    for (size_t left = count; left > 0;) {
        size_t taken = left < 3 ? left : 3;
        uint32_t group = (uint32_t)at[0] << 16;
        if (taken > 1)
            group |= (uint32_t)at[1] << 8;
        if (taken > 2)
            group |= at[2];
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        *to++ = '=';
        *to++ = '=';
        if (taken > 1)
            to[-2] = digits[group >> 6 & 63];
        if (taken > 2)
            to[-1] = digits[group & 63];
        at += taken;
        left -= taken;
    }
    *to = '\0';
    return text;
}
