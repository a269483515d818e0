/* Records: found in bytes at every split, and what wrap makes is what find takes apart. */
#include "pump/record.h"
#include "tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA(text) text, sizeof text - 1

#define TEN "0123456789"
#define HUNDRED_AND_ONE TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "0"

static struct record_format
format_of(const char *word)
{
    struct record_format format = { 0 };
    ok(record_parse(word, &format) == 0, "%s is a format", word);
    return format;
}

static void
check_words(void)
{
    struct record_format format;
    is_int(format_of("size:1400").kind, RECORD_SIZE, "size:N is sized records");
    is_int((long)format_of("size:1400").size, 1400, "with N bytes");
    is_int(format_of("NetString").kind, RECORD_NETSTRING, "in any case");
    static const char *const wrong[] = {
        "",        "lines",   "size",    "size:",        "size:0",
        "size:-1", "size:1x", "size:01", "size:1048577", "size:99999999999999999999"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        is_int(record_parse(wrong[i], &format), -1, "\"%s\" is none", wrong[i]);
}

/* What is bad about it, until the next one is asked for. */
static const char *
explained(const struct record *record)
{
    static char text[200];
    record_explain(record, text, sizeof text);
    return text;
}

static void
check_found(const char *word, const char *data, size_t size, const char *payload, size_t payload_size,
            size_t whole)
{
    struct record_format format = format_of(word);
    struct record record;
    for (size_t part = 0; part < whole; part++)
        is_int(record_find(&format, data, part, false, 1000, &record), RECORD_NEEDS_MORE,
               "%s: %zu bytes are not enough", word, part);
    if (!is_int(record_find(&format, data, size, false, 1000, &record), RECORD_FOUND, "%s: found", word))
        return;
    is_data(data + record.skip, record.size, payload, payload_size, "%s: the payload", word);
    is_int((long)record.whole, (long)whole, "%s: all of it", word);
}

static void
check_bad(const char *word, const char *data, size_t size, bool ended, const char *problem)
{
    struct record_format format = format_of(word);
    struct record record;
    if (is_int(record_find(&format, data, size, ended, 100, &record), RECORD_BAD, "%s: bad", word))
        is_text(explained(&record), problem, "%s: says what is wrong", word);
}

static void
check_last(const char *word, const char *data, size_t size, size_t payload_size)
{
    struct record_format format = format_of(word);
    struct record record;
    is_int(record_find(&format, data, size, true, 100, &record), RECORD_FOUND, "%s: the last is whole", word);
    is_int((long)record.size, (long)payload_size, "%s: with its size", word);
}

static void
check_round_trip(const char *word, const char *payload, size_t size)
{
    struct record_format format = format_of(word);
    char space[256 + 256 + RECORD_SUFFIX_MAX], problem[160], *begin;
    size_t whole, before = record_prefix(&format, size);
    bool ambiguous;
    memcpy(space + before, payload, size);
    if (!is_int(
            record_wrap(&format, space + before, size, &begin, &whole, &ambiguous, problem, sizeof problem),
            0, "%s: %zu bytes are wrapped", word, size))
        return;
    ok(!ambiguous, "%s: unambiguous", word);
    struct record record;
    is_int(record_find(&format, begin, whole, false, 1000, &record), RECORD_FOUND, "%s: found again", word);
    is_int(record_unwrap(&format, begin, 1000, &record), 0, "%s: unwrapped", word);
    is_data(begin + record.skip, record.size, payload, size, "%s: the same", word);
    is_int((long)record.whole, (long)whole, "%s: nothing left over", word);
}

static void
check_wrap_limits(void)
{
    struct record_format format = { .kind = RECORD_U16 };
    char *space = calloc(1, RECORD_PREFIX_MAX + 70000 + RECORD_SUFFIX_MAX);
    char *begin, problem[160] = "";
    size_t whole;
    bool ambiguous;
    is_int(record_wrap(&format, space + RECORD_PREFIX_MAX, 65535, &begin, &whole, &ambiguous, problem,
                       sizeof problem),
           0, "u16 holds 65535 bytes");
    is_int(record_wrap(&format, space + RECORD_PREFIX_MAX, 65536, &begin, &whole, &ambiguous, problem,
                       sizeof problem),
           -1, "and no more");
    is_text(problem, "a message of 65536 bytes is too large for its length field, which holds 65535",
            "which it says");
    format = (struct record_format){ .kind = RECORD_SIZE, .size = 8 };
    is_int(record_wrap(&format, space + RECORD_PREFIX_MAX, 7, &begin, &whole, &ambiguous, problem,
                       sizeof problem),
           -1, "size:8 is not 7");
    is_text(problem, "a message of 7 bytes is no record of size:8", "which it says, too");
    free(space);
}

/* A message with a newline of its own. */
static void
check_line_wrap(const char *payload, const char *wanted, bool wanted_ambiguous)
{
    struct record_format format = { .kind = RECORD_LINE };
    char space[RECORD_PREFIX_MAX + 64 + RECORD_SUFFIX_MAX], problem[160], *begin;
    size_t whole;
    bool ambiguous;
    memcpy(space + RECORD_PREFIX_MAX, payload, strlen(payload));
    is_int(record_wrap(&format, space + RECORD_PREFIX_MAX, strlen(payload), &begin, &whole, &ambiguous,
                       problem, sizeof problem),
           0, "line: wrapped");
    is_data(begin, whole, wanted, strlen(wanted), "line: as expected");
    is_int(ambiguous, wanted_ambiguous, "line: ambiguous or not");
}

/* A line of hex as people write it, and the bytes that it stands for. */
static void
check_hex(const char *line, const char *bytes, size_t size)
{
    const struct record_format format = { .kind = RECORD_HEX };
    char text[200];
    struct record record;
    (void)snprintf(text, sizeof text, "%s\nrest", line);
    is_int(record_find(&format, text, strlen(text), false, 100, &record), RECORD_FOUND, "hex: \"%s\"", line);
    is_int(record_unwrap(&format, text, 100, &record), 0, "hex: is read");
    is_data(text + record.skip, record.size, bytes, size, "hex: its bytes");
    is_int((long)record.whole, (long)strlen(line) + 1, "hex: the whole line");
}

static void
check_hex_refused(const char *line, size_t max, const char *problem)
{
    const struct record_format format = { .kind = RECORD_HEX };
    char text[200];
    struct record record;
    (void)snprintf(text, sizeof text, "%s\n", line);
    is_int(record_find(&format, text, strlen(text), false, max, &record), RECORD_FOUND, "hex: \"%s\"", line);
    if (is_int(record_unwrap(&format, text, max, &record), -1, "hex: is refused"))
        is_text(explained(&record), problem, "hex: says what is wrong");
}

static void
check_hex_lines(void)
{
    check_hex("48690a", DATA("Hi\n"));
    check_hex("48 69 0A", DATA("Hi\n"));
    check_hex("ff:ff:00:01", DATA("\xff\xff\0\1"));
    check_hex("0x4869 0a00  \r", DATA("Hi\n\0"));
    check_hex("", DATA(""));
    check_hex("0x0001", DATA("\0\1"));
    check_hex_refused("486", 100, "not a line of hexadecimal: bytes are two hexadecimal digits");
    check_hex_refused("4 86 9", 100, "not a line of hexadecimal: bytes are two hexadecimal digits");
    check_hex_refused("48 zz", 100, "not a line of hexadecimal: not a hexadecimal digit");
    check_hex_refused(
        "\t0x0010:  4500 0054", 100,
        "not a line of hexadecimal: an offset before the digits; a message is one line of nothing "
        "but digits");
    check_hex_refused("010203", 2, "a record of 3 bytes is too large: a message takes at most 2");

    const struct record_format format = { .kind = RECORD_HEX };
    char *endless = malloc(RECORD_HEX_LINE_MAX + 1);
    struct record record;
    memset(endless, '0', RECORD_HEX_LINE_MAX + 1);
    is_int(record_find(&format, endless, RECORD_HEX_LINE_MAX, false, 100, &record), RECORD_NEEDS_MORE,
           "hex: a line may go on");
    is_int(record_find(&format, endless, RECORD_HEX_LINE_MAX + 1, false, 100, &record), RECORD_BAD,
           "hex: but not for ever");
    is_text(explained(&record), "a line of hexadecimal is at most 2097152 characters long",
            "hex: which it says");
    free(endless);
}

int
main(void)
{
    check_words();
    check_found("line", DATA("ab\ncd\n"), DATA("ab"), 3);
    check_found("line", DATA("\ncd\n"), DATA(""), 1);
    check_found("nul", DATA("ab\0cd"), DATA("ab"), 3);
    check_found("u16", DATA("\0\2abcd"), DATA("ab"), 4);
    check_found("u16", DATA("\0\0abcd"), DATA(""), 2);
    check_found("u32", DATA("\0\0\0\3abcd"), DATA("abc"), 7);
    check_found("netstring", DATA("3:abc,0:,"), DATA("abc"), 6);
    check_found("netstring", DATA("0:,3:abc,"), DATA(""), 3);
    check_found("size:2", DATA("abcd"), DATA("ab"), 2);
    check_found("hex", DATA("6162\n63"), DATA("6162"), 5);
    check_last("hex", DATA("6162"), 4);
    check_hex_lines();

    check_last("line", DATA("no newline"), 10);
    check_last("nul", DATA("no zero"), 7);

    check_bad("u16", DATA("\0\5ab"), true, "ends within a record: 4 of its 7 bytes are there");
    check_bad("u32", DATA("\0\0"), true, "ends within a record: 2 of its 4 bytes are there");
    check_bad("size:8", DATA("abc"), true, "ends within a record: 3 of its 8 bytes are there");
    check_bad("netstring", DATA("12"), true, "ends within a record: within the length of a netstring");
    check_bad("netstring", DATA("3:abc;"), false,
              "not a netstring: no comma after the bytes that its length announced");
    check_bad("netstring", DATA("03:abc,"), false,
              "not a netstring: a length in decimal and a colon should stand here");
    check_bad("netstring", DATA(":abc,"), false,
              "not a netstring: a length in decimal and a colon should stand here");
    check_bad("netstring", DATA("99999999999:"), false,
              "not a netstring: a length in decimal and a colon should stand here");
    check_bad("u16", DATA("\0\145"), false,
              "a record of 101 bytes is too large: a message takes at most 100");
    check_bad("line", DATA(HUNDRED_AND_ONE "\n"), false,
              "a record of 101 bytes is too large: a message takes at most 100");
    check_bad("nul", DATA(HUNDRED_AND_ONE), true,
              "a record of 101 bytes is too large: a message takes at most 100");
    check_bad("line", DATA(HUNDRED_AND_ONE), false,
              "a record of 101 or more bytes is too large: a message takes at most 100");
    check_bad("u32", DATA("\377\377\377\377"), false,
              "a record of 4294967295 bytes is too large: a message takes at most 100");

    static const char *const words[] = { "u16", "u32", "netstring", "nul", "line", "hex" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        check_round_trip(words[i], DATA(""));
        check_round_trip(words[i], DATA("x"));
        check_round_trip(words[i], DATA("some bytes"));
    }
    check_round_trip("u32", DATA("with\0zero\nand newline"));
    check_round_trip("hex", DATA("more than the room that lengths need before a payload, \0 and all\n"));
    check_round_trip("size:10", DATA("some bytes"));
    check_wrap_limits();
    check_line_wrap("hi", "hi\n", false);
    check_line_wrap("hi\n", "hi\n", false);
    check_line_wrap("", "\n", false);
    check_line_wrap("a\nb", "a\nb\n", true);
    check_line_wrap("a\nb\n", "a\nb\n", true);
    return tap_done();
}
