#include "base/deadline.h"

#include <time.h>

int64_t
deadline_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a good pointer */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
deadline_after(int64_t now, int64_t ms)
{
    if (ms < 0 || ms > DEADLINE_NEVER - now)
        return DEADLINE_NEVER;
    return now + ms;
}

int64_t
deadline_sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool
deadline_passed(int64_t deadline, int64_t now)
{
    return deadline != DEADLINE_NEVER && now >= deadline;
}
