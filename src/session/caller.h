/*
 * A caller: a client that has connected and not said anything. Where nothing is to be said to it either, it has no session
 * until it speaks: most of thousands say nothing most of the time, and who only looks whether somebody is there leaves
 * without a byte.
 */
#ifndef SKT_SESSION_CALLER_H
#define SKT_SESSION_CALLER_H

#include "session/session.h"

enum caller_state {
    CALLER_WAITS,  /* it is there */
    CALLER_SPEAKS, /* there is something that its session has to see */
    CALLER_LEFT,   /* without a byte */
};

/* Has a session of this run nothing to do before the client's first byte but, if anything, to tell our end? */
bool caller_needs_no_session(const struct run *run);

/* Listen to what a connected socket says now. Nothing is taken of it but an error: its session sees an end instead. */
enum caller_state caller_hear(int fd);

/*
 * What a member has instead of a far end. fd becomes the caller's. tells_end: it is told now that we say nothing.
 * Returns NULL with STATUS_LOCAL, and fd is closed.
 */
struct caller *caller_take(int fd, const struct address *peer, bool tells_end, struct fault *fault);

struct pollfd caller_interest(const struct caller *caller, int64_t *deadline);

/* The same with the revents of that. */
enum caller_state caller_step(const struct caller *caller, const struct pollfd *poll);

/* It speaks: free it. Its socket is the callee's from here on. */
int caller_leave(struct caller *caller, struct address *peer);

/* Close it. NULL: nothing. */
void caller_close(struct caller *caller);

#endif
