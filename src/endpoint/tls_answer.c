/* What OpenSSL answers, and what that means for the endpoint. */
#include "endpoint/tls_inside.h"

#include <errno.h>
#include <string.h>

/* What is below has failed, or has ended without the peer having said so. */
static enum io
fail_below(struct tls *tls, struct fault *fault)
{
    if (tls->wire.has_failed) {
        struct fault *kept = tls->wire.fault;
        tls->wire.fault = kept ? fault_keep(kept) : NULL; /* who writes is told, too */
        (void)fault_recall(kept, fault);
    } else {
        (void)fault_say(fault, STATUS_CONNECTION, "ended without TLS's close_notify: it may be cut short",
                        "%s", tls->base.name);
    }
    if (tls->base.begins && !tls->wire.has_failed) {
        (void)fault_say(fault, STATUS_TLS, "ended within the TLS handshake", "%s", tls->base.name);
        fault->error = ECONNRESET; /* it may be another time that it is not */
    }
    if (tls->base.begins && fault->status == STATUS_CONNECTION) {
        fault->status = STATUS_TLS;
        fault_add(fault, " within the TLS handshake");
    }
    return IO_FAILED;
}

/* Within a record there is no end, not even for --ssl-lax-eof. */
static bool
is_cut(const struct tls *tls)
{
    return tls->wire.is_ended &&
           (SSL_has_pending(tls->ssl) || strcmp(SSL_rstate_string(tls->ssl), "RB") == 0);
}

enum io
tls_not_done(struct tls *tls, struct fault *fault)
{
    int error = SSL_get_error(tls->ssl, 0);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        tls->reads_when_flushed = error == SSL_ERROR_WANT_WRITE;
        return IO_AGAIN;
    }
    bool is_end = error == SSL_ERROR_ZERO_RETURN && !tls->wire.has_failed; /* or --ssl-lax-eof has it so */
    if (is_end && !tls->base.begins && !is_cut(tls)) {
        tls->base.peer_ended = true;
        return IO_ENDED;
    }
    return is_end || tls->wire.has_failed || tls->wire.is_ended
               ? fail_below(tls, fault)
               : tls_complain(tls->ssl, tls->context, &tls->base, fault);
}

/* Behind the peer's end OpenSSL takes whatever fails for that end. */
enum io
tls_not_written(struct tls *tls, struct fault *fault)
{
    enum io result = tls_not_done(tls, fault);
    return result == IO_ENDED ? tls_complain(tls->ssl, tls->context, &tls->base, fault) : result;
}

enum io
tls_flush(struct tls *tls, struct fault *fault)
{
    enum io result = tls_wire_flush(&tls->wire, fault);
    tls->is_stuck = result == IO_FAILED;
    if (tls->reads_when_flushed && (result == IO_DONE || tls->is_stuck)) {
        tls->reads_when_flushed = false;
        tls->is_drained = false;
    }
    return result;
}

void
tls_flush_some(struct tls *tls)
{
    struct fault fault;
    (void)tls_flush(tls, &fault);
}
