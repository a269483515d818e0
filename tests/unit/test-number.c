#include "base/number.h"
#include "tap.h"

struct row {
    const char *text;
    enum number_found found;
    int64_t value;
};

static const struct row decimals[] = {
    { "0", NUMBER_FOUND, 0 },
    { "42", NUMBER_FOUND, 42 },
    { "007", NUMBER_FOUND, 7 },
    { "9223372036854775807", NUMBER_FOUND, INT64_MAX },
    { "9223372036854775808", NUMBER_HUGE, 0 },
    { "99999999999999999999999999", NUMBER_HUGE, 0 },
    { "", NUMBER_NONSENSE, 0 },
    { "+1", NUMBER_NONSENSE, 0 },
    { "-1", NUMBER_NONSENSE, 0 },
    { " 1", NUMBER_NONSENSE, 0 },
    { "1 ", NUMBER_NONSENSE, 0 },
    { "1x", NUMBER_NONSENSE, 0 },
    { "0x10", NUMBER_NONSENSE, 0 },
};

static const struct row octals[] = {
    { "0", NUMBER_FOUND, 0 },    { "777", NUMBER_FOUND, 0777 }, { "0600", NUMBER_FOUND, 0600 },
    { "8", NUMBER_NONSENSE, 0 }, { "0o7", NUMBER_NONSENSE, 0 }, { "", NUMBER_NONSENSE, 0 },
};

static const struct row hexes[] = {
    { "16", NUMBER_FOUND, 16 },      { "0x10", NUMBER_FOUND, 16 }, { "0XfF", NUMBER_FOUND, 255 },
    { "0x", NUMBER_NONSENSE, 0 },    { "ff", NUMBER_NONSENSE, 0 }, { "0xg", NUMBER_NONSENSE, 0 },
    { "0x0x1", NUMBER_NONSENSE, 0 },
};

static const struct row durations[] = {
    { "0", NUMBER_FOUND, 0 },
    { "1", NUMBER_FOUND, 1000 },
    { "1s", NUMBER_FOUND, 1000 },
    { "250ms", NUMBER_FOUND, 250 },
    { "2m", NUMBER_FOUND, 120000 },
    { "1h", NUMBER_FOUND, 3600000 },
    { "1.5", NUMBER_FOUND, 1500 },
    { ".5", NUMBER_FOUND, 500 },
    { "0.25h", NUMBER_FOUND, 900000 },
    { "1.0005", NUMBER_FOUND, 1001 },
    { "0.0001", NUMBER_FOUND, 1 },
    { "0.5ms", NUMBER_FOUND, 1 },
    { "0.000000000000000000001h", NUMBER_FOUND, 1 },
    { "0.000000000000000000000", NUMBER_FOUND, 0 },
    { "1.000000000000000000000", NUMBER_FOUND, 1000 },
    { "9223372036854775.807", NUMBER_FOUND, INT64_MAX },
    { "9223372036854775.808", NUMBER_HUGE, 0 },
    { "9223372036854775807", NUMBER_HUGE, 0 },
    { "99999999999999999999ms", NUMBER_HUGE, 0 },
    { "", NUMBER_NONSENSE, 0 },
    { ".", NUMBER_NONSENSE, 0 },
    { "5.", NUMBER_NONSENSE, 0 },
    { "5.s", NUMBER_NONSENSE, 0 },
    { "s", NUMBER_NONSENSE, 0 },
    { "1 s", NUMBER_NONSENSE, 0 },
    { "1S", NUMBER_NONSENSE, 0 },
    { "1d", NUMBER_NONSENSE, 0 },
    { "1.2.3", NUMBER_NONSENSE, 0 },
    { "1e3", NUMBER_NONSENSE, 0 },
    { "-1", NUMBER_NONSENSE, 0 },
    { "inf", NUMBER_NONSENSE, 0 },
};

static const struct row sizes[] = {
    { "0", NUMBER_FOUND, 0 },
    { "1500", NUMBER_FOUND, 1500 },
    { "64K", NUMBER_FOUND, 65536 },
    { "1m", NUMBER_FOUND, 1048576 },
    { "2G", NUMBER_FOUND, INT64_C(2147483648) },
    { "8589934591G", NUMBER_FOUND, INT64_C(8589934591) << 30 },
    { "8589934592G", NUMBER_HUGE, 0 },
    { "99999999999999999999", NUMBER_HUGE, 0 },
    { "99999999999999999999K", NUMBER_HUGE, 0 },
    { "", NUMBER_NONSENSE, 0 },
    { "K", NUMBER_NONSENSE, 0 },
    { "1KB", NUMBER_NONSENSE, 0 },
    { "1T", NUMBER_NONSENSE, 0 },
    { "1.5K", NUMBER_NONSENSE, 0 },
    { "-1K", NUMBER_NONSENSE, 0 },
};

/* In thousandths of so many in a second. */
static const struct row rates[] = {
    { "1", NUMBER_FOUND, 1000 },    { "0.5", NUMBER_FOUND, 500 },   { "10/s", NUMBER_FOUND, 10000 },
    { "0.0001", NUMBER_FOUND, 1 },  { ".25/s", NUMBER_FOUND, 250 }, { "9223372036854776", NUMBER_HUGE, 0 },
    { "", NUMBER_NONSENSE, 0 },     { "/s", NUMBER_NONSENSE, 0 },   { "1/", NUMBER_NONSENSE, 0 },
    { "1s", NUMBER_NONSENSE, 0 },   { "1/d", NUMBER_NONSENSE, 0 },  { "1/s ", NUMBER_NONSENSE, 0 },
    { "1./s", NUMBER_NONSENSE, 0 }, { "-1", NUMBER_NONSENSE, 0 },
};

static void
check(const struct row *row, enum number_found found, const int64_t *value, const char *what)
{
    if (row->found == NUMBER_FOUND)
        ok(found == NUMBER_FOUND && *value == row->value, "'%s' as a %s is %lld", row->text, what,
           (long long)row->value);
    else
        is_int((long)found, (long)row->found, "'%s' as a %s is refused", row->text, what);
}

static void
check_written(uint32_t number, const char *text)
{
    char room[16];
    *number_write(room, number) = '\0';
    is_text(room, text, "%s is written", text);
}

#define EACH(rows, index) for (size_t index = 0; index < sizeof(rows) / sizeof(rows)[0]; index++)

int
main(void)
{
    int64_t value = -1;
    EACH(decimals, i)
    check(&decimals[i], number_whole(decimals[i].text, NUMBER_DECIMAL, &value), &value, "decimal");
    EACH(octals, i)
    check(&octals[i], number_whole(octals[i].text, NUMBER_OCTAL, &value), &value, "octal");
    EACH(hexes, i)
    check(&hexes[i], number_whole(hexes[i].text, NUMBER_DECIMAL_OR_HEX, &value), &value, "number");
    EACH(durations, i)
    check(&durations[i], number_duration(durations[i].text, &value), &value, "time");
    EACH(sizes, i)
    check(&sizes[i], number_size(sizes[i].text, &value), &value, "size");
    int64_t period = -1;
    EACH(rates, i)
    {
        check(&rates[i], number_rate(rates[i].text, &value, &period), &value, "rate");
        if (rates[i].found == NUMBER_FOUND)
            is_int((long)period, 1000, "'%s' is in a second", rates[i].text);
    }
    is_int((long)number_rate("1.5/m", &value, &period), (long)NUMBER_FOUND, "a rate in a minute");
    is_int((long)period, 60000, "... is one");
    is_int((long)number_rate("1/h", &value, &period), (long)NUMBER_FOUND, "a rate in an hour");
    is_int((long)period, 3600000, "... is one");
    check_written(0, "0");
    check_written(7, "7");
    check_written(10, "10");
    check_written(255, "255");
    check_written(65535, "65535");
    check_written(UINT32_MAX, "4294967295");
    return tap_done();
}
