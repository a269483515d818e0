#include "pump/settle.h"

#include "base/deadline.h"

enum { STEP_MAX_MS = 50 };

/* No descriptor tells when the last acknowledgement comes, hence the steps. */
int
settle(struct loop *loop, struct endpoint *far, const struct settle_plan *plan, struct fault *fault)
{
    int64_t now = deadline_now();
    int64_t moved_at = now;
    int64_t arrived_at = -1;
    uint64_t left = UINT64_MAX;
    for (int64_t step = 1;; step = step * 2 < STEP_MAX_MS ? step * 2 : STEP_MAX_MS) {
        enum io result = far->ops->settle(far, fault);
        if (result == IO_FAILED)
            return -1;
        if (result == IO_ENDED)
            return 0;
        if (result == IO_DONE) {
            arrived_at = arrived_at < 0 ? now : arrived_at;
            if (deadline_passed(deadline_after(arrived_at, plan->end_ms), now))
                return 0;
        }
        uint64_t left_before = left;
        left = far->ops->unsettled(far);
        moved_at = left != left_before ? now : moved_at;
        if (deadline_passed(plan->deadline, now))
            return arrived_at >= 0
                       ? 0
                       : fault_say(fault, STATUS_TIMEOUT, "timed out: not all that was sent has arrived",
                                   "%s", far->name);
        if (deadline_passed(deadline_after(moved_at, plan->idle_ms), now))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: the peer takes no more", "%s", far->name);
        if (loop_wait(loop, NULL, 0, deadline_after(now, step), fault) < 0)
            return -1;
        now = deadline_now();
    }
}
