/* What OpenSSL complains of, in words. */
#include "endpoint/tls_context.h"

#include <string.h>

/* What came after the first follows from it; but what a cipher says only SSL has words for. */
static unsigned long
find_error(void)
{
    unsigned long first = ERR_peek_error(), last = ERR_peek_last_error();
    return ERR_GET_LIB(first) == ERR_LIB_PROV && ERR_GET_LIB(last) == ERR_LIB_SSL ? last : first;
}

int
tls_refuse(enum status status, const char *what, struct fault *fault)
{
    unsigned long error = find_error();
    const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
                         : error != 0            ? ERR_reason_error_string(error)
                                                 : NULL;
    return fault_say(fault, status, reason ? reason : "OpenSSL does not say why", "%s", what);
}

static const char *
why_not_verified(const struct tls_context *context, long verdict)
{
    return verdict == X509_V_ERR_CERT_REJECTED && context->has_pin ? "it is not the one that was asked for"
                                                                   : X509_verify_cert_error_string(verdict);
}

enum io
tls_complain(const SSL *ssl, const struct tls_context *context, const struct endpoint *endpoint,
             struct fault *fault)
{
    int reason = ERR_GET_REASON(ERR_peek_error());
    int outcome = ERR_GET_REASON(ERR_peek_last_error()); /* authorities may be looked for in vain before */
    long verdict = SSL_get_verify_result(ssl);
    if (outcome == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) {
        (void)fault_say(fault, STATUS_TLS, "the peer's certificate is not accepted", "%s", endpoint->name);
        fault_add(fault, ": %s", why_not_verified(context, verdict));
        return IO_FAILED;
    }
    bool is_other = reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
                    reason == SSL_R_PACKET_LENGTH_TOO_LONG;
    (void)tls_refuse(STATUS_TLS, endpoint->name, fault);
    if (endpoint->begins && is_other)
        fault_add(fault, ": is it TLS that the peer speaks?");
    return IO_FAILED;
}
