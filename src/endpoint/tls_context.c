#include "endpoint/tls_context.h"

#include "base/hex.h"
#include "endpoint/tls_wire.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const bool tls_works = true;

enum { READ_AHEAD = 64 * 1024 };

const char *
tls_digest(const X509 *certificate, char digits[static TLS_PIN_DIGITS])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    digits[0] = '\0';
    if (certificate && X509_digest(certificate, EVP_sha256(), digest, &size))
        (void)hex_write(digest, size, digits, TLS_PIN_DIGITS);
    return digits;
}

/* --- who the peer has to be -------------------------------------------------------------------------------------- */

/* In the place of all other checks: is it the certificate that was asked for? */
static int
check_pin(X509_STORE_CTX *store, void *argument)
{
    const struct tls_context *context = argument;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (X509_digest(X509_STORE_CTX_get0_cert(store), EVP_sha256(), digest, &size) && size == TLS_PIN_SIZE &&
        memcmp(digest, context->pin, TLS_PIN_SIZE) == 0)
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static bool
is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static int
load_trust(struct tls_context *context, struct fault *fault)
{
    const char *trust = context->choice.trust;
    ERR_clear_error();
    if (!trust && SSL_CTX_set_default_verify_paths(context->ssl) == 1)
        return 0;
    if (trust && (is_folder(trust) ? SSL_CTX_load_verify_dir(context->ssl, trust)
                                   : SSL_CTX_load_verify_file(context->ssl, trust)) == 1)
        return 0;
    return tls_refuse(STATUS_LOCAL, trust ? trust : "the system's certificates", fault);
}

/*
 * A host as certificates have it: without the dot at the end of a name (RFC 6066 section 3), and without the brackets and
 * the zone of an IPv6 address.
 */
static size_t
bare_host(const char *host, const char **start)
{
    *start = *host == '[' ? host + 1 : host;
    size_t length = strcspn(*start, strchr(*start, ':') ? "%]" : "");
    return length > 0 && (*start)[length - 1] == '.' ? length - 1 : length;
}

static int
expect_name(struct tls_context *context, struct fault *fault)
{
    X509_VERIFY_PARAM *wanted = SSL_CTX_get0_param(context->ssl);
    const char *name = context->choice.server_name, *start;
    if (!name)
        return 0;
    size_t length = bare_host(name, &start);
    bool is_pattern = *start == '.'; /* which X509_check_host(3) takes for all names that end so */
    if (length == 0 || is_pattern || length >= sizeof context->name)
        return fault_say(fault, STATUS_USAGE, "not a name that a certificate can be for", "%s", name);
    memcpy(context->name, start, length);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, context->name) == 1)
        return 0;
    context->has_name = true;
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                X509_CHECK_FLAG_NEVER_CHECK_SUBJECT); /* RFC 9525 section 2 */
    if (X509_VERIFY_PARAM_set1_host(wanted, context->name, 0) == 1)
        return 0;
    return tls_refuse(STATUS_LOCAL, name, fault);
}

static int
set_verification(struct tls_context *context, struct fault *fault)
{
    const struct tls_choice *choice = &context->choice;
    const int required = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    if (!context->listens && expect_name(context, fault) != 0)
        return -1;
    context->has_pin = choice->pin && tls_pin_read(choice->pin, context->pin);
    if (context->has_pin) {
        SSL_CTX_set_verify(context->ssl, required, NULL);
        SSL_CTX_set_cert_verify_callback(context->ssl, check_pin, context);
        return 0;
    }
    bool verifies = context->listens ? choice->verifies_client || choice->trust : !choice->insecure;
    if (!verifies)
        return 0; /* SSL_VERIFY_NONE is OpenSSL's default */
    SSL_CTX_set_verify(context->ssl, required, NULL);
    return load_trust(context, fault);
}

/* --- what is spoken ---------------------------------------------------------------------------------------------- */

/* Names of version 1.3 are a list of their own. */
static int
set_ciphers(struct tls_context *context, struct fault *fault)
{
    const char *asked = context->choice.ciphers;
    size_t size = asked ? strlen(asked) + 1 : 0;
    char *names = asked ? calloc(3, size) : NULL;
    if (!asked)
        return 0;
    if (!names)
        return fault_set(fault, STATUS_LOCAL, "%s", asked);
    char *older = names + size, *newer = older + size, *rest = NULL;
    memcpy(names, asked, size);
    for (char *name = strtok_r(names, ":", &rest); name; name = strtok_r(NULL, ":", &rest)) {
        char *list = strncmp(name, "TLS_", 4) == 0 ? newer : older;
        if (*list)
            strcat(list, ":");
        strcat(list, name);
    }
    ERR_clear_error();
    bool is_known = ((!*older && *newer) || SSL_CTX_set_cipher_list(context->ssl, older) == 1) &&
                    (!*newer || SSL_CTX_set_ciphersuites(context->ssl, newer) == 1);
    free(names);
    if (is_known)
        return 0;
    char what[sizeof fault->what];
    (void)snprintf(what, sizeof what, "--ssl-ciphers %s", asked);
    return tls_refuse(STATUS_USAGE, what, fault);
}

static int
choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *size, const unsigned char *offered,
                unsigned int offered_size, void *argument)
{
    const struct tls_context *context = argument;
    unsigned char *found = NULL;
    (void)ssl;
    int result = SSL_select_next_proto(&found, size, context->alpn, (unsigned int)context->alpn_size, offered,
                                       offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* "h2,http/1.1": each with its length before it (RFC 7301 section 3.1). */
static int
set_protocols(struct tls_context *context, struct fault *fault)
{
    const char *at = context->choice.protocols;
    while (at && context->alpn_size + 1 + strcspn(at, ",") <= sizeof context->alpn) {
        size_t length = strcspn(at, ",");
        context->alpn[context->alpn_size++] = (unsigned char)length;
        memcpy(context->alpn + context->alpn_size, at, length);
        context->alpn_size += length;
        at = at[length] ? at + length + 1 : NULL;
    }
    if (context->alpn_size == 0)
        return 0;
    if (context->listens)
        SSL_CTX_set_alpn_select_cb(context->ssl, choose_protocol, context);
    else if (SSL_CTX_set_alpn_protos(context->ssl, context->alpn, (unsigned int)context->alpn_size) != 0)
        return tls_refuse(STATUS_LOCAL, context->choice.protocols, fault);
    return 0;
}

/*
 * No session is ever resumed, so there are no tickets, which a client that only sends would be reset by. Buffers of idle
 * connections are given back.
 */
static void
set_habits(SSL_CTX *ssl, bool lax_end)
{
    if (SSL_CTX_get_min_proto_version(ssl) < TLS1_2_VERSION)
        (void)SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION); /* it knows that one */
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    if (lax_end)
        SSL_CTX_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_num_tickets(ssl, 0); /* a number, which is stored */
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_default_read_buffer_len(ssl, READ_AHEAD);
}

static int
set_up(struct tls_context *context, const struct tls_asker *asker, struct fault *fault)
{
    ERR_clear_error();
    context->ssl = SSL_CTX_new(context->listens ? TLS_server_method() : TLS_client_method());
    context->wire = context->ssl ? tls_wire_method() : NULL;
    if (!context->wire)
        return tls_refuse(STATUS_LOCAL, "OpenSSL", fault);
    set_habits(context->ssl, context->choice.lax_end);
    if (tls_credentials(context, asker, fault) != 0 || set_verification(context, fault) != 0 ||
        set_ciphers(context, fault) != 0 || tls_key_log_open(context, fault) != 0)
        return -1;
    return set_protocols(context, fault);
}

struct tls_context *
tls_context_open(const struct tls_choice *choice, bool listens, const struct tls_asker *asker,
                 struct fault *fault)
{
    if (openssl_load(fault) != 0)
        return NULL;
    struct tls_context *context = malloc(sizeof *context);
    if (!context) {
        (void)fault_set(fault, STATUS_LOCAL, "TLS");
        return NULL;
    }
    *context = (struct tls_context){ .choice = *choice, .listens = listens, .key_log.fd = -1 };
    if (set_up(context, asker, fault) == 0)
        return context;
    tls_context_close(context);
    return NULL;
}

const char *
tls_context_pin(const struct tls_context *context)
{
    return context->has_own ? context->own_pin : NULL;
}

void
tls_context_close(struct tls_context *context)
{
    if (!context)
        return;
    tls_key_log_close(context);
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->wire);
    free(context);
}
