/* --peek: look at the first bytes that have come in, and leave them in the socket. */
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

/*
 * The same look for a program that is started after it: it never waits by itself. Waiting is up to who runs the session:
 * peek_interest names what for, and peek_step goes on.
 */
struct peek;

/* far outlives it. Returns NULL with STATUS_LOCAL. */
struct peek *peek_start(const struct run *run, const struct endpoint *far, struct fault *fault);
struct pollfd peek_interest(const struct peek *peek, int64_t *deadline);

/* IO_DONE: there is enough, or no more will come. IO_AGAIN: wait. IO_FAILED with fault as peek_run. */
enum io peek_step(struct peek *peek, struct fault *fault);

/* All steps of it, waiting in the loop. Returns 0, or -1 with fault: as peek_run. */
int peek_wait(struct peek *peek, struct fault *fault);

/* What there is, in hexadecimal digits: as long as the peek is there. */
const char *peek_words(struct peek *peek);
void peek_free(struct peek *peek);

#endif
