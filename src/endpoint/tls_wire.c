#include "endpoint/tls_wire.h"

#include <stdlib.h>
#include <string.h>

static void
forget(struct tls_wire *wire)
{
    free(wire->out);
    wire->out = NULL;
    wire->from = wire->to = 0;
}

enum io
tls_wire_flush(struct tls_wire *wire, struct fault *fault)
{
    struct endpoint *inner = wire->inner;
    while (tls_wire_pending(wire) > 0) {
        size_t put = 0;
        enum io result =
            inner->ops->write(inner, wire->out + wire->from, tls_wire_pending(wire), &put, fault);
        if (result != IO_DONE)
            return result;
        wire->from += put;
    }
    forget(wire); /* thousands of idle connections need none */
    return IO_DONE;
}

uint64_t
tls_wire_open(const struct tls_wire *wire)
{
    return tls_wire_pending(wire) + wire->inner->ops->unsettled(wire->inner);
}

uint64_t
tls_wire_settled(const struct tls_wire *wire)
{
    uint64_t open = tls_wire_open(wire);
    return open < wire->produced ? wire->produced - open : 0;
}

static void
fail(struct tls_wire *wire, const struct fault *fault)
{
    if (wire->has_failed)
        return;
    wire->has_failed = true;
    wire->fault = fault_keep(fault);
}

/* How much more can be gathered. */
static size_t
find_room(struct tls_wire *wire)
{
    struct fault fault;
    if (wire->to == TLS_WIRE_SIZE && tls_wire_flush(wire, &fault) == IO_FAILED)
        fail(wire, &fault);
    if (!wire->out)
        wire->out = malloc(TLS_WIRE_SIZE);
    if (!wire->out) {
        (void)fault_set(&fault, STATUS_LOCAL, "%s", wire->inner->name);
        fail(wire, &fault);
    }
    return wire->out && !wire->has_failed ? TLS_WIRE_SIZE - wire->to : 0;
}

/* --- what OpenSSL calls: BIO_meth_new(3ssl) --------------------------------------------------------------------- */

static int
on_write(BIO *bio, const char *data, size_t size, size_t *put)
{
    struct tls_wire *wire = BIO_get_data(bio);
    size_t room = find_room(wire);
    BIO_clear_retry_flags(bio);
    if (room == 0 && !wire->has_failed)
        BIO_set_retry_write(bio);
    if (room == 0)
        return 0;
    *put = size < room ? size : room;
    memcpy(wire->out + wire->to, data, *put);
    wire->to += *put;
    wire->produced += *put;
    return 1;
}

static int
on_read(BIO *bio, char *data, size_t room, size_t *got)
{
    struct tls_wire *wire = BIO_get_data(bio);
    struct endpoint *inner = wire->inner;
    struct fault fault;
    BIO_clear_retry_flags(bio);
    if (wire->is_ended || wire->has_failed)
        return 0;
    switch (inner->ops->read(inner, data, room, got, &fault)) {
    case IO_DONE:
        return 1;
    case IO_AGAIN:
    case IO_PAUSE:
        BIO_set_retry_read(bio);
        break;
    case IO_ENDED:
    case IO_LOST:
        wire->is_ended = true;
        break;
    case IO_FAILED:
        fail(wire, &fault);
        break;
    }
    return 0;
}

static long
on_control(BIO *bio, int what, long number, void *more)
{
    const struct tls_wire *wire = BIO_get_data(bio);
    (void)number;
    (void)more;
    if (what == BIO_CTRL_EOF)
        return wire->is_ended;
    return what == BIO_CTRL_FLUSH; /* it is flushed when the call is over */
}

BIO_METHOD *
tls_wire_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "endpoint");
    if (method && BIO_meth_set_write_ex(method, on_write) && BIO_meth_set_read_ex(method, on_read) &&
        BIO_meth_set_ctrl(method, on_control))
        return method;
    BIO_meth_free(method); /* NULL is none */
    return NULL;
}

BIO *
tls_wire_bio(const BIO_METHOD *method, struct tls_wire *wire)
{
    BIO *bio = BIO_new(method);
    if (!bio)
        return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}

void
tls_wire_free(struct tls_wire *wire)
{
    forget(wire);
    free(wire->fault);
}
