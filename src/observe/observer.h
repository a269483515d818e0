/*
 * An observer sees what crossed the far endpoint, after it happened; it never changes it.
 */
#ifndef SKT_OBSERVE_OBSERVER_H
#define SKT_OBSERVE_OBSERVER_H

#include "base/fault.h"
#include <stddef.h>
#include <stdint.h>

enum direction { DIRECTION_SENT, DIRECTION_RECEIVED };

/* What a direction has moved. */
struct totals {
    uint64_t bytes;
    uint64_t messages; /* reads or writes of a message; for byte streams, of the system */
};

struct observer {
    /* `data` is only lent for the call. Returns 0, or -1 with STATUS_LOCAL, which ends the session. */
    int (*moved)(struct observer *observer, enum direction direction, const void *data, size_t size,
                 struct fault *fault);
    struct observer *next;
};

#endif
