#include "pump/gather.h"

#include "base/deadline.h"

enum {
    GATHER_MS = 5,
    WINDOW_MS = 10,    /* the speed is that of so long a time */
    FAST = 200 * 1000, /* bytes a ms: what is worth waiting for is there in half of GATHER_MS */
    PAUSE_MAX_MS = 5000,
};

static void
turn_on(struct gather *gather, struct endpoint *source, int worth)
{
    gather->is_on = source->ops->gather && source->ops->gather(source, worth);
    gather->until = 0;
    if (!gather->is_on)
        gather->not_before = DEADLINE_NEVER; /* it cannot be done there */
}

static void
turn_off(struct gather *gather, struct endpoint *source, int64_t now)
{
    (void)source->ops->gather(source, 1); /* what could be set can be set again */
    gather->is_on = false;
    gather->since = 0;
    gather->pause_ms = gather->pause_ms > 0 ? gather->pause_ms * 2 : WINDOW_MS;
    if (gather->pause_ms > PAUSE_MAX_MS)
        gather->pause_ms = PAUSE_MAX_MS;
    gather->not_before = now + gather->pause_ms;
}

void
gather_note(struct gather *gather, struct endpoint *source, int worth, uint64_t taken, int64_t now)
{
    gather->until = 0;
    if (gather->since == 0 || now - gather->since >= WINDOW_MS) {
        bool is_fast = gather->since > 0 && taken - gather->before >= (uint64_t)(now - gather->since) * FAST;
        gather->since = now;
        gather->before = taken;
        if (is_fast && !gather->is_on && deadline_passed(gather->not_before, now))
            turn_on(gather, source, worth);
        else if (is_fast && gather->is_on)
            gather->pause_ms = 0;
    }
}

int64_t
gather_next(struct gather *gather, struct endpoint *source, int64_t now)
{
    if (!gather->is_on)
        return DEADLINE_NEVER;
    if (gather->until == 0)
        gather->until = deadline_after(now, GATHER_MS);
    if (!deadline_passed(gather->until, now))
        return gather->until;
    turn_off(gather, source, now);
    return DEADLINE_NEVER;
}
