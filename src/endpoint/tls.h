/*
 * TLS round an endpoint that carries bytes (RFC 8446, RFC 5246): versions 1.2 and 1.3, by OpenSSL.
 *
 * Certificates are verified, and have to be for the host that was asked for, unless the choice says otherwise. Our end of
 * writing is a close_notify alert, which leaves the other direction open (RFC 8446 section 6.1; in TLS 1.2 a peer may
 * take it for the end of both); the peer's end is its own, and one without is an error: somebody may have cut it short.
 */
#ifndef SKT_ENDPOINT_TLS_H
#define SKT_ENDPOINT_TLS_H

#include "endpoint/endpoint.h"
#include "endpoint/socket.h"

extern const bool tls_works; /* false: this build has none, and tls_context_open says so */

enum {
    TLS_PIN_SIZE = 32, /* SHA-256 */
    TLS_PROTOCOLS_MAX = 255,
};

/* What is asked for. All zeroes but handshake_ms: the usual. Files are PEM, DER or PKCS#12, or URIs that OSSL_STORE knows. */
struct tls_choice {
    bool is_on;
    const char *certificate; /* ours, and those above it; NULL: none */
    const char *key;         /* NULL: it is in the certificate's file */
    const char *trust;       /* authorities: a PEM file or a folder (openssl-rehash(1)); NULL: the system's */
    const char *server_name; /* a host that the server's certificate has to be for; NULL: none */
    const char *ciphers;     /* names with colons between them; NULL: the library's */
    const char *protocols;   /* ALPN (RFC 7301), with commas between them, the best first; NULL: none */
    const char *pin;         /* the peer's certificate has this SHA-256 (tls_pin_read); NULL: any */
    const char *key_log;     /* a file that gets the secrets, for who decrypts a recording; NULL: none */
    bool verifies_client;    /* a listener: only clients with a certificate that an authority has signed */
    bool insecure;           /* whoever the peer is */
    bool lax_end;            /* an end without close_notify is one */
    int64_t handshake_ms;    /* how long it may take */
};

/*
 * Who asks for the passphrase of a file: text has room for so many bytes, the zero behind them among them. Returns 0, or -1
 * with fault: a signal or STATUS_TIMEOUT, which end it all, or it was not given.
 */
struct tls_asker {
    int (*ask)(const void *context, const char *path, char *text, size_t size, struct fault *fault);
    const void *context;
};

/* What all connections of one side share. */
struct tls_context;

/* One connection's. */
struct tls;

/*
 * Read keys and certificates, and be ready for connections. Before privileges are dropped and without sockets: it may ask
 * for a key's passphrase.
 *
 * listens  we are the server; without a certificate one is made for this run
 * asker    not used any more afterwards
 *
 * Returns one to close, or NULL with STATUS_LOCAL: what cannot be read or is none, or written, or OpenSSL cannot be loaded;
 * with what ended the asking; with STATUS_USAGE in a build without it.
 */
struct tls_context *tls_context_open(const struct tls_choice *choice, bool listens,
                                     const struct tls_asker *asker, struct fault *fault);

/* SHA-256 of our own certificate, in hexadecimal digits; NULL: there is none. */
const char *tls_context_pin(const struct tls_context *context);

/* NULL is none. */
void tls_context_close(struct tls_context *context);

/* Is this what a pin looks like: 64 hexadecimal digits, maybe with colons, maybe behind "sha256:"? */
bool tls_pin_read(const char *text, unsigned char pin[static TLS_PIN_SIZE]);

/*
 * Take an endpoint: closing the new one closes it. Before anything else the new one `begins` (endpoint.h): the handshake,
 * whose failures are STATUS_TLS, with the errno of a connection that is lost, or STATUS_LOCAL: its secrets cannot be noted.
 * half_close: what end_writing does.
 * Returns the new endpoint, or NULL with STATUS_LOCAL (and then `inner` is closed).
 */
struct endpoint *tls_wrap(struct tls_context *context, struct endpoint *inner, enum half_close half_close,
                          struct fault *fault);

/* Takes one thing that is known of a connection; value is not empty, and from the peer. */
typedef void tls_fact(void *context, const char *name, const char *value);

enum { TLS_FACT_SIZE = 512 }; /* no value is longer, with its end */

/* Tell what is known once it has begun: "VERSION", "CIPHER", "SERVER_NAME", "ALPN", "PEER" (a subject), "PEER_PIN". */
void tls_tell(const struct tls *tls, tls_fact *fact, void *context);

#endif
