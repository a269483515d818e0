/*
 * Arithmetic with points in time: monotonic milliseconds (clock_gettime(2), CLOCK_MONOTONIC).
 *
 * Only deadline_now reads the clock; everything else takes `now`. A caller passes a deadline, never a
 * duration that a retry would start again.
 */
#ifndef SKT_BASE_DEADLINE_H
#define SKT_BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER INT64_MAX

/* Milliseconds on the monotonic clock. */
int64_t deadline_now(void);

/* The point `ms` milliseconds after `now`. A negative ms means never; the sum saturates at never. */
static inline int64_t
deadline_after(int64_t now, int64_t ms)
{
    return ms < 0 || ms > DEADLINE_NEVER - now ? DEADLINE_NEVER : now + ms;
}

/* The earlier of two points. */
static inline int64_t
deadline_sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* True once `now` has reached the deadline. DEADLINE_NEVER is never reached. */
static inline bool
deadline_passed(int64_t deadline, int64_t now)
{
    return deadline != DEADLINE_NEVER && now >= deadline;
}

#endif
