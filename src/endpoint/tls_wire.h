/*
 * Between OpenSSL and the endpoint that TLS is put round: what it writes is gathered, so that several records go out by
 * one call, and nothing of it is lost while the endpoint takes nothing. Only tls*.c include it.
 */
#ifndef SKT_ENDPOINT_TLS_WIRE_H
#define SKT_ENDPOINT_TLS_WIRE_H

#include "endpoint/endpoint.h"
#include "base/openssl.h"

enum {
    TLS_WIRE_RECORD = 16 * 1024, /* of plain data in one record (RFC 8446 section 5.1) */
    TLS_WIRE_PIECE = 64 * 1024,  /* of plain data that may be written when nothing is gathered: */
    TLS_WIRE_SIZE = TLS_WIRE_PIECE + 4 * 1024, /* there is room for it with what each record adds */
};

struct tls_wire {
    struct endpoint *inner;
    char *out; /* gathered; NULL: nothing */
    size_t from, to;
    uint64_t produced;   /* bytes that were gathered since the beginning */
    bool is_ended;       /* inner has nothing more to read */
    bool has_failed;     /* ... or has failed */
    struct fault *fault; /* then; as fault_keep has it */
};

/* A BIO for SSL_set_bio, which frees it, and the method for all of them. NULL without memory. */
BIO_METHOD *tls_wire_method(void);
BIO *tls_wire_bio(const BIO_METHOD *method, struct tls_wire *wire);

/* Bytes that have been produced and are known not to have arrived. */
uint64_t tls_wire_open(const struct tls_wire *wire);

/* Bytes that have been produced and are not known not to have arrived. */
uint64_t tls_wire_settled(const struct tls_wire *wire);

static inline size_t
tls_wire_pending(const struct tls_wire *wire)
{
    return wire->to - wire->from;
}

/* Have inner write what is gathered. IO_DONE: that was all. */
enum io tls_wire_flush(struct tls_wire *wire, struct fault *fault);

void tls_wire_free(struct tls_wire *wire);

#endif
