/* --peek: show the first bytes that have come in, and leave them in the socket. */
#ifndef SKT_SESSION_PEEK_H
#define SKT_SESSION_PEEK_H

#include "session/session.h"

/*
 * Wait for request->peek_size bytes, or the first message, or the end, and write them to standard output. What is
 * there when a time limit passes is written, too. name: of the far end.
 * Returns 0, or -1: STATUS_CONNECTION, STATUS_TIMEOUT, STATUS_LOCAL or a signal.
 */
int peek_run(const struct run *run, const struct socket_plan *plan, int fd, const char *name,
             struct fault *fault);

#endif
