/* In the place of tls.c where there is no OpenSSL: nothing is ever wrapped. */
#include "endpoint/tls.h"

const bool tls_works = false;

struct tls_context *
tls_context_open(const struct tls_choice *choice, bool listens, const struct tls_asker *asker,
                 struct fault *fault)
{
    (void)choice;
    (void)listens;
    (void)asker;
    (void)fault_say(fault, STATUS_USAGE, "this build has none (configure --with-openssl)", "TLS");
    return NULL;
}

const char *
tls_context_pin(const struct tls_context *context)
{
    (void)context;
    return NULL;
}

void
tls_context_close(struct tls_context *context)
{
    (void)context;
}

struct endpoint *
tls_wrap(struct tls_context *context, struct endpoint *inner, enum half_close half_close, struct fault *fault)
{
    (void)context;
    (void)half_close;
    (void)fault;
    return inner;
}

void
tls_tell(const struct tls *tls, tls_fact *fact, void *context)
{
    (void)tls;
    (void)fact;
    (void)context;
}
