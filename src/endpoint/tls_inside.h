/* Inside TLS: one connection. Only tls.c, tls_answer.c and tls_key_log.c include it. */
#ifndef SKT_ENDPOINT_TLS_INSIDE_H
#define SKT_ENDPOINT_TLS_INSIDE_H

#include "endpoint/tls_context.h"
#include "endpoint/tls_marks.h"
#include "endpoint/tls_wire.h"

struct tls {
    struct endpoint base;
    struct tls_context *context;
    SSL *ssl;
    struct tls_wire wire;
    enum half_close half_close;
    bool is_drained;         /* there is nothing to be read without new bytes from the peer */
    bool reads_when_flushed; /* reading needs room for an answer first */
    bool is_stuck;           /* what is gathered cannot go out any more: who writes is told why */
    bool is_shut;            /* our close_notify is written */
    bool is_spoilt;          /* whatever is still written is no orderly end */
    uint64_t written;        /* plain bytes */
    struct tls_marks marks;  /* of them */
    enum io sequel; /* what comes after the bytes that were read last; IO_DONE: nothing is known of it */
    struct fault *sequel_fault;
    int key_log_error; /* the errno of a write of its secrets that failed; 0: none has */
};

/*
 * After a call of OpenSSL's that has not done anything: IO_AGAIN, IO_ENDED, or IO_FAILED with the fault. tls_not_written: of
 * one that writes.
 */
enum io tls_not_done(struct tls *tls, struct fault *fault);
enum io tls_not_written(struct tls *tls, struct fault *fault);

/*
 * Have out what can go out. Who waits for that to read can go on then, or is told why not. tls_flush_some: where nobody can
 * be told; what is wrong with the connection, whoever writes is told.
 */
enum io tls_flush(struct tls *tls, struct fault *fault);
void tls_flush_some(struct tls *tls);

/* Have its secrets been written, so far? Returns 0, or -1 with STATUS_LOCAL. */
int tls_key_log_check(const struct tls *tls, struct fault *fault);

#endif
