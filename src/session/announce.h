/* --announce: where we listen, written once listening is on, so that a script with port 0 needs no sleep. */
#ifndef SKT_SESSION_ANNOUNCE_H
#define SKT_SESSION_ANNOUNCE_H

#include "dial/listener.h"
#include "observe/log.h"

/*
 * Write a line for each bound address, spelled as skt takes it back ("tcp://127.0.0.1:5000", "unix:/tmp/x"),
 * in one write(2). `to`: a file (fd_create; a FIFO waits for its reader), fd:N, or NULL for standard error.
 * Returns 0, or -1 with STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int announce(struct loop *loop, const struct listener *listener, const char *to, int64_t deadline,
             struct fault *fault);

#endif
