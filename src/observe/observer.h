/*
 * An observer sees what crossed the far endpoint, after it happened; it never changes it.
 */
#ifndef SKT_OBSERVE_OBSERVER_H
#define SKT_OBSERVE_OBSERVER_H

#include "base/fault.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum direction { DIRECTION_SENT, DIRECTION_RECEIVED };

/* What a direction has moved. */
struct totals {
    uint64_t bytes;
    uint64_t messages; /* reads or writes of a message; for byte streams, of the system */
};

/* What has crossed. It is only lent for the call. */
struct sight {
    enum direction direction;
    const char *who; /* whose session it is, where there are many at once; otherwise NULL */
    uint64_t offset; /* within the direction of the session */
    const void *data;
    size_t size;
};

struct observer {
    /* Returns 0, or -1 with STATUS_LOCAL, which ends the session. */
    int (*moved)(struct observer *observer, const struct sight *sight, struct fault *fault);
    struct observer *next;
    bool has_failed; /* what it has to keep is not whole: all who share it end */
};

/* Show it to all of a list. Returns 0, or -1 with STATUS_LOCAL. */
int observer_show(struct observer *observers, const struct sight *sight, struct fault *fault);

/* Has one of them failed? */
bool observer_has_failed(const struct observer *observers);

#endif
