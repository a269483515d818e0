#include "pump/record.h"

#include "base/hex.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char record_words[] = "none line nul u16 u32 netstring size:N hex";

enum { NETSTRING_DIGITS_MAX = 9 }; /* more would be past any message there is, and past 32 bits */

static enum record_found
bad(struct record *record, enum record_problem problem, const char *words)
{
    record->problem = problem;
    record->words = words;
    return RECORD_BAD;
}

static enum record_found
bad_size(struct record *record, enum record_problem problem, size_t have, size_t most)
{
    record->problem = problem;
    record->have = have;
    record->most = most;
    return RECORD_BAD;
}

void
record_explain(const struct record *record, char *text, size_t size)
{
    switch (record->problem) {
    case PROBLEM_TOO_LARGE:
        (void)snprintf(text, size, "a record of %zu bytes is too large: a message takes at most %zu",
                       record->have, record->most);
        break;
    case PROBLEM_NO_END:
        (void)snprintf(text, size, "a record of %zu or more bytes is too large: a message takes at most %zu",
                       record->have, record->most);
        break;
    case PROBLEM_CUT_SHORT:
        (void)snprintf(text, size, "ends within a record: %zu of its %zu bytes are there", record->have,
                       record->most);
        break;
    case PROBLEM_LONG_LINE:
        (void)snprintf(text, size, "a line of hexadecimal is at most %zu characters long", record->most);
        break;
    case PROBLEM_DIGITS:
        (void)snprintf(text, size, "not a line of hexadecimal: %s", record->words);
        break;
    case PROBLEM_OTHER:
        (void)snprintf(text, size, "%s", record->words);
        break;
    }
}

static enum record_found
found(struct record *record, size_t skip, size_t size, size_t end)
{
    record->skip = skip;
    record->size = size;
    record->whole = skip + size + end;
    return RECORD_FOUND;
}

static enum record_found
find_delimited(char delimiter, const char *data, size_t size, bool ended, size_t max, struct record *record)
{
    const char *end = memchr(data, delimiter, size);
    size_t payload = end ? (size_t)(end - data) : size;
    if (payload > max)
        return bad_size(record, end || ended ? PROBLEM_TOO_LARGE : PROBLEM_NO_END, payload, max);
    if (end)
        return found(record, 0, payload, 1);
    return ended ? found(record, 0, payload, 0) : RECORD_NEEDS_MORE;
}

/* A record whose length is known: `skip` bytes before it, `end` after it. */
static enum record_found
find_sized(size_t skip, size_t payload, size_t end, size_t size, bool ended, size_t max,
           struct record *record)
{
    if (payload > max)
        return bad_size(record, PROBLEM_TOO_LARGE, payload, max);
    size_t whole = skip + payload + end;
    if (size >= whole)
        return found(record, skip, payload, end);
    return ended ? bad_size(record, PROBLEM_CUT_SHORT, size, whole) : RECORD_NEEDS_MORE;
}

static enum record_found
find_prefixed(size_t skip, const char *data, size_t size, bool ended, size_t max, struct record *record)
{
    if (size < skip)
        return ended ? bad_size(record, PROBLEM_CUT_SHORT, size, skip) : RECORD_NEEDS_MORE;
    size_t payload = 0;
    for (size_t i = 0; i < skip; i++)
        payload = payload << 8 | (unsigned char)data[i];
    return find_sized(skip, payload, 0, size, ended, max, record);
}

static enum record_found
find_netstring(const char *data, size_t size, bool ended, size_t max, struct record *record)
{
    size_t payload = 0;
    size_t digits = 0;
    while (digits < size && data[digits] >= '0' && data[digits] <= '9' && digits < NETSTRING_DIGITS_MAX)
        payload = payload * 10 + (size_t)(data[digits++] - '0');
    if (digits == size)
        return ended ? bad(record, PROBLEM_OTHER, "ends within a record: within the length of a netstring")
                     : RECORD_NEEDS_MORE;
    if (data[digits] != ':' || digits == 0 || (data[0] == '0' && digits > 1))
        return bad(record, PROBLEM_OTHER,
                   "not a netstring: a length in decimal and a colon should stand here");
    enum record_found result = find_sized(digits + 1, payload, 1, size, ended, max, record);
    if (result == RECORD_FOUND && data[record->whole - 1] != ',')
        return bad(record, PROBLEM_OTHER,
                   "not a netstring: no comma after the bytes that its length announced");
    return result;
}

/*
 * A line of digits. Its payload is known in size only when they are read (record_unwrap), so that only the text
 * is bounded here.
 */
static enum record_found
find_hex(const char *data, size_t size, bool ended, struct record *record)
{
    enum record_found result = find_delimited('\n', data, size, ended, RECORD_HEX_LINE_MAX, record);
    if (result == RECORD_BAD)
        record->problem = PROBLEM_LONG_LINE;
    return result;
}

enum record_found
record_find(const struct record_format *format, const char *data, size_t size, bool ended, size_t max,
            struct record *record)
{
    if (size == 0)
        return RECORD_NEEDS_MORE;
    switch (format->kind) {
    case RECORD_NONE:
        break;
    case RECORD_LINE:
        return find_delimited('\n', data, size, ended, max, record);
    case RECORD_NUL:
        return find_delimited('\0', data, size, ended, max, record);
    case RECORD_U16:
        return find_prefixed(2, data, size, ended, max, record);
    case RECORD_U32:
        return find_prefixed(4, data, size, ended, max, record);
    case RECORD_NETSTRING:
        return find_netstring(data, size, ended, max, record);
    case RECORD_SIZE:
        return find_sized(0, format->size, 0, size, ended, max, record);
    case RECORD_HEX:
        return find_hex(data, size, ended, record);
    }
    return bad(record, PROBLEM_OTHER, "records are not marked");
}

/* "0x0010:" as tcpdump -x begins its lines: an offset, which hex_read would take for two bytes more. */
static bool
has_offset(const char *text, size_t size)
{
    size_t blanks = 0;
    while (blanks < size && (text[blanks] == ' ' || text[blanks] == '\t'))
        blanks++;
    text += blanks;
    size -= blanks;
    const char *colon = memchr(text, ':', size);
    return colon && size > 2 && text[0] == '0' && text[1] == 'x' && colon - text > 4;
}

int
record_unwrap(const struct record_format *format, char *data, size_t max, struct record *record)
{
    if (format->kind != RECORD_HEX)
        return 0;
    char *text = data + record->skip;
    const char *words = "an offset before the digits; a message is one line of nothing but digits";
    bool is_read = !has_offset(text, record->size) && hex_read(text, record->size, (unsigned char *)text,
                                                               record->size, &record->size, &words) == 0;
    if (is_read && record->size <= max)
        return 0;
    if (is_read)
        (void)bad_size(record, PROBLEM_TOO_LARGE, record->size, max);
    else
        (void)bad(record, PROBLEM_DIGITS, words);
    return -1;
}

size_t
record_prefix(const struct record_format *format, size_t size)
{
    return format->kind == RECORD_HEX && size > RECORD_PREFIX_MAX ? size : RECORD_PREFIX_MAX;
}

/* From the first byte to the last: digits take the place of bytes that have been read already. */
static int
wrap_hex(char *payload, size_t size, char **begin, size_t *whole)
{
    *begin = payload - size;
    for (size_t i = 0; i < size; i++) {
        char digits[3];
        (void)hex_write(payload + i, 1, digits, sizeof digits);
        memcpy(*begin + 2 * i, digits, 2);
    }
    payload[size] = '\n';
    *whole = 2 * size + 1;
    return 0;
}

static int
wrap_delimited(char delimiter, char *payload, size_t size, char **begin, size_t *whole, bool *ambiguous)
{
    /* A message that brings its own newline at the end (echo hi | nc -u) is not given a second one. */
    bool has_own = size > 0 && payload[size - 1] == delimiter;
    *ambiguous = memchr(payload, delimiter, has_own ? size - 1 : size) != NULL;
    if (!has_own)
        payload[size++] = delimiter;
    *begin = payload;
    *whole = size;
    return 0;
}

static int
wrap_prefixed(size_t skip, char *payload, size_t size, char **begin, size_t *whole)
{
    *begin = payload - skip;
    for (size_t i = 0; i < skip; i++)
        (*begin)[i] = (char)(size >> 8 * (skip - 1 - i) & 0xff);
    *whole = skip + size;
    return 0;
}

static int
wrap_netstring(char *payload, size_t size, char **begin, size_t *whole)
{
    char length[RECORD_PREFIX_MAX];
    int digits = snprintf(length, sizeof length, "%zu:", size);
    *begin = payload - digits;
    memcpy(*begin, length, (size_t)digits);
    payload[size] = ',';
    *whole = (size_t)digits + size + 1;
    return 0;
}

int
record_check(const struct record_format *format, size_t size, char *problem, size_t problem_size)
{
    size_t max = format->kind == RECORD_U16 ? UINT16_MAX : format->kind == RECORD_U32 ? UINT32_MAX : SIZE_MAX;
    if (size > max) {
        (void)snprintf(problem, problem_size,
                       "a message of %zu bytes is too large for its length field, which holds %zu", size,
                       max);
        return -1;
    }
    if (format->kind != RECORD_SIZE || size == format->size)
        return 0;
    (void)snprintf(problem, problem_size, "a message of %zu bytes is no record of size:%zu", size,
                   format->size);
    return -1;
}

size_t
record_lead(const struct record_format *format, size_t size)
{
    char length[RECORD_PREFIX_MAX];
    switch (format->kind) {
    case RECORD_NONE:
    case RECORD_LINE:
    case RECORD_NUL:
    case RECORD_SIZE:
        break;
    case RECORD_U16:
        return 2;
    case RECORD_U32:
        return 4;
    case RECORD_NETSTRING:
        return (size_t)snprintf(length, sizeof length, "%zu:", size);
    case RECORD_HEX:
        return size;
    }
    return 0;
}

int
record_wrap(const struct record_format *format, char *payload, size_t size, char **begin, size_t *whole,
            bool *ambiguous, char *problem, size_t problem_size)
{
    *ambiguous = false;
    *begin = payload;
    *whole = size;
    if (record_check(format, size, problem, problem_size) != 0)
        return -1;
    switch (format->kind) {
    case RECORD_NONE:
    case RECORD_SIZE:
        break;
    case RECORD_LINE:
        return wrap_delimited('\n', payload, size, begin, whole, ambiguous);
    case RECORD_NUL:
        return wrap_delimited('\0', payload, size, begin, whole, ambiguous);
    case RECORD_U16:
        return wrap_prefixed(2, payload, size, begin, whole);
    case RECORD_U32:
        return wrap_prefixed(4, payload, size, begin, whole);
    case RECORD_NETSTRING:
        return wrap_netstring(payload, size, begin, whole);
    case RECORD_HEX:
        return wrap_hex(payload, size, begin, whole);
    }
    return 0;
}

int
record_parse(const char *word, struct record_format *format)
{
    static const struct {
        const char *word;
        enum record_kind kind;
    } rows[] = {
        { "none", RECORD_NONE }, { "line", RECORD_LINE }, { "nul", RECORD_NUL },
        { "u16", RECORD_U16 },   { "u32", RECORD_U32 },   { "netstring", RECORD_NETSTRING },
        { "hex", RECORD_HEX },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcasecmp(word, rows[i].word) == 0) {
            *format = (struct record_format){ .kind = rows[i].kind };
            return 0;
        }
    if (strncasecmp(word, "size:", 5) != 0 || word[5] < '1' || word[5] > '9')
        return -1;
    char *end;
    unsigned long size = strtoul(word + 5, &end, 10); /* an overflow gives ULONG_MAX: too large below */
    if (*end != '\0' || size > RECORD_SIZE_MAX)
        return -1;
    *format = (struct record_format){ .kind = RECORD_SIZE, .size = size };
    return 0;
}
