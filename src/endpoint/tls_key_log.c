/* What a recording of the wire is decrypted by, in the format of SSLKEYLOGFILE (SSL_CTX_set_keylog_callback(3)). */
#include "endpoint/tls_context.h"

#include "base/fd.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* A line without its end. */
static void
note_secret(const SSL *ssl, const char *line)
{
    struct tls_context *context = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
    if (dprintf(context->key_log.fd, "%s\n", line) < 0)
        context->key_log.error = errno;
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
    if (SSL_CTX_set_ex_data(context->ssl, 0, context) != 1)
        return tls_refuse(STATUS_LOCAL, path, fault);
    SSL_CTX_set_keylog_callback(context->ssl, note_secret);
    return 0;
}

int
tls_key_log_check(const struct tls_context *context, struct fault *fault)
{
    if (context->key_log.error == 0)
        return 0;
    errno = context->key_log.error;
    return fault_set(fault, STATUS_LOCAL, "%s", context->choice.key_log);
}

void
tls_key_log_close(struct tls_context *context)
{
    if (context->key_log.fd >= 0)
        (void)close(context->key_log.fd); /* each write has told how it went */
}
