#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The value of a digit, or -1. */
static int
digit_value(char digit, int base)
{
    static const char digits[] = "0123456789abcdef";
    char lower = (char)(digit >= 'A' && digit <= 'F' ? digit - 'A' + 'a' : digit);
    const char *found = lower == '\0' ? NULL : strchr(digits, lower);
    return found != NULL && found - digits < base ? (int)(found - digits) : -1;
}

/* *number = *number * factor + summand. False if that does not fit. */
static bool
multiply_add(int64_t *number, int64_t factor, int64_t summand)
{
    if (*number > (INT64_MAX - summand) / factor)
        return false;
    *number = *number * factor + summand;
    return true;
}

/* Read digits and move *text behind them. False if the number does not fit; *text moves all the same. */
static bool
digits_read(const char **text, int base, int64_t *number)
{
    bool fits = true;
    *number = 0;
    for (int value; (value = digit_value(**text, base)) >= 0; (*text)++)
        fits = fits && multiply_add(number, base, value);
    return fits;
}

size_t
number_digits(const char *text)
{
    size_t count = 0;
    while (text[count] >= '0' && text[count] <= '9')
        count++;
    return count;
}

enum number_found
number_whole(const char *text, unsigned base, int64_t *number)
{
    int radix = base == NUMBER_DECIMAL_OR_HEX ? 10 : (int)base;
    if (base == NUMBER_DECIMAL_OR_HEX && strncasecmp(text, "0x", 2) == 0) {
        radix = 16;
        text += 2;
    }
    const char *end = text;
    bool fits = digits_read(&end, radix, number);
    if (end == text || *end != '\0')
        return NUMBER_NONSENSE;
    return fits ? NUMBER_FOUND : NUMBER_HUGE;
}

/*
 * The digits after a decimal point, in units of `unit`, rounded up. Nine are enough: a millionth of an hour
 * is still more than a millisecond, and the rest only counts as being there.
 */
static int64_t
fraction_read(const char **text, int64_t unit)
{
    int64_t value = 0;
    int64_t scale = 1;
    bool rest = false;
    for (int digit; (digit = digit_value(**text, 10)) >= 0; (*text)++) {
        if (scale < 1000000000) {
            value = value * 10 + digit;
            scale *= 10;
        } else {
            rest = rest || digit != 0;
        }
    }
    int64_t whole = value * unit / scale;
    return whole + (rest || value * unit % scale != 0 ? 1 : 0);
}

static int64_t
duration_unit(const char *name)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].ms;
    return 0;
}

/* Where a decimal number ends; NULL if there is none. */
static const char *
decimal_end(const char *text)
{
    const char *point = text + number_digits(text);
    const char *fraction = *point == '.' ? point + 1 : point;
    const char *end = fraction + (*point == '.' ? number_digits(fraction) : 0);
    bool has_digits = *point == '.' ? end > fraction : point > text;
    return has_digits ? end : NULL;
}

/* A decimal number in units of 1 / `unit`. False if it does not fit. */
static bool
decimal_read(const char *text, int64_t unit, int64_t *number)
{
    bool fits = digits_read(&text, 10, number);
    const char *fraction = text + 1;
    int64_t part = *text == '.' ? fraction_read(&fraction, unit) : 0;
    return fits && multiply_add(number, unit, part);
}

enum number_found
number_duration(const char *text, int64_t *ms)
{
    const char *name = decimal_end(text);
    int64_t unit = name != NULL ? duration_unit(name) : 0;
    if (unit == 0)
        return NUMBER_NONSENSE;
    return decimal_read(text, unit, ms) ? NUMBER_FOUND : NUMBER_HUGE;
}

enum number_found
number_rate(const char *text, int64_t *thousandths, int64_t *period_ms)
{
    const char *end = decimal_end(text);
    if (end == NULL || (*end != '\0' && (*end != '/' || end[1] == '\0')))
        return NUMBER_NONSENSE;
    *period_ms = duration_unit(*end == '/' ? end + 1 : end);
    if (*period_ms == 0)
        return NUMBER_NONSENSE;
    return decimal_read(text, 1000, thousandths) ? NUMBER_FOUND : NUMBER_HUGE;
}

enum number_found
number_size(const char *text, int64_t *bytes)
{
    static const char units[] = "KMG";
    const char *unit = text;
    bool fits = digits_read(&unit, 10, bytes);
    if (unit == text)
        return NUMBER_NONSENSE;
    if (*unit == '\0')
        return fits ? NUMBER_FOUND : NUMBER_HUGE;
    const char *found = strchr(units, *unit >= 'a' ? *unit - 'a' + 'A' : *unit);
    if (found == NULL || unit[1] != '\0')
        return NUMBER_NONSENSE;
    for (const char *step = units; step <= found; step++)
        fits = fits && multiply_add(bytes, 1024, 0);
    return fits ? NUMBER_FOUND : NUMBER_HUGE;
}

char *
number_write(char *text, uint32_t number)
{
    char digits[10]; /* of UINT32_MAX */
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *text++ = digits[--count];
    return text;
}
