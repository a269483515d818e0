/*
 * --retry: when to try again what could not be reached. From one try to the next there are 100 ms, then twice as long
 * each time, up to 5 s; or --retry-delay, which stays the same. The time for all tries together ends with one more
 * try, shortly before it is over.
 */
#ifndef SKT_SESSION_RETRY_H
#define SKT_SESSION_RETRY_H

#include "session/session.h"

struct retry {
    int64_t left;     /* tries after this one; RETRY_FOREVER */
    int64_t delay_ms; /* to the next */
    bool grows;
    int64_t deadline; /* of all tries, --max-time included */
    unsigned tries;   /* that have failed */
    bool is_wanted;
    bool is_lost; /* there was a connection */
};

/* Is it that a connection was lost, in use or before that? */
bool retry_is_loss(const struct fault *fault);

void retry_start(struct retry *retry, const struct run *run);

/* The same after a connection was lost, which is tried again for ever unless --retry says how often. */
void retry_start_lost(struct retry *retry, const struct run *run);

/* How long one try may take: until *deadline of all tries, and no longer than -w. */
int64_t retry_deadline(const struct retry *retry, const struct run *run);

/*
 * After a failed try: is there to be another one? -v tells.
 *
 * fault  why it has failed. Only what may get better by itself is tried again: a name that was not found, an address
 *        that could not be connected to, a time limit, or the loss that it is about.
 *
 * Returns 0: try again at *next; or -1: that was the last one, with fault as it is, or as STATUS_TIMEOUT once the time
 * for all of them is over.
 */
int retry_next(struct retry *retry, const struct run *run, int64_t *next, struct fault *fault);

/* The same, and wait until then. Returns 0: try again now; or -1, also with fault as a signal. */
int retry_wait(struct retry *retry, const struct run *run, struct fault *fault);

#endif
