/*
 * --peek: look at the first bytes that have come in, and leave them in the socket: to show them, or for a program that is
 * started after it. It never waits by itself: waiting is up to who runs the session. peek_interest names what for, and
 * peek_step goes on.
 */
#ifndef SKT_SESSION_PEEK_H
#define SKT_SESSION_PEEK_H

#include "session/session.h"

struct peek;

/*
 * For request->peek_size bytes, or the first message, or the end. plan: what kind of socket far is. Both outlive it.
 * Returns NULL with STATUS_LOCAL.
 */
struct peek *peek_start(const struct run *run, const struct socket_plan *plan, const struct endpoint *far,
                        struct fault *fault);
struct pollfd peek_interest(const struct peek *peek, int64_t *deadline);

/* IO_DONE: there is enough, or no more will come. IO_AGAIN: wait. IO_FAILED: STATUS_CONNECTION, or STATUS_TIMEOUT. */
enum io peek_step(struct peek *peek, struct fault *fault);

/* All steps of it, waiting in the loop. Returns 0, or -1 with fault: as peek_step, or a signal. */
int peek_wait(struct peek *peek, struct fault *fault);

/* Once it is over, whatever it has come to: what there is, in hexadecimal digits: as long as the peek is there. */
const char *peek_words(struct peek *peek);

/*
 * The same, but write it to standard output as it is, and wait in the loop while that takes nothing. Returns 0, or -1:
 * STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int peek_show(struct peek *peek, struct fault *fault);

void peek_free(struct peek *peek);

#endif
