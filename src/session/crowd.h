/*
 * Many sessions at once, in one thread: a server whose local end is not the standard streams.
 */
#ifndef SKT_SESSION_CROWD_H
#define SKT_SESSION_CROWD_H

#include "dial/listener.h"
#include "session/session.h"

/*
 * Serve all clients that come, each as soon as it has come, until a signal or --max-time. What goes wrong with one is
 * said and ends only that one. At the limit of clients the next ones wait in the listener's queue, or with
 * request->refuses_when_full are closed at once.
 *
 * Returns -1 with fault: a signal, STATUS_TIMEOUT at the run's deadline or when no client came in time, STATUS_LISTEN,
 * or STATUS_LOCAL.
 */
int crowd_serve(const struct run *run, struct listener *listener, struct fault *fault);

#endif
