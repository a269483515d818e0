/*
 * The end of a session at its far end: was all that was sent taken? Waits for the last acknowledgements by a
 * deadline, throwing away what still comes in, so that closing does not reset the connection under our own
 * last bytes.
 *
 * No descriptor tells when the last acknowledgement comes, so it is asked for in steps.
 */
#ifndef SKT_PUMP_SETTLE_H
#define SKT_PUMP_SETTLE_H

#include "base/loop.h"
#include "endpoint/endpoint.h"
#include <stdbool.h>
#include <stdint.h>

struct settle_plan {
    int64_t deadline; /* monotonic ms */
    int64_t idle_ms;  /* give up when nothing is acknowledged for so long; -1: wait until the deadline */
    int64_t end_ms;   /* once all has arrived, wait so long for the peer's own end */
    bool hears_end;   /* the far end is waited for, too: until it has ended it need not be asked for that */
};

struct settle {
    struct settle_plan plan;
    int64_t next_at;    /* when to take the next step */
    int64_t step_ms;    /* how long after it the one after that */
    int64_t moved_at;   /* the last acknowledgement */
    int64_t arrived_at; /* since when all has arrived; -1: it has not */
    uint64_t left;      /* what had not arrived at the last step; with idle_ms */
};

/* Set one to its first step, which is due at once. now: monotonic ms. */
void settle_start(struct settle *settle, const struct settle_plan *plan, int64_t now);

/*
 * Take a step. IO_DONE: it is over, and all is well. IO_AGAIN: again at next_at. IO_FAILED with fault: the connection
 * failed, or STATUS_TIMEOUT.
 */
enum io settle_step(struct settle *settle, struct endpoint *far, int64_t now, struct fault *fault);

#endif
