/* Numbers as people write them. Pure: nothing but digits and the units named here is taken. */
#ifndef SKT_BASE_NUMBER_H
#define SKT_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum number_found {
    NUMBER_FOUND,
    NUMBER_NONSENSE, /* empty, a sign, or anything that is no part of it */
    NUMBER_HUGE,     /* does not fit */
};

enum { NUMBER_DECIMAL = 10, NUMBER_OCTAL = 8, NUMBER_DECIMAL_OR_HEX = 0 };

/* A whole number. base: one of the above; hexadecimal begins with 0x. */
enum number_found number_whole(const char *text, unsigned base, int64_t *number);

/*
 * A time in ms: seconds, or with ms, s, m or h behind it; a decimal fraction is allowed ("1.5", "250ms").
 * Parts of a millisecond are rounded up, so that only zero becomes zero.
 */
enum number_found number_duration(const char *text, int64_t *ms);

/*
 * So many in a second, or in another time with /s, /m or /h behind it; a decimal fraction is allowed ("0.5", "10/m"), whose
 * parts of a thousandth are rounded up. *thousandths: how many, times 1000; *period_ms: in what time.
 */
enum number_found number_rate(const char *text, int64_t *thousandths, int64_t *period_ms);

/* A size in bytes: a whole number, with K, M or G behind it for units of 1024. */
enum number_found number_size(const char *text, int64_t *bytes);

/* How many decimal digits a text begins with. */
size_t number_digits(const char *text);

/* Write a number in decimal, without an end. Returns where the next character goes: at most 10 further on. */
char *number_write(char *text, uint32_t number);

#endif
