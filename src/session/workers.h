/*
 * --workers: a server as several processes on one port. The first one binds, tells that it listens, and gives up its
 * privileges; then it makes the workers, makes those anew that have ended, passes on signals, and takes no client itself.
 *
 * Where the kernel spreads clients over sockets of one port (SO_REUSEPORT, socket(7)) each worker has a socket of its own,
 * otherwise they share one. All sockets stay open in the first process, so that clients that wait to be accepted by a
 * worker that has ended are there for the next one.
 */
#ifndef SKT_SESSION_WORKERS_H
#define SKT_SESSION_WORKERS_H

#include "dial/listener.h"
#include "session/session.h"

struct workers;

/*
 * Open the sockets of all workers at the addresses of `listener`, which is lent, and is the first one's. Returns NULL with
 * STATUS_LISTEN or STATUS_LOCAL.
 */
struct workers *workers_open(const struct run *run, struct listener *listener, struct fault *fault);
void workers_close(struct workers *workers);

typedef int workers_serve(const struct run *run, struct listener *listener, struct fault *fault);

/*
 * Have workers call `serve` until a signal or the run's deadline; then end them, and wait for them.
 *
 * Returns -1 with fault, in the first process. In a worker it returns what `serve` does, with *is_worker set: then what
 * belongs to all of them has to be left as it is.
 */
int workers_run(struct workers *workers, workers_serve *serve, bool *is_worker, struct fault *fault);

#endif
