/* The local end of a session: what the socket is joined with. */
#ifndef SKT_SESSION_LOCAL_H
#define SKT_SESSION_LOCAL_H

#include "endpoint/hub.h"
#include "session/session.h"

/*
 * Open it as the request asks: the standard streams, or an end that is built in. far: what it is to be joined with; NULL: a
 * hub, or one connection after the other. Returns an endpoint to close with ops->close, or NULL with STATUS_LOCAL.
 */
struct endpoint *local_open(const struct run *run, const struct endpoint *far, struct fault *fault);

/*
 * Does one client have the local end after the other? So it is if the user says so, or asks for what is about one connection;
 * otherwise ends are each client's own, or a hub's.
 */
bool local_is_in_turn(const struct request *request);

/*
 * Has each peer of a socket without connections a session of its own with it? The standard streams have one for all of
 * them.
 */
bool local_is_each_ones(const struct request *request);

/* How many descriptors the local end of one client has. */
unsigned local_descriptors(const struct run *run);

/*
 * The hub of a server whose clients share what they are joined with. Returns NULL with STATUS_LOCAL, or with *none set if
 * each has an end of its own.
 */
struct hub *local_hub(const struct request *request, const struct hub_calls *calls, bool *none,
                      struct fault *fault);

#endif
