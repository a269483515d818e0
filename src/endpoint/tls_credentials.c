/* Our own certificate and key. */
#include "endpoint/tls_context.h"

#include <string.h>
#include <unistd.h>

enum { MADE_FOR_S = 10 * 365 * 24 * 3600 }; /* it is known by its pin, and gone with the process */

/* What a file is asked for. */
struct wish {
    const char *path;
    bool certificates, keys;
    bool has_certificate, has_key;
};

/* Returns 1, or 0 if OpenSSL will not have it. */
static int
take(struct tls_context *context, struct wish *wish, const OSSL_STORE_INFO *info)
{
    int type = OSSL_STORE_INFO_get_type(info);
    int result = 1;
    if (type == OSSL_STORE_INFO_CERT && wish->certificates) {
        X509 *certificate = OSSL_STORE_INFO_get1_CERT(info);
        if (!wish->has_certificate)
            result = SSL_CTX_use_certificate(context->ssl, certificate);
        else
            result = (int)SSL_CTX_add1_chain_cert(context->ssl, certificate);
        wish->has_certificate = true;
        X509_free(certificate);
    } else if (type == OSSL_STORE_INFO_PKEY && wish->keys && !wish->has_key) {
        EVP_PKEY *key = OSSL_STORE_INFO_get1_PKEY(info);
        result = SSL_CTX_use_PrivateKey(context->ssl, key);
        wish->has_key = true;
        EVP_PKEY_free(key);
    }
    return result;
}

/* OpenSSL wants a passphrase. Its own way of asking hears no signal while they are blocked, and may read standard input. */
struct question {
    const struct tls_asker *asker;
    const char *path;
    bool was_answered, has_failed;
    struct fault fault;
};

/* pem_password_cb(3ssl). Who has not answered is not asked again. */
static int
ask(char *text, int size, int writes, void *context)
{
    struct question *question = context;
    const struct tls_asker *asker = question->asker;
    (void)writes;
    if (question->has_failed)
        return -1;
    question->has_failed =
        asker->ask(asker->context, question->path, text, (size_t)size, &question->fault) != 0;
    question->was_answered = !question->has_failed;
    return question->was_answered ? (int)strlen(text) : -1;
}

/* Why there was no passphrase. Returns -1. */
static int
not_given(const struct question *question, struct fault *fault)
{
    if (question->fault.status != STATUS_LOCAL) {
        *fault = question->fault;
        return -1;
    }
    return fault_say(fault, STATUS_LOCAL, "its passphrase is asked for on the terminal, and was not given",
                     "%s", question->path);
}

/* Take all there is. Returns 1, 0 if OpenSSL will not have it, or -1 if it cannot read it. */
static int
load(struct tls_context *context, struct wish *wish, OSSL_STORE_CTX *store)
{
    int result = 1;
    while (result == 1 && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info)
            result = take(context, wish, info);
        else if (ERR_peek_error() != 0) /* OSSL_STORE_error is set by what stands behind the last one, too */
            result = -1;
        OSSL_STORE_INFO_free(info);
    }
    return result;
}

/* Whatever kind of file it is: OSSL_STORE_open(3ssl). */
static int
read_file(struct tls_context *context, struct wish *wish, const struct tls_asker *asker, struct fault *fault)
{
    struct question question = { .asker = asker, .path = wish->path };
    bool is_path = !strchr(wish->path, ':'); /* then the kernel can say better what is wrong */
    if (is_path && access(wish->path, R_OK) != 0)
        return fault_set(fault, STATUS_LOCAL, "%s", wish->path);
    ERR_clear_error();
    UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(ask, 0);
    OSSL_STORE_CTX *store = method ? OSSL_STORE_open(wish->path, method, &question, NULL, NULL) : NULL;
    int result = store ? load(context, wish, store) : 0;
    if (question.has_failed) {
        (void)not_given(&question, fault);
        result = 0;
    } else if (result == -1 && question.was_answered) { /* what OSSL_STORE says of that is "unsupported" */
        (void)fault_say(fault, STATUS_LOCAL, "it cannot be opened with that passphrase", "%s", wish->path);
    } else if (result != 1) {
        (void)tls_refuse(STATUS_LOCAL, wish->path, fault);
        fault_add(fault, "%s", store ? ": it cannot be used as a certificate or key" : "");
    }
    (void)OSSL_STORE_close(store); /* it was read */
    UI_destroy_method(method);
    return result == 1 ? 0 : -1;
}

static int
read_files(struct tls_context *context, const struct tls_asker *asker, struct fault *fault)
{
    const struct tls_choice *choice = &context->choice;
    const char *key_file = choice->key ? choice->key : choice->certificate;
    struct wish certificate = { .path = choice->certificate, .certificates = true, .keys = !choice->key };
    struct wish key = { .path = key_file, .keys = true };
    if (read_file(context, &certificate, asker, fault) != 0)
        return -1;
    if (!certificate.has_certificate)
        return fault_say(fault, STATUS_LOCAL, "there is no certificate in it", "%s", choice->certificate);
    if (choice->key && read_file(context, &key, asker, fault) != 0)
        return -1;
    if (!certificate.has_key && !key.has_key)
        return fault_say(fault, STATUS_LOCAL, "there is no private key in it", "%s", key_file);
    if (SSL_CTX_check_private_key(context->ssl) == 1)
        return 0;
    return fault_say(fault, STATUS_LOCAL, "the key is not that of the certificate", "%s", key_file);
}

/* Who it is for is not known, and nobody has signed it: peers know it by its pin, or take anything. */
static int
fill_in(X509 *certificate, EVP_PKEY *key)
{
    uint64_t serial;
    X509_NAME *name = X509_get_subject_name(certificate);
    return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 && X509_set_version(certificate, 2) &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), MADE_FOR_S) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                                      0) &&
           X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
           X509_sign(certificate, key, EVP_sha256()) != 0;
}

static int
make(struct tls_context *context, struct fault *fault)
{
    ERR_clear_error();
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *certificate = X509_new();
    bool is_made = key && certificate && fill_in(certificate, key) &&
                   SSL_CTX_use_certificate(context->ssl, certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(context->ssl, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_made ? 0 : tls_refuse(STATUS_LOCAL, "a certificate for this run", fault);
}

int
tls_credentials(struct tls_context *context, const struct tls_asker *asker, struct fault *fault)
{
    bool reads = context->choice.certificate;
    if (!reads && !context->listens)
        return 0;
    if ((reads ? read_files(context, asker, fault) : make(context, fault)) != 0)
        return -1;
    context->has_own = *tls_digest(SSL_CTX_get0_certificate(context->ssl), context->own_pin) != '\0';
    return 0;
}
