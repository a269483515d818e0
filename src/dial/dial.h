/* Addresses to a connected descriptor: look up, race, finish. */
#ifndef SKT_DIAL_DIAL_H
#define SKT_DIAL_DIAL_H

#include "base/loop.h"
#include "dial/open.h"
#include <stdint.h>

/*
 * Open the socket of `plan` and connect it to plan->remote, from plan->source. The deadline (monotonic ms)
 * covers the lookups and the connection together.
 *
 * Returns a connected, non-blocking descriptor for the caller to close, finished (open_finish), the address
 * in *peer and what was bound in *source, for dial_release. Or -1: STATUS_LOOKUP, STATUS_CONNECT,
 * STATUS_TIMEOUT ("connect to HOST port PORT (tcp)": "timed out"), or a signal; then there is nothing to
 * release.
 */
int dial(struct loop *loop, const struct socket_plan *plan, int64_t deadline, struct address *peer,
         struct binding *source, struct fault *fault);

/*
 * The two lookups by themselves: the addresses to connect to, in the order in which they are raced, and those to come
 * from, none if the plan has no source. Return 0, the lists the caller's to free, or -1 as above with none.
 */
int dial_remotes(struct loop *loop, const struct socket_plan *plan, int64_t deadline,
                 struct address_list *list, struct fault *fault);
int dial_sources(struct loop *loop, const struct socket_plan *plan, int64_t deadline,
                 struct address_list *list, struct fault *fault);

/* Once the descriptor is closed: remove the socket file that it came from, if there is one. */
void dial_release(const struct socket_plan *plan, struct binding *source);

#endif
