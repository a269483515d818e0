/*
 * --reconnect: one session over several connections. When a connection is lost, or ended by the peer while there is input,
 * another one is made, and the input goes on with what is not known to have arrived.
 */
#ifndef SKT_SESSION_RECONNECT_H
#define SKT_SESSION_RECONNECT_H

#include "session/session.h"

/*
 * Run it, beginning with a connected socket, which is closed, as is each after it.
 *
 * plan      how to connect; peer: whom fd is connected to; source: what fd is bound to
 * deadline  of the try that was good, which is that of its handshake, too
 *
 * Returns 0 when all of the input has arrived and the peer has ended, or -1 with fault: that of a session, or of the last
 * try to connect.
 */
int reconnect_run(const struct run *run, const struct socket_plan *plan, int fd, const struct address *peer,
                  const struct binding *source, int64_t deadline, struct fault *fault);

#endif
