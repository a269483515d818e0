#include "pump/settle.h"

#include "base/deadline.h"

enum { STEP_MAX_MS = 50 };

void
settle_start(struct settle *settle, const struct settle_plan *plan, int64_t now)
{
    *settle = (struct settle){
        .plan = *plan,
        .next_at = now,
        .step_ms = 1,
        .moved_at = now,
        .arrived_at = -1,
        .left = UINT64_MAX,
    };
}

/* Has nothing been acknowledged for too long? */
static bool
has_stalled(struct settle *settle, struct endpoint *far, int64_t now)
{
    uint64_t left = endpoint_under_way(far);
    settle->moved_at = left != settle->left ? now : settle->moved_at;
    settle->left = left;
    return deadline_passed(deadline_after(settle->moved_at, settle->plan.idle_ms), now);
}

/* Not all has arrived, or the peer has not ended: is it given up? */
static enum io
wait_on(struct settle *settle, struct endpoint *far, int64_t now, struct fault *fault)
{
    const struct settle_plan *plan = &settle->plan;
    if (deadline_passed(plan->deadline, now)) {
        if (settle->arrived_at >= 0)
            return IO_DONE;
        (void)fault_say(fault, STATUS_TIMEOUT, "timed out: not all that was sent has arrived", "%s",
                        far->name);
        return IO_FAILED;
    }
    if (plan->idle_ms >= 0 && has_stalled(settle, far, now)) {
        (void)fault_say(fault, STATUS_TIMEOUT, "timed out: the peer takes no more", "%s", far->name);
        return IO_FAILED;
    }
    if (settle->arrived_at >= 0 && plan->hears_end) {
        settle->next_at = deadline_sooner(plan->deadline, deadline_after(settle->arrived_at, plan->end_ms));
        return IO_AGAIN;
    }
    /*
     * A peer whose end is heard need not be asked soon: it may acknowledge our own end only with that. And a timer that is due
     * before all others costs more than most of what is done for a short session.
     */
    if (plan->hears_end && !far->peer_ended) {
        settle->next_at = deadline_sooner(plan->deadline, deadline_after(now, STEP_MAX_MS));
        return IO_AGAIN;
    }
    settle->next_at = deadline_after(now, settle->step_ms);
    settle->step_ms = settle->step_ms * 2 < STEP_MAX_MS ? settle->step_ms * 2 : STEP_MAX_MS;
    return IO_AGAIN;
}

enum io
settle_step(struct settle *settle, struct endpoint *far, int64_t now, struct fault *fault)
{
    enum io result = far->ops->settle(far, fault);
    if (result == IO_FAILED)
        return IO_FAILED;
    if (result == IO_ENDED)
        return IO_DONE;
    if (result == IO_DONE) {
        settle->arrived_at = settle->arrived_at < 0 ? now : settle->arrived_at;
        if (deadline_passed(deadline_after(settle->arrived_at, settle->plan.end_ms), now))
            return IO_DONE;
    }
    return wait_on(settle, far, now, fault);
}
