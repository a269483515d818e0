/*
 * The limit for TLS over TCP: standard input to the socket, or the socket to standard output.
 *
 *     tls send|receive listen|connect PORT CERTIFICATE
 *
 * The certificate is in a PEM file with its key, and whoever connects takes no other. What is received is read ahead, 64
 * KiB at a time; what is sent is gathered in memory, so that four records go out by one call, and what comes in by one.
 */
#include "../net.h"
#include <openssl/bio.h>
#include <openssl/ssl.h>

enum { CHUNK = 1 << 16 };

static void
must_ssl(int result, const char *what)
{
    if (result > 0)
        return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static SSL_CTX *
make_context(bool listens, const char *certificate)
{
    SSL_CTX *context = SSL_CTX_new(listens ? TLS_server_method() : TLS_client_method());
    must_ssl(context != NULL, "SSL_CTX_new");
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, CHUNK);
    must_ssl(SSL_CTX_set_num_tickets(context, 0), "SSL_CTX_set_num_tickets");
    if (listens) {
        must_ssl(SSL_CTX_use_certificate_chain_file(context, certificate), certificate);
        must_ssl(SSL_CTX_use_PrivateKey_file(context, certificate, SSL_FILETYPE_PEM), certificate);
    } else {
        must_ssl(SSL_CTX_load_verify_file(context, certificate), certificate);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    }
    return context;
}

/* What OpenSSL has written into memory. */
static void
flush(BIO *memory, int fd)
{
    char *data;
    long size = BIO_get_mem_data(memory, &data);
    write_all(fd, data, (size_t)size);
    (void)BIO_reset(memory); /* memory is always there to be emptied */
}

static void
send_input(SSL *ssl, int fd)
{
    static char data[CHUNK];
    BIO *memory = BIO_new(BIO_s_mem());
    must_ssl(memory != NULL, "BIO_new");
    SSL_set0_wbio(ssl, memory);
    ssize_t got;
    while ((got = must(read(STDIN_FILENO, data, sizeof data), "read")) > 0) {
        must_ssl(SSL_write(ssl, data, (int)got), "SSL_write");
        flush(memory, fd);
    }
    must_ssl(SSL_shutdown(ssl) + 1, "SSL_shutdown");
    flush(memory, fd);
    must_ssl(SSL_read(ssl, data, sizeof data) == 0, "SSL_read"); /* the other end has taken all of it */
}

static void
receive(SSL *ssl)
{
    static char data[CHUNK];
    size_t held = 0;
    int got;
    while ((got = SSL_read(ssl, data + held, (int)(sizeof data - held))) > 0) {
        held += (size_t)got;
        if (held < sizeof data && SSL_has_pending(ssl))
            continue;
        write_all(STDOUT_FILENO, data, held);
        held = 0;
    }
    write_all(STDOUT_FILENO, data, held); /* what was pending was the end */
    must_ssl(SSL_get_error(ssl, got) == SSL_ERROR_ZERO_RETURN, "SSL_read");
    must_ssl(SSL_shutdown(ssl), "SSL_shutdown");
}

int
main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    bool listens = strcmp(argv[2], "listen") == 0;
    SSL *ssl = SSL_new(make_context(listens, argv[4]));
    must_ssl(ssl != NULL, "SSL_new");
    int fd = joined(argv[3], SOCK_STREAM, listens);
    must_ssl(SSL_set_fd(ssl, fd), "SSL_set_fd");
    must_ssl(listens ? SSL_accept(ssl) : SSL_connect(ssl), "handshake");
    if (strcmp(argv[1], "send") == 0)
        send_input(ssl, fd);
    else
        receive(ssl);
    return 0;
}
