/* The near end of a connection that is still to be made: the socket, and the address that it comes from. */
#ifndef SKT_DIAL_SOURCE_H
#define SKT_DIAL_SOURCE_H

#include "dial/open.h"

/*
 * A socket for an address of the plan's domain, bound as the plan says, with the options of PHASE_OPENED and
 * PHASE_BOUND, ready to connect.
 *
 * sources  addresses to bind, of which one of remote's family is used; empty: none is bound
 *
 * Returns the descriptor for the caller to close, and what was bound in *binding, for source_release; or -1 with
 * STATUS_CONNECT and nothing to release.
 */
int source_open(const struct socket_plan *plan, const struct address_list *sources,
                const struct address *remote, struct binding *binding, struct fault *fault);

/* Once the descriptor is closed: remove the socket file that was bound, if there is one. */
void source_release(const struct socket_plan *plan, struct binding *binding);

/*
 * Has a connected socket met itself? One that dials the port that it came from can: RFC 9293 figure 7, simultaneous
 * open. Where there are no ports, two sockets may well have one address (X.25).
 */
bool source_is_peer(const struct socket_plan *plan, int fd);

#endif
