/* What is known of a connection that has begun. */
#include "endpoint/tls_context.h"

#include <string.h>

static void
tell(tls_fact *fact, void *context, const char *name, const char *value)
{
    if (value && *value)
        fact(context, name, value);
}

/* What the peer has chosen freely might be taken for something else, or for more: names of hosts and protocols are words. */
static void
tell_word(tls_fact *fact, void *context, const char *name, const char *value)
{
    bool is_word = value != NULL;
    for (const char *at = value; is_word && *at; at++)
        is_word = *at > ' ' && *at < 0x7f && *at != ',';
    if (is_word)
        tell(fact, context, name, value);
}

/* A subject in one line: control characters are escaped (RFC 2253). One that does not fit might be taken for another. */
static void
tell_peer(X509 *certificate, tls_fact *fact, void *context)
{
    char digits[TLS_PIN_DIGITS];
    char subject[TLS_FACT_SIZE + 1] = "";
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory && X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0) {
        int size = BIO_read(memory, subject, sizeof subject - 1);
        subject[size > 0 && size < TLS_FACT_SIZE ? size : 0] = '\0';
    }
    (void)BIO_free(memory);
    tell(fact, context, "PEER", subject);
    tell(fact, context, "PEER_PIN", tls_digest(certificate, digits));
}

void
tls_facts(const SSL *ssl, tls_fact *fact, void *context)
{
    const unsigned char *protocol;
    unsigned int size;
    char words[TLS_PROTOCOLS_MAX + 1];
    SSL_get0_alpn_selected(ssl, &protocol, &size);
    tell(fact, context, "VERSION", SSL_get_version(ssl));
    tell(fact, context, "CIPHER", SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)));
    tell_word(fact, context, "SERVER_NAME", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    if (size > 0 && size < sizeof words && !memchr(protocol, '\0', size)) {
        memcpy(words, protocol, size);
        words[size] = '\0';
        tell_word(fact, context, "ALPN", words);
    }
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    if (certificate)
        tell_peer(certificate, fact, context);
    X509_free(certificate);
}
