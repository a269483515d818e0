/* Inside TLS: what connections share, and what OpenSSL says in words. Only tls*.c include it. */
#ifndef SKT_ENDPOINT_TLS_CONTEXT_H
#define SKT_ENDPOINT_TLS_CONTEXT_H

#include "base/openssl.h"
#include "endpoint/tls.h"

enum { TLS_PIN_DIGITS = 2 * TLS_PIN_SIZE + 1 };

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *wire;
    struct tls_choice choice;
    bool listens;
    bool has_name;         /* name is one that a server can be asked for by, and no address */
    char name[256];        /* of whom the certificate is to be; "": of nobody in particular */
    bool has_pin, has_own; /* the peer's, ours */
    unsigned char pin[TLS_PIN_SIZE];
    char own_pin[TLS_PIN_DIGITS];
    unsigned char alpn[TLS_PROTOCOLS_MAX]; /* as it is on the wire */
    size_t alpn_size;
    struct tls_key_log {
        int fd;       /* -1: none */
        bool is_torn; /* the last line may not be whole */
    } key_log;
};

/* --- tls_credentials.c, tls_context.c, tls_facts.c, tls_key_log.c --- */

/* Put our certificate and key into context->ssl: read, or made. Returns 0, or -1 as tls_context_open fails. */
int tls_credentials(struct tls_context *context, const struct tls_asker *asker, struct fault *fault);

/* SHA-256 of a certificate, in digits. Returns digits, which are "" if it cannot be had. */
const char *tls_digest(const X509 *certificate, char digits[static TLS_PIN_DIGITS]);

/*
 * Have the secrets of all connections appended to choice.key_log, a line each, which is one write: others may write there,
 * too. Returns 0, or -1 with STATUS_LOCAL. Whether it goes well with one, tls_key_log_check tells (tls_inside.h).
 */
int tls_key_log_open(struct tls_context *context, struct fault *fault);
void tls_key_log_close(struct tls_context *context);

/* tls_tell of a connection. */
void tls_facts(const SSL *ssl, tls_fact *fact, void *context);

/* --- tls_fault.c --- */

/* Record what OpenSSL has complained of first, as the reason for `what`. Returns -1. */
int tls_refuse(enum status status, const char *what, struct fault *fault);

/* The same of a connection, as STATUS_TLS. Returns IO_FAILED. */
enum io tls_complain(const SSL *ssl, const struct tls_context *context, const struct endpoint *endpoint,
                     struct fault *fault);

#endif
