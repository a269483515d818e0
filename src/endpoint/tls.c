#include "endpoint/tls.h"

#include "endpoint/tls_inside.h"
#include <stdlib.h>
#include <string.h>

/* --- beginning --------------------------------------------------------------------------------------------------- */

static enum io
tls_begin(struct endpoint *endpoint, struct fault *fault)
{
    struct tls *tls = (struct tls *)endpoint;
    struct fault stuck;
    enum io result;
    bool goes_on;
    do {
        bool was_stuck = tls->is_stuck;
        ERR_clear_error();
        result = SSL_do_handshake(tls->ssl) == 1 ? IO_DONE : tls_not_done(tls, fault);
        bool waits = tls->reads_when_flushed;
        (void)tls_flush(tls, &stuck);
        goes_on = (waits && !tls->reads_when_flushed) || (tls->is_stuck && !was_stuck);
    } while (result == IO_AGAIN && goes_on); /* a peer that takes nothing may have said why */
    if (result == IO_AGAIN && tls->is_stuck) {
        *fault = stuck;
        fault->status = stuck.status == STATUS_CONNECTION ? STATUS_TLS : stuck.status;
        result = IO_FAILED;
    }
    if (result == IO_DONE && tls_key_log_check(tls, fault) != 0)
        result = IO_FAILED;
    if (result == IO_DONE) {
        tls->base.begins = false;
        tls->is_drained = false; /* what the peer said with it may be here already */
    }
    if (result == IO_FAILED) /* the alert that says why is out, and closing shall not take it back */
        (void)tls->wire.inner->ops->settle(tls->wire.inner, &stuck);
    return result;
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

static unsigned
inner_wants(const struct tls *tls, unsigned wants)
{
    if (tls_wire_pending(&tls->wire) > 0 && !tls->is_stuck)
        wants |= WANT_WRITE;
    if (tls->reads_when_flushed)
        wants &= ~(unsigned)WANT_READ;
    return wants;
}

static bool
has_more(const struct tls *tls)
{
    return !tls->base.begins && (!tls->is_drained || tls->sequel != IO_DONE);
}

static size_t
tls_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    const struct tls *tls = (const struct tls *)endpoint;
    if (wants & WANT_READ && has_more(tls))
        *now = true;
    return tls->wire.inner->ops->interest(tls->wire.inner, inner_wants(tls, wants), polls, now);
}

static unsigned
tls_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    struct tls *tls = (struct tls *)endpoint;
    struct endpoint *inner = tls->wire.inner;
    unsigned ready = inner->ops->ready(inner, inner_wants(tls, wants), polls, count);
    if (ready & READY_WRITE)
        tls_flush_some(tls);
    return wants & WANT_READ && has_more(tls) ? ready | READY_READ : ready;
}

/* --- reading and writing ----------------------------------------------------------------------------------------- */

/* As many records as there are and as there is room for: each call of OpenSSL's gives one at most. */
static enum io
read_records(struct tls *tls, char *data, size_t room, size_t *got, struct fault *fault)
{
    enum io result = IO_DONE;
    *got = 0;
    ERR_clear_error();
    while (result == IO_DONE && *got < room) {
        size_t more = 0;
        if (SSL_read_ex(tls->ssl, data + *got, room - *got, &more) != 1)
            result = tls_not_done(tls, fault);
        *got += more;
    }
    return result;
}

static enum io
take_sequel(struct tls *tls, struct fault *fault)
{
    enum io result = tls->sequel;
    tls->sequel = IO_DONE;
    if (result == IO_FAILED)
        (void)fault_recall(tls->sequel_fault, fault);
    tls->sequel_fault = NULL;
    return result;
}

static enum io
tls_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct tls *tls = (struct tls *)endpoint;
    if (tls->sequel != IO_DONE)
        return take_sequel(tls, fault);
    enum io result = read_records(tls, data, room, got, fault);
    tls->is_drained = result != IO_DONE;
    tls_flush_some(tls); /* keys are changed by both, and alerts are sent */
    if (*got == 0 || result == IO_DONE)
        return result;
    if (result != IO_AGAIN)
        tls->sequel = result;
    if (result == IO_FAILED)
        tls->sequel_fault = fault_keep(fault);
    return IO_DONE;
}

static uint64_t
tls_unsettled(struct endpoint *endpoint)
{
    struct tls *tls = (struct tls *)endpoint;
    return tls->written - tls_marks_settle(&tls->marks, tls_wire_settled(&tls->wire));
}

/* A record arrives as a whole, but not at once. */
static uint64_t
tls_under_way(struct endpoint *endpoint)
{
    const struct tls *tls = (const struct tls *)endpoint;
    return tls_wire_open(&tls->wire);
}

/* What reading has found, and has not told yet, is the reason for all that comes after it. */
static bool
has_failed_reading(const struct tls *tls, struct fault *fault)
{
    if (tls->sequel == IO_FAILED && tls->sequel_fault)
        *fault = *tls->sequel_fault;
    return tls->sequel == IO_FAILED && tls->sequel_fault;
}

/* One record, for which there is room. */
static enum io
write_record(struct tls *tls, const char *data, size_t size, size_t *put, struct fault *fault)
{
    if (SSL_write_ex(tls->ssl, data, size < TLS_WIRE_RECORD ? size : TLS_WIRE_RECORD, put) != 1)
        return tls_not_written(tls, fault);
    tls->written += *put;
    if (tls_marks_are_full(&tls->marks))
        (void)tls_unsettled(&tls->base);
    tls_marks_add(&tls->marks, tls->written, tls->wire.produced);
    return IO_DONE;
}

/* OpenSSL is given no more than there is room for: it never has to be given the same bytes again. */
static enum io
tls_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct tls *tls = (struct tls *)endpoint;
    const char *from = data;
    *put = 0;
    enum io result = has_failed_reading(tls, fault) ? IO_FAILED : tls_flush(tls, fault);
    if (result != IO_DONE)
        return result;
    if (size > TLS_WIRE_PIECE)
        size = TLS_WIRE_PIECE;
    ERR_clear_error();
    while (result == IO_DONE && *put < size) {
        size_t more = 0;
        result = write_record(tls, from + *put, size - *put, &more, fault);
        *put += more;
    }
    if (*put > 0 && result != IO_FAILED)
        result = tls_flush(tls, fault) == IO_FAILED ? IO_FAILED : IO_DONE;
    return result;
}

/* --- ending ------------------------------------------------------------------------------------------------------ */

static enum io
shut(struct tls *tls, struct fault *fault)
{
    ERR_clear_error();
    /* the peer's answer, which it would wait for at the second call, is read, if somebody reads */
    bool is_told = SSL_shutdown(tls->ssl) >= 0 && !tls->wire.has_failed;
    tls->is_shut = true;
    return is_told ? IO_DONE : tls_not_written(tls, fault);
}

static enum io
tls_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct tls *tls = (struct tls *)endpoint;
    struct endpoint *inner = tls->wire.inner;
    enum io result = has_failed_reading(tls, fault) ? IO_FAILED : tls_flush(tls, fault);
    if (result == IO_DONE && tls->base.unfinished)
        return inner->ops->end_writing(inner, fault); /* the peer shall see that something is missing */
    if (result == IO_DONE && tls->half_close != HALF_CLOSE_NONE && !tls->is_shut) {
        result = shut(tls, fault);
        if (result == IO_DONE)
            result = tls_flush(tls, fault);
    }
    if (result == IO_DONE && tls->half_close == HALF_CLOSE_BOTH)
        return inner->ops->end_writing(inner, fault);
    return result;
}

/*
 * The peer has ended and has all that was written, but for our own end: it has closed, and nothing is missing. One that was
 * gone before that end could go out has not read all of the rest.
 */
static bool
is_harmless(struct tls *tls)
{
    return tls->base.peer_ended && tls->is_shut && tls_wire_pending(&tls->wire) == 0 &&
           tls_unsettled(&tls->base) == 0;
}

static enum io
tls_lost(struct endpoint *endpoint, struct fault *fault)
{
    struct tls *tls = (struct tls *)endpoint;
    enum io result = tls->wire.inner->ops->lost(tls->wire.inner, fault);
    return result == IO_FAILED && is_harmless(tls) ? IO_LOST : result;
}

static enum io
tls_settle(struct endpoint *endpoint, struct fault *fault)
{
    struct tls *tls = (struct tls *)endpoint;
    struct endpoint *inner = tls->wire.inner;
    enum io result = tls_flush(tls, fault);
    if (result == IO_DONE)
        result = inner->ops->settle(inner, fault);
    if (result == IO_FAILED && is_harmless(tls))
        return IO_ENDED;
    return result == IO_DONE && tls->base.peer_ended ? IO_ENDED : result;
}

static void
tls_spoil(struct endpoint *endpoint)
{
    struct tls *tls = (struct tls *)endpoint;
    tls->is_spoilt = true;
    if (tls->wire.inner->ops->spoil)
        tls->wire.inner->ops->spoil(tls->wire.inner);
}

static void
tls_close(struct endpoint *endpoint)
{
    struct tls *tls = (struct tls *)endpoint;
    struct fault fault;
    bool is_whole = !tls->base.begins && !tls->base.unfinished && !tls->is_spoilt && !tls->wire.has_failed;
    if (is_whole && !tls->is_shut)
        (void)shut(tls, &fault); /* who reads only, or keeps the way open, has its end here */
    if (!tls->is_spoilt)
        tls_flush_some(tls);
    SSL_free(tls->ssl);
    tls->wire.inner->ops->close(tls->wire.inner);
    tls_wire_free(&tls->wire);
    tls_marks_free(&tls->marks);
    free(tls->sequel_fault);
    free(tls);
}

static const struct endpoint_ops tls_ops = {
    .begin = tls_begin,
    .interest = tls_interest,
    .ready = tls_ready,
    .read = tls_read,
    .write = tls_write,
    .end_writing = tls_end_writing,
    .lost = tls_lost,
    .settle = tls_settle,
    .unsettled = tls_unsettled,
    .under_way = tls_under_way,
    .spoil = tls_spoil,
    .close = tls_close,
};

/* --- making one -------------------------------------------------------------------------------------------------- */

static bool
open_ssl(struct tls *tls, struct tls_context *context)
{
    ERR_clear_error();
    tls->ssl = SSL_new(context->ssl);
    BIO *bio = tls->ssl ? tls_wire_bio(context->wire, &tls->wire) : NULL;
    if (!bio)
        return false;
    SSL_set_bio(tls->ssl, bio, bio);
    if (SSL_set_ex_data(tls->ssl, 0, tls) != 1)
        return false;
    if (context->listens)
        SSL_set_accept_state(tls->ssl);
    else
        SSL_set_connect_state(tls->ssl);
    return !context->has_name || SSL_set_tlsext_host_name(tls->ssl, context->name) == 1;
}

struct endpoint *
tls_wrap(struct tls_context *context, struct endpoint *inner, enum half_close half_close, struct fault *fault)
{
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", inner->name);
        inner->ops->close(inner);
        return NULL;
    }
    tls->base = *inner;
    tls->base.ops = &tls_ops;
    tls->base.begins = true;
    tls->base.tls = tls;
    tls->base.shows_failure = true;
    tls->base.tells_end = half_close != HALF_CLOSE_NONE;
    tls->base.read_fd = tls->base.write_fd = -1; /* what is there is not what is meant */
    tls->base.close_tells = false;               /* close_notify is more than an end */
    tls->context = context;
    tls->wire.inner = inner;
    tls->half_close = half_close;
    if (open_ssl(tls, context))
        return &tls->base;
    (void)tls_refuse(STATUS_LOCAL, inner->name, fault);
    tls_close(&tls->base);
    return NULL;
}

void
tls_tell(const struct tls *tls, tls_fact *fact, void *context)
{
    tls_facts(tls->ssl, fact, context);
}
