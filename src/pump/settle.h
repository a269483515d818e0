/*
 * The end of a session at its far end: was all that was sent taken? Waits for the last acknowledgements by a
 * deadline, throwing away what still comes in, so that closing does not reset the connection under our own
 * last bytes.
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
};

/* Returns 0, or -1 with fault: the connection failed, STATUS_TIMEOUT, or a signal. */
int settle(struct loop *loop, struct endpoint *far, const struct settle_plan *plan, struct fault *fault);

#endif
