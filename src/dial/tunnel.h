/*
 * A connection to a proxy on its way to be one to the plan's remote target: what proxy.h says is spoken on a non-blocking
 * descriptor, by a deadline. Of what comes in, no byte is taken from the socket that is not the proxy's: what the far side
 * says first stays there.
 */
#ifndef SKT_DIAL_TUNNEL_H
#define SKT_DIAL_TUNNEL_H

#include "dial/open.h"
#include <poll.h>
#include <stdint.h>

/* One under way, which never waits by itself. */
struct tunnel;

enum tunnel_state { TUNNEL_RUNS, TUNNEL_THROUGH, TUNNEL_AGAIN, TUNNEL_FAILED };

/*
 * Begin to speak with the plan's proxy on fd. Both are lent, and outlive it.
 *
 * target    the remote target's address, where it was looked up by us; NULL: the proxy gets it as typed
 * deadline  monotonic ms
 *
 * Returns one to free, or NULL with STATUS_LOCAL. Nothing has been sent before the first step.
 */
struct tunnel *tunnel_start(const struct socket_plan *plan, const struct address *target, int fd,
                            int64_t deadline, struct fault *fault);

/* What to wait for: polls has room for one. Returns how many. */
size_t tunnel_interest(const struct tunnel *tunnel, struct pollfd *polls, int64_t *deadline);

/*
 * Go on. TUNNEL_AGAIN: the proxy wants to hear more of us, on another connection: tunnel_again. TUNNEL_FAILED: STATUS_PROXY with the proxy's reason, or what it has broken, and an errno that says whether it may
 * get better (not EACCES, EPROTO or EOPNOTSUPP); or STATUS_TIMEOUT.
 */
enum tunnel_state tunnel_step(struct tunnel *tunnel, struct fault *fault);

/* Go on with a new connection to the proxy. */
void tunnel_again(struct tunnel *tunnel, int fd);

/* Leaves nothing of a password in memory. NULL is none. */
void tunnel_free(struct tunnel *tunnel);

#endif
