#include "endpoint/telnet.h"

#include "endpoint/negotiation.h"
#include <stdlib.h>
#include <string.h>

enum { PIECE_SIZE = 16 * 1024 }; /* of data that has to be escaped */

struct telnet {
    struct endpoint base;
    struct endpoint *inner;
    struct negotiation negotiation;
    bool owes_half; /* the second of the two bytes for 255 has not gone out yet: it comes before all else */
    bool stays_open;
    bool ended;        /* nothing more can be said */
    bool only_answers; /* since the peer had all of our data, nothing but answers has gone out */
    char wire[2 * PIECE_SIZE];
};

static bool
has_pending(const struct telnet *telnet)
{
    return telnet->owes_half || telnet->negotiation.answers_size > 0;
}

/* Send what comes before any data. IO_DONE: all of it has gone out. */
static enum io
flush(struct telnet *telnet, struct fault *fault)
{
    struct negotiation *negotiation = &telnet->negotiation;
    struct endpoint *inner = telnet->inner;
    static const char half = (char)NEGOTIATION_IAC;
    while (has_pending(telnet)) {
        const void *data = telnet->owes_half ? (const void *)&half : negotiation->answers;
        if (!telnet->owes_half && !telnet->only_answers)
            telnet->only_answers = inner->ops->unsettled(inner) == 0;
        size_t put = 0;
        size_t size = telnet->owes_half ? 1 : negotiation->answers_size;
        enum io result = inner->ops->write(inner, data, size, &put, fault);
        if (result != IO_DONE)
            return result;
        if (telnet->owes_half)
            telnet->owes_half = false;
        else
            negotiation_answered(negotiation, put);
    }
    return IO_DONE;
}

/* Answer what can be answered now; the rest later. What is wrong with the connection, others are told. */
static void
answer(struct telnet *telnet)
{
    struct fault fault;
    enum io result = telnet->ended ? IO_LOST : flush(telnet, &fault);
    if (result != IO_FAILED && result != IO_LOST)
        return;
    telnet->ended = true;
    telnet->negotiation.answers_size = 0;
}

/*
 * The peer had all of our data and has ended; what failed after that was no more than an answer that nobody waits for.
 */
static bool
is_harmless(const struct telnet *telnet)
{
    return telnet->inner->peer_ended && telnet->only_answers && !telnet->owes_half;
}

/* Room for the answers to what would be read? */
static unsigned
inner_wants(const struct telnet *telnet, unsigned wants)
{
    if (!telnet->ended && has_pending(telnet))
        wants |= WANT_WRITE;
    if (negotiation_room(&telnet->negotiation) == 0)
        wants &= ~(unsigned)WANT_READ;
    return wants;
}

static enum io
telnet_begin(struct endpoint *endpoint, struct fault *fault)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    enum io result = telnet->inner->ops->begin(telnet->inner, fault);
    telnet->base.begins = telnet->inner->begins;
    return result;
}

static size_t
telnet_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    const struct telnet *telnet = (const struct telnet *)endpoint;
    return telnet->inner->ops->interest(telnet->inner, inner_wants(telnet, wants), polls, now);
}

static unsigned
telnet_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    unsigned ready = telnet->inner->ops->ready(telnet->inner, inner_wants(telnet, wants), polls, count);
    if (ready & READY_WRITE)
        answer(telnet);
    return ready;
}

/* Something has come, though it may be no byte that counts. */
static enum io
refuse(struct telnet *telnet, const char *why, struct fault *fault)
{
    telnet->base.cut = true;
    (void)fault_say(fault, STATUS_CONNECTION, why, "%s", telnet->base.name);
    return IO_FAILED;
}

static enum io
telnet_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    struct endpoint *inner = telnet->inner;
    size_t most = negotiation_room(&telnet->negotiation);
    if (most == 0)
        return IO_AGAIN;
    enum io result = inner->ops->read(inner, data, room < most ? room : most, got, fault);
    telnet->base.peer_ended = inner->peer_ended;
    if (result == IO_ENDED && !negotiation_is_whole(&telnet->negotiation))
        return refuse(telnet, "ended within a telnet command", fault);
    if (result != IO_DONE)
        return result;
    if (negotiation_take(&telnet->negotiation, data, *got, got) != 0)
        return refuse(telnet, "a telnet subnegotiation without an end", fault);
    answer(telnet);
    return *got > 0 ? IO_DONE : IO_AGAIN;
}

static enum io
telnet_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    struct endpoint *inner = telnet->inner;
    enum io result = flush(telnet, fault);
    if (result != IO_DONE)
        return result;
    telnet->only_answers = false;
    if (!memchr(data, NEGOTIATION_IAC, size))
        return inner->ops->write(inner, data, size, put, fault);
    if (size > PIECE_SIZE)
        size = PIECE_SIZE;
    size_t sent = 0;
    size_t wire_size = negotiation_escape(data, size, telnet->wire);
    result = inner->ops->write(inner, telnet->wire, wire_size, &sent, fault);
    if (result == IO_DONE)
        *put = negotiation_sent(data, size, sent, &telnet->owes_half);
    return result;
}

static enum io
telnet_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    enum io result = flush(telnet, fault);
    telnet->inner->unfinished = telnet->base.unfinished;
    if (result == IO_DONE)
        result = telnet->inner->ops->end_writing(telnet->inner, fault);
    telnet->ended = telnet->ended || (result == IO_DONE && !telnet->stays_open);
    return result;
}

static enum io
telnet_lost(struct endpoint *endpoint, struct fault *fault)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    enum io result = telnet->inner->ops->lost(telnet->inner, fault);
    return result == IO_FAILED && is_harmless(telnet) ? IO_LOST : result;
}

static enum io
telnet_settle(struct endpoint *endpoint, struct fault *fault)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    enum io result = telnet->inner->ops->settle(telnet->inner, fault);
    telnet->base.peer_ended = telnet->inner->peer_ended;
    return result == IO_FAILED && is_harmless(telnet) ? IO_ENDED : result;
}

static uint64_t
telnet_unsettled(struct endpoint *endpoint)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    return telnet->inner->ops->unsettled(telnet->inner);
}

static uint64_t
telnet_under_way(struct endpoint *endpoint)
{
    return endpoint_under_way(((struct telnet *)endpoint)->inner);
}

static void
telnet_spoil(struct endpoint *endpoint)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    if (telnet->inner->ops->spoil)
        telnet->inner->ops->spoil(telnet->inner);
}

static void
telnet_close(struct endpoint *endpoint)
{
    struct telnet *telnet = (struct telnet *)endpoint;
    telnet->inner->unfinished = telnet->base.unfinished;
    telnet->inner->ops->close(telnet->inner);
    free(telnet);
}

static const struct endpoint_ops telnet_ops = {
    .begin = telnet_begin,
    .interest = telnet_interest,
    .ready = telnet_ready,
    .read = telnet_read,
    .write = telnet_write,
    .end_writing = telnet_end_writing,
    .lost = telnet_lost,
    .settle = telnet_settle,
    .unsettled = telnet_unsettled,
    .under_way = telnet_under_way,
    .spoil = telnet_spoil,
    .close = telnet_close,
};

struct endpoint *
telnet_wrap(struct endpoint *inner, bool stays_open, struct fault *fault)
{
    struct telnet *telnet = calloc(1, sizeof *telnet);
    if (!telnet) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", inner->name);
        inner->ops->close(inner);
        return NULL;
    }
    telnet->base = *inner;
    telnet->base.ops = &telnet_ops;
    telnet->base.read_fd = telnet->base.write_fd = -1; /* every byte has to be looked at */
    telnet->base.close_tells = false;                  /* some are its own */
    telnet->inner = inner;
    telnet->stays_open = stays_open;
    return &telnet->base;
}
