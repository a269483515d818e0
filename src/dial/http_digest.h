/*
 * Digest access authentication (RFC 7616), as a client gives it to a proxy: MD5 and SHA-256, both also of a session, and
 * "auth" or no quality of protection at all (RFC 2069). Pure.
 */
#ifndef SKT_DIAL_HTTP_DIGEST_H
#define SKT_DIAL_HTTP_DIGEST_H

#include "base/hash.h"
#include <stdbool.h>
#include <stddef.h>

/* What a server has asked. Texts as they stand between the quotes. */
struct digest_challenge {
    bool is_usable; /* false: nothing else counts */
    enum hash hash;
    bool is_session;      /* "-sess" */
    bool names_algorithm; /* it was said, and is to be said again */
    bool has_quality;     /* "auth" is offered */
    bool is_stale;        /* only its own nonce was too old */
    char realm[128];
    char nonce[256];
    char opaque[256];
    bool has_opaque;
};

/*
 * The best challenge of this scheme in a value of Proxy-Authenticate, if it is better than what `challenge` has; others and
 * broken ones are left out.
 */
void digest_read(const char *value, size_t size, struct digest_challenge *challenge);

enum {
    DIGEST_NONCE_MAX = 64, /* of our own, with its zero */
    DIGEST_ANSWER_MAX = 3072,
};

/*
 * The value of Proxy-Authorization for a request of `method` for `uri`, which is a host and a port. Names and passwords are as
 * long as proxy.h lets them be; `own` is a nonce of our own. Returns 0, or -1 with STATUS_LOCAL (hash.h).
 */
int digest_answer(const struct digest_challenge *challenge, const char *user, const char *password,
                  const char *own, const char *method, const char *uri, char answer[static DIGEST_ANSWER_MAX],
                  struct fault *fault);

#endif
