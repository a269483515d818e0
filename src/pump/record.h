/*
 * Records: how messages are told apart in a stream of bytes. Pure: bytes in, sizes out.
 *
 *   none       no marks: one read is one message, payloads are joined
 *   line, nul  a newline or a zero byte after each
 *   u16, u32   the size in 2 or 4 bytes, big endian, before each
 *   netstring  the size in decimal and a colon before, a comma after (D. J. Bernstein, 1997)
 *   size:N     N bytes each
 *   hex        a line of hexadecimal digits, two a byte; blanks and colons may stand between bytes (base/hex.h)
 */
#ifndef SKT_PUMP_RECORD_H
#define SKT_PUMP_RECORD_H

#include <stdbool.h>
#include <stddef.h>

enum record_kind {
    RECORD_NONE,
    RECORD_LINE,
    RECORD_NUL,
    RECORD_U16,
    RECORD_U32,
    RECORD_NETSTRING,
    RECORD_SIZE,
    RECORD_HEX,
};

struct record_format {
    enum record_kind kind;
    size_t size; /* RECORD_SIZE: bytes of each */
};

enum { RECORD_SIZE_MAX = 1 << 20 }; /* the largest N of size:N */

/* The longest line of hex that is taken. Whoever looks for records has to hold one byte more. */
enum { RECORD_HEX_LINE_MAX = 2 << 20 };

/* Room that wrap needs before and after a payload; before it, hex needs as much as the payload is long. */
enum { RECORD_PREFIX_MAX = 24, RECORD_SUFFIX_MAX = 1 };

/* How many bytes have to be free before a payload of at most `size` bytes. */
size_t record_prefix(const struct record_format *format, size_t size);

enum record_found {
    RECORD_NEEDS_MORE, /* the record is not whole yet */
    RECORD_FOUND,
    RECORD_BAD, /* record_explain says why */
};

enum record_problem {
    PROBLEM_TOO_LARGE, /* `have` bytes where `most` may be */
    PROBLEM_NO_END,    /* the same, and more may follow */
    PROBLEM_CUT_SHORT, /* the stream has ended with `have` bytes of `most` */
    PROBLEM_LONG_LINE, /* of hex: more than `most` characters */
    PROBLEM_DIGITS,    /* of hex, in words */
    PROBLEM_OTHER,     /* in words */
};

struct record {
    size_t skip;  /* bytes before the payload (a length) */
    size_t size;  /* bytes of payload, as they stand there; record_unwrap makes fewer of hex */
    size_t whole; /* bytes of it all: skip, payload, and what ends it */

    enum record_problem problem; /* of RECORD_BAD, with what it needs of the rest */
    size_t have, most;
    const char *words;
};

/*
 * Find the first record in data. ended: no more bytes will follow (a last line without its newline is a
 * record then; any other part of a record is bad). max: the largest payload allowed; a larger one is bad as
 * soon as its size is known. Not for RECORD_NONE.
 */
enum record_found record_find(const struct record_format *format, const char *data, size_t size, bool ended,
                              size_t max, struct record *record);

/*
 * Make the payload of a record that was found in `data` what a message carries, in place and once: digits become
 * bytes. Nothing to do but for hex. Returns 0 with record->size, or -1: it is bad.
 */
int record_unwrap(const struct record_format *format, char *data, size_t max, struct record *record);

/* Put into `text`, which has room for `size` bytes, what is bad about a record: in words, with the sizes. */
void record_explain(const struct record *record, char *text, size_t size);

/* May a payload of `size` bytes be marked up? Returns 0, or -1 with a problem in words. */
int record_check(const struct record_format *format, size_t size, char *problem, size_t problem_size);

/* How many bytes record_wrap puts before a payload of exactly `size` bytes. */
size_t record_lead(const struct record_format *format, size_t size);

/*
 * Mark up a payload of `size` bytes that stands at `payload` with record_prefix free bytes before it and
 * RECORD_SUFFIX_MAX after it. Returns 0 and where the record begins and its size, or -1 with a problem in
 * words (too large for the length field; not of the fixed size). *ambiguous is set when the payload holds
 * the delimiter inside, so that the record's end cannot be told.
 */
int record_wrap(const struct record_format *format, char *payload, size_t size, char **begin, size_t *whole,
                bool *ambiguous, char *problem, size_t problem_size);

/*
 * Read the word of --records, in any case. Returns 0, or -1 if it is none of them (N is 1 to RECORD_SIZE_MAX).
 */
int record_parse(const char *word, struct record_format *format);

/* The words, for messages and completions: "none line nul u16 u32 netstring size:N hex". */
extern const char record_words[];

#endif
