/*
 * Callsigns of amateur radio as AX.25 has them: up to six letters and digits, and a number from 0 to 15 (SSID) after
 * a hyphen, -0 being left out. In a frame each letter is shifted by a bit (AX.25 2.2, section 3.12). Pure.
 */
#ifndef SKT_DOMAIN_CALLSIGN_H
#define SKT_DOMAIN_CALLSIGN_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CALLSIGN_BYTES = 7,
    CALLSIGN_TEXT_SIZE = 10, /* "N0CALL-15" */
};

/* Read `length` characters, in any case. False if that is no callsign. */
bool callsign_read(const char *text, size_t length, unsigned char *call);

/* In words, capital letters; what is no letter and no digit becomes a question mark. */
void callsign_write(const unsigned char *call, char *text);

/* The same station? Other bits than those of the letters and the SSID tell of a frame, not of a station. */
bool callsign_same(const unsigned char *a, const unsigned char *b);

#endif
