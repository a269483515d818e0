/*
 * Telnet: what is read and answered must not depend on where the bytes are split, and what is written arrives whole and
 * in order through a sink that takes as little at a time as it likes.
 */
#include "endpoint/negotiation.h"
#include "endpoint/telnet.h"
#include "tap.h"
#include <stdlib.h>
#include <string.h>

/* --- negotiation --- */

#define IAC "\377"
#define WILL IAC "\373"
#define WONT IAC "\374"
#define DO IAC "\375"
#define DONT IAC "\376"
#define SB IAC "\372"
#define SE IAC "\360"
#define NOP IAC "\361"

#define BYTES(text) text, sizeof text - 1

static const struct {
    const char *in;
    size_t in_size;
    const char *out;
    size_t out_size;
    const char *answers;
    size_t answers_size;
    bool ends_within;
} rows[] = {
    { BYTES("no command"), BYTES("no command"), BYTES(""), false },
    { BYTES("a\0b"), BYTES("a\0b"), BYTES(""), false },
    { BYTES("A" DO "\1B" IAC IAC "C"), BYTES("AB\377C"), BYTES(WONT "\1"), false },
    { BYTES(WILL "\1" WILL "\3"), BYTES(""), BYTES(DONT "\1" DONT "\3"), false },
    { BYTES(WONT "\1" DONT "\3"), BYTES(""), BYTES(""), false },
    { BYTES(DO "\1" DO "\1" DO "\2"), BYTES(""), BYTES(WONT "\1" WONT "\1" WONT "\2"), false },
    { BYTES(WILL "\1" DO "\1"), BYTES(""), BYTES(DONT "\1" WONT "\1"), false },
    { BYTES(DO "\1login: " DO "\1"), BYTES("login: "), BYTES(WONT "\1" WONT "\1"), false },
    { BYTES(DO "\1" IAC IAC DO "\1"), BYTES("\377"), BYTES(WONT "\1" WONT "\1"), false },
    { BYTES(DO "\1" DONT "\1" DO "\1"), BYTES(""), BYTES(WONT "\1" WONT "\1"), false },
    { BYTES(WILL "\377" DO "\377"
                 "x"),
      BYTES("x"), BYTES(DONT "\377" WONT "\377"), false },
    { BYTES(WILL "\0y"), BYTES("y"), BYTES(DONT "\0"), false },
    { BYTES("a" NOP "b" IAC "\366" IAC "\1"
            "c" SE),
      BYTES("abc"), BYTES(""), false },
    { BYTES("a" SB "\30\1vt100" SE "b"), BYTES("ab"), BYTES(""), false },
    { BYTES("a" SB "\30x" IAC IAC "y\360" DO SE "b"), BYTES("a\360b"), BYTES(WONT "\377"),
      false }, /* no end: IAC is the option */
    { BYTES("a" SB "lost its end" DO "\1"
            "b"),
      BYTES("ab"), BYTES(WONT "\1"), false },
    { BYTES("a" SB "lost its end" SB "x" SE "b"), BYTES("ab"), BYTES(""), false },
    { BYTES(SB SE "b"), BYTES("b"), BYTES(""), false },
    { BYTES(IAC IAC IAC IAC), BYTES("\377\377"), BYTES(""), false },
    { BYTES("a" IAC), BYTES("a"), BYTES(""), true },
    { BYTES("a" DO), BYTES("a"), BYTES(""), true },
    { BYTES("a" SB "x"), BYTES("a"), BYTES(""), true },
    { BYTES("a" SB "x" IAC), BYTES("a"), BYTES(""), true },
    { BYTES("a" SB "x" DO), BYTES("a"), BYTES(""), true },
};

/* Take `size` bytes; what is left goes behind the `*left` bytes at out. */
static void
take(struct negotiation *negotiation, const char *in, size_t size, char *out, size_t *left)
{
    char piece[64];
    size_t got = 0;
    memcpy(piece, in, size);
    (void)negotiation_take(negotiation, piece, size, &got);
    memcpy(out + *left, piece, got);
    *left += got;
}

/* All of a row: a first piece, and others of `rest` bytes. */
static void
test_row(size_t i, size_t first, size_t rest)
{
    static struct negotiation negotiation;
    char out[64];
    size_t left = 0;
    memset(&negotiation, 0, sizeof negotiation);
    take(&negotiation, rows[i].in, first, out, &left);
    for (size_t at = first; at < rows[i].in_size; at += rest)
        take(&negotiation, rows[i].in + at, rest, out, &left);
    is_data(out, left, rows[i].out, rows[i].out_size, "row %zu split at %zu: data", i, first);
    is_data(negotiation.answers, negotiation.answers_size, rows[i].answers, rows[i].answers_size,
            "row %zu split at %zu: answers", i, first);
    is_int(negotiation_is_whole(&negotiation), !rows[i].ends_within, "row %zu: is it whole?", i);
}

static void
test_splits(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t first = 0; first < rows[i].in_size; first++)
            test_row(i, first, rows[i].in_size - first);
        test_row(i, 0, 1);
    }
}

static void
test_bounds(void)
{
    static struct negotiation negotiation;
    static char skipped[NEGOTIATION_SKIP_MAX + 1];
    char start[] = SB;
    static const char request[] = DO "\1x";
    size_t left;
    is_int(negotiation_take(&negotiation, start, 2, &left), 0, "a subnegotiation begins");
    is_int(negotiation_take(&negotiation, skipped, NEGOTIATION_SKIP_MAX, &left), 0, "it may be long");
    is_int(negotiation_take(&negotiation, skipped, 1, &left), -1, "but not without an end");

    memset(&negotiation, 0, sizeof negotiation);
    size_t taken = 0;
    for (; negotiation_room(&negotiation) > 0; taken++) {
        char byte = request[taken % 4];
        (void)negotiation_take(&negotiation, &byte, 1, &left);
    }
    ok(negotiation.answers_size <= sizeof negotiation.answers, "what may be taken has room for its answers");
    is_int((long)negotiation.answers_size, 3 * (long)((taken + 1) / 4), "every request has its answer");
}

/* A peer that takes each refusal for a question is not answered for ever; but one that says something else is. */
static void
test_circle(void)
{
    static struct negotiation negotiation;
    size_t left;
    memset(&negotiation, 0, sizeof negotiation);
    for (int i = 0; i < 1000; i++) {
        char request[] = DO "\1" WONT "\1";
        (void)negotiation_take(&negotiation, request, sizeof request - 1, &left);
    }
    is_int((long)negotiation.answers_size, 3L * NEGOTIATION_REPEATS_MAX, "a circle has an end");
    char other[] = WILL "\1";
    (void)negotiation_take(&negotiation, other, sizeof other - 1, &left);
    is_int((long)negotiation.answers_size, 3L * NEGOTIATION_REPEATS_MAX + 3, "for this request alone");
    char more[] = "x" DO "\1";
    (void)negotiation_take(&negotiation, more, sizeof more - 1, &left);
    is_int((long)negotiation.answers_size, 3L * NEGOTIATION_REPEATS_MAX + 6, "until other bytes come");
}

/* --- the endpoint --- */

/* Gives what it was given, takes `takes` bytes of each write, and every other time none. */
struct fake {
    struct endpoint base;
    const char *in;
    size_t in_size, in_piece;
    size_t takes;
    bool refuses;
    char wire[8192];
    size_t wire_size;
    bool was_ended;
};

static size_t
fake_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    (void)endpoint;
    polls[0].fd = (int)wants;
    *now = true;
    return 1;
}

static unsigned
fake_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    (void)endpoint;
    (void)polls;
    (void)count;
    return (wants & WANT_READ ? READY_READ : 0) | (wants & WANT_WRITE ? READY_WRITE : 0);
}

static enum io
fake_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct fake *fake = (struct fake *)endpoint;
    (void)fault;
    if (fake->in_size == 0)
        return IO_ENDED;
    *got = fake->in_piece < fake->in_size ? fake->in_piece : fake->in_size;
    *got = *got < room ? *got : room;
    memcpy(data, fake->in, *got);
    fake->in += *got;
    fake->in_size -= *got;
    return IO_DONE;
}

static enum io
fake_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct fake *fake = (struct fake *)endpoint;
    (void)fault;
    fake->refuses = !fake->refuses;
    if (fake->refuses)
        return IO_AGAIN;
    *put = size < fake->takes ? size : fake->takes;
    memcpy(fake->wire + fake->wire_size, data, *put);
    fake->wire_size += *put;
    return IO_DONE;
}

static enum io
fake_end(struct endpoint *endpoint, struct fault *fault)
{
    (void)fault;
    ((struct fake *)endpoint)->was_ended = true;
    return IO_DONE;
}

static uint64_t
fake_unsettled(struct endpoint *endpoint)
{
    (void)endpoint;
    return 0;
}

static void
fake_close(struct endpoint *endpoint)
{
    (void)endpoint;
}

static const struct endpoint_ops fake_ops = {
    .interest = fake_interest,
    .ready = fake_ready,
    .read = fake_read,
    .write = fake_write,
    .end_writing = fake_end,
    .unsettled = fake_unsettled,
    .close = fake_close,
};

/* What a telnet peer makes of the wire: data, and the answers in their order. */
static void
decode(const struct fake *fake, char *data, size_t *data_size, char *answers, size_t *answers_size)
{
    *data_size = *answers_size = 0;
    for (size_t i = 0; i < fake->wire_size;) {
        const unsigned char *at = (const unsigned char *)fake->wire + i;
        bool is_command = at[0] == 255 && i + 1 < fake->wire_size && at[1] != 255;
        if (is_command) {
            memcpy(answers + *answers_size, at, 3);
            *answers_size += 3;
        } else {
            data[(*data_size)++] = (char)at[0];
        }
        i += is_command ? 3 : at[0] == 255 ? 2 : 1;
    }
}

/* One read and one write in turn, as the pump has it, until both ways have ended. */
static void
run(struct endpoint *telnet, const char *out, size_t out_size, char *received, size_t *received_size)
{
    struct fault fault;
    size_t sent = 0;
    bool reads = true, writes = true;
    *received_size = 0;
    for (int turn = 0; turn < 100000 && (reads || writes); turn++) {
        struct pollfd polls[ENDPOINT_POLLS_MAX];
        bool now = false;
        unsigned wants = (reads ? WANT_READ : 0U) | (writes ? WANT_WRITE : 0U);
        (void)telnet->ops->ready(telnet, wants, polls, telnet->ops->interest(telnet, wants, polls, &now));
        size_t n = 0;
        enum io result =
            reads ? telnet->ops->read(telnet, received + *received_size, 64, &n, &fault) : IO_AGAIN;
        *received_size += result == IO_DONE ? n : 0;
        reads = reads && result != IO_ENDED;
        if (sent < out_size && telnet->ops->write(telnet, out + sent, out_size - sent, &n, &fault) == IO_DONE)
            sent += n;
        else if (sent == out_size && writes && !reads)
            writes = telnet->ops->end_writing(telnet, &fault) != IO_DONE;
    }
    ok(!reads && !writes, "both ways end");
}

static void
test_endpoint(size_t takes, size_t in_piece)
{
    static const char in[] = "a" DO "\1b" WILL "\377c" IAC IAC DO "\2" SB "\30x" SE WILL "\3" DO "\1d";
    static const char in_data[] = "abc\377d";
    static const char in_answers[] = WONT "\1" DONT "\377" WONT "\2" DONT "\3" WONT "\1";
    char out[300], received[256], data[1024], answers[256];
    size_t received_size, data_size, answers_size;
    struct fault fault;
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (char)(i % 7 < 3 ? 255 : i);
    static struct fake fake;
    fake = (struct fake){
        .base = { .ops = &fake_ops, .name = "peer", .read_fd = 5, .write_fd = 5, .ends = true },
        .in = in,
        .in_size = sizeof in - 1,
        .in_piece = in_piece,
        .takes = takes,
    };
    struct endpoint *telnet = telnet_wrap(&fake.base, false, &fault);
    ok(telnet->read_fd == -1 && telnet->write_fd == -1, "no byte goes round it");
    run(telnet, out, sizeof out, received, &received_size);
    decode(&fake, data, &data_size, answers, &answers_size);
    is_data(received, received_size, BYTES(in_data), "%zu at a time, from %zu: received", takes, in_piece);
    is_data(data, data_size, out, sizeof out, "%zu at a time, from %zu: sent", takes, in_piece);
    is_data(answers, answers_size, BYTES(in_answers), "%zu at a time, from %zu: answers", takes, in_piece);
    ok(fake.was_ended, "the end is told");
    telnet->ops->close(telnet);
}

int
main(void)
{
    test_splits();
    test_bounds();
    test_circle();
    for (size_t takes = 1; takes < 12; takes++)
        for (size_t in_piece = 1; in_piece < 12; in_piece++)
            test_endpoint(takes, in_piece);
    return tap_done();
}
