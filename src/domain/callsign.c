#include "domain/callsign.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LETTERS_MAX = 6, SSID_MAX = 15, SSID_AT = 6, SSID_MASK = 0x1e, LETTER_MASK = 0xfe };

static bool
read_ssid(const char *text, size_t length, unsigned *ssid)
{
    if (length < 1 || length > 2)
        return false;
    *ssid = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *ssid = *ssid * 10 + (unsigned)(text[i] - '0');
    }
    return *ssid <= SSID_MAX;
}

static bool
is_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool
callsign_read(const char *text, size_t length, unsigned char *call)
{
    const char *hyphen = memchr(text, '-', length);
    size_t letters = hyphen ? (size_t)(hyphen - text) : length;
    unsigned ssid = 0;
    if (letters < 1 || letters > LETTERS_MAX)
        return false;
    if (hyphen && !read_ssid(hyphen + 1, length - letters - 1, &ssid))
        return false;
    memset(call, ' ' << 1, LETTERS_MAX);
    for (size_t i = 0; i < letters; i++) {
        if (!is_letter(text[i]))
            return false;
        call[i] = (unsigned char)(toupper((unsigned char)text[i]) << 1);
    }
    call[SSID_AT] = (unsigned char)(ssid << 1);
    return true;
}

void
callsign_write(const unsigned char *call, char *text)
{
    size_t used = 0;
    for (size_t i = 0; i < LETTERS_MAX; i++) {
        char c = (char)(call[i] >> 1);
        if (c != ' ')
            text[used++] = (char)(is_letter(c) ? c : '?');
    }
    int ssid = (call[SSID_AT] & SSID_MASK) >> 1;
    text[used] = '\0';
    if (ssid != 0)
        (void)snprintf(text + used, CALLSIGN_TEXT_SIZE - used, "-%d", ssid);
}

bool
callsign_same(const unsigned char *a, const unsigned char *b)
{
    for (size_t i = 0; i < LETTERS_MAX; i++)
        if ((a[i] & LETTER_MASK) != (b[i] & LETTER_MASK))
            return false;
    return (a[SSID_AT] & SSID_MASK) == (b[SSID_AT] & SSID_MASK);
}
