/*
 * Where relays ask for the addresses of their other sockets: they are all the same, so those that ask while an answer is
 * awaited wait for that one. However many clients come while a name server is silent, it is one question and one thread.
 */
#ifndef SKT_SESSION_EXCHANGE_H
#define SKT_SESSION_EXCHANGE_H

#include "dial/names.h"
#include "session/session.h"
#include <poll.h>

/* Begin with {0}. */
struct exchange {
    struct names *names; /* held; the last that were asked for, or NULL */
    bool is_awaited;     /* somebody has to be told of the answer */
};

/*
 * Names for a relay that begins to dial, which has to hold them before the next call. Returns NULL with STATUS_LOCAL. They
 * may be there already, or be awaited from now on.
 */
struct names *exchange_ask(struct exchange *exchange, const struct run *run, struct fault *fault);

/* What to wait for: polls has room for one. Returns how many. */
size_t exchange_interest(const struct exchange *exchange, struct pollfd *polls);

/* Go on, after that. Returns true if the answer is there: whoever dials may go on. */
bool exchange_step(struct exchange *exchange);

void exchange_close(struct exchange *exchange);

#endif
