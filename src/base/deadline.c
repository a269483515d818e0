#include "base/deadline.h"

#include <time.h>

int64_t
deadline_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock and a good pointer */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
