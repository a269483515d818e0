#include "pump/talk.h"

#include "base/deadline.h"
#include "pump/carry.h"

static bool
is_idle(const struct flow *flow)
{
    return flow->state == FLOW_OPEN && transfer_passes_pieces(&flow->carrier);
}

bool
talk_is_on(const struct joint *joint)
{
    return is_idle(&joint->sent) && is_idle(&joint->received) && !joint->moved_on;
}

int64_t
talk_next(const struct joint *joint)
{
    return deadline_sooner(deadline_sooner(joint->deadline, joint->hurry_until),
                           deadline_after(joint->moved_at, joint->policy->idle_ms));
}

bool
talk_step(struct joint *joint, unsigned *near_ready, unsigned *far_ready, struct fault *fault)
{
    if ((*near_ready | *far_ready) !=
        READY_READ) /* or there is nothing at all: the time has come for something */
        return false;
    bool passed = true;
    if (*far_ready) {
        *far_ready = 0;
        passed = carry_piece(joint, &joint->received, fault);
    }
    if (passed && *near_ready) {
        *near_ready = 0;
        passed = carry_piece(joint, &joint->sent, fault);
    }
    return passed;
}
