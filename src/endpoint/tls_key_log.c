/* What a recording of the wire is decrypted by, in the format of SSLKEYLOGFILE (SSL_CTX_set_keylog_callback(3)). */
#include "endpoint/tls_inside.h"

#include "base/fd.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/*
 * A line without its end. Whoever else's secrets could not be written is not this one's matter, but for the piece of a line
 * that a full disk has left.
 */
static void
note_secret(const SSL *ssl, const char *line)
{
    struct tls *tls = SSL_get_ex_data(ssl, 0);
    struct tls_key_log *log = &tls->context->key_log;
    log->is_torn = dprintf(log->fd, "%s%s\n", log->is_torn ? "\n" : "", line) < 0;
    if (log->is_torn)
        tls->key_log_error = errno;
}

int
tls_key_log_open(struct tls_context *context, struct fault *fault)
{
    const char *path = context->choice.key_log;
    if (!path)
        return 0;
    context->key_log.fd = fd_create_now(path, true, fault);
    if (context->key_log.fd < 0)
        return -1;
    SSL_CTX_set_keylog_callback(context->ssl, note_secret);
    return 0;
}

int
tls_key_log_check(const struct tls *tls, struct fault *fault)
{
    if (tls->key_log_error == 0)
        return 0;
    errno = tls->key_log_error;
    return fault_set(fault, STATUS_LOCAL, "%s", tls->context->choice.key_log);
}

void
tls_key_log_close(struct tls_context *context)
{
    if (context->key_log.fd >= 0)
        (void)close(context->key_log.fd); /* each write has told how it went */
}
