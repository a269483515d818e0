/*
 * Proxies: what the user says of one, the kinds that there are, and what is spoken with one until it has connected us to
 * somebody behind it. All of it is plain data and pure: bytes in, bytes out. tunnel.h has the descriptor and the deadline.
 */
#ifndef SKT_DIAL_PROXY_H
#define SKT_DIAL_PROXY_H

#include "domain/domain.h"
#include "dial/http_digest.h"
#include "dial/sockopt.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROXY_OUT_MAX = 4096,   /* the longest that we say at once: a request with a proof of who we are */
    PROXY_IN_MAX = 512,     /* the longest piece of an answer that is looked at */
    PROXY_HEAD_MAX = 65536, /* the longest head of an HTTP answer */
    PROXY_WHY_MAX = 200,
    PROXY_USER_MAX = 255,
    PROXY_PASSWORD_MAX = 1023,
    PROXY_PROOFS_MAX = 3, /* whatever is said of an old nonce */
};

struct proxy_talk;

/* PROXY_AGAIN: it wants another proof of who we are, on another connection: proxy_again. */
enum proxy_state { PROXY_GOES_ON, PROXY_CONNECTED, PROXY_AGAIN, PROXY_FAILED };

/* A protocol that proxies speak. */
struct proxy_kind {
    const char *name;    /* "socks5" */
    const char *port;    /* the usual one */
    bool only_ipv4;      /* it is told an address of IPv4, never a name */
    size_t user_min;     /* bytes of a user's name */
    size_t password_max; /* bytes of a password; 0: there are none */

    /* Put what comes first into talk->out. */
    void (*begin)(struct proxy_talk *talk);

    /*
     * The next byte of the answer. PROXY_GOES_ON with bytes in talk->out: they are to be sent before the next one is
     * taken. PROXY_FAILED: talk->error and talk->why say why.
     */
    enum proxy_state (*take)(struct proxy_talk *talk, unsigned char byte);
};

extern const struct proxy_kind proxy_socks4, proxy_socks4a, proxy_socks5, proxy_http;

enum proxy_number { PROXY_SOCKS5, PROXY_SOCKS4A, PROXY_SOCKS4, PROXY_HTTP };

/* What people call them, nc's words and Ncat's, with their numbers. */
extern const struct sockopt_word proxy_words[];
const struct proxy_kind *proxy_kind_of(int number);

/* What the user says of a proxy. */
struct proxy_choice {
    const struct proxy_kind *kind; /* NULL: there is none, and nothing else counts */
    struct target at;              /* where it is */
    uint16_t port;                 /* of whom it is to connect to */
    bool resolves_here;            /* the target's name is looked up by us, not by the proxy */
    const char *user, *password;   /* NULL: none */
    bool asks_password;            /* it is to be asked for at the terminal first */
    const char *auth_file;         /* where user and password are from: FILE or fd:N; NULL: no file */
};

/* What is wrong with a user's name or password (NULL: none) for this kind; NULL: nothing. */
const char *proxy_auth_problem(const struct proxy_kind *kind, const char *user, const char *password);

/* What is wrong with a host, as host.h reads it, as what this kind of proxy is to connect to; NULL: nothing. */
const char *proxy_host_problem(const struct proxy_kind *kind, bool resolves_here, const char *host);

/* One talk. `host` is as typed, or an address in words; all that it points at is lent. */
struct proxy_talk {
    const struct proxy_kind *kind;
    const char *host;
    uint16_t port;
    const char *user, *password;

    unsigned char out[PROXY_OUT_MAX];
    size_t out_size; /* bytes to send now; whoever has sent them sets it to 0 */

    /* Of the kind. */
    int stage;
    unsigned char in[PROXY_IN_MAX]; /* the piece of the answer that is being looked at */
    size_t in_size, wanted;
    size_t taken; /* bytes of the answer, in all */
    int code;     /* HTTP's status */
    char schemes[64];
    bool takes_basic; /* one of them */
    struct digest_challenge challenge;
    int proofs;                    /* how many there were, one a connection */
    char proof[DIGEST_ANSWER_MAX]; /* the last */

    /* PROXY_FAILED: an errno, or the like of one, and words that are harmless to print. */
    int error;
    char why[PROXY_WHY_MAX];
};

/* Begin with these words, which are known to be without problems. There is something to be sent then. */
void proxy_begin(struct proxy_talk *talk, const struct proxy_kind *kind, const char *host, uint16_t port,
                 const char *user, const char *password);

/* Begin once more, after PROXY_AGAIN, on another connection. */
void proxy_again(struct proxy_talk *talk);

/*
 * What has come. Takes as much as belongs to the answer, and not a byte more: *used. What follows a PROXY_CONNECTED is
 * what the far side has said first.
 */
enum proxy_state proxy_take(struct proxy_talk *talk, const unsigned char *bytes, size_t count, size_t *used);

/* The proxy has ended the connection. Returns PROXY_FAILED. */
enum proxy_state proxy_take_end(struct proxy_talk *talk);

/* --- for the kinds ----------------------------------------------------------------------------------------------- */

/* Append to talk->out. Whatever there can be fits. */
void proxy_put(struct proxy_talk *talk, const void *bytes, size_t count);

/* Record a failure. Returns PROXY_FAILED. */
enum proxy_state proxy_fail(struct proxy_talk *talk, int error, const char *words, ...)
    __attribute__((format(printf, 3, 4)));

#endif
