/* The local end of a session: what the socket is joined with. */
#ifndef SKT_SESSION_LOCAL_H
#define SKT_SESSION_LOCAL_H

#include "session/session.h"

/*
 * Open it as the request asks: the standard streams, or an end that is built in. Returns an endpoint to close with
 * ops->close, or NULL with STATUS_LOCAL.
 */
struct endpoint *local_open(const struct run *run, struct fault *fault);

#endif
