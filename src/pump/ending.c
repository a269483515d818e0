#include "pump/ending.h"

#include "base/deadline.h"
#include <stdio.h>

enum { STALL_MS = 2000 }; /* -q, a program: who takes nothing for so long is not waited for */

bool
ending_awaits_only_input(const struct joint *joint)
{
    bool may_end =
        joint->policy->ends_with_peer || joint->near->person || joint->hurry_until != DEADLINE_NEVER;
    return may_end && joint->sent.state == FLOW_OPEN && joint->received.state == FLOW_CLOSED &&
           transfer_has_room(&joint->sent.carrier);
}

/* A peer that cannot be told of our end: the session is over some time after the last message, once our input has ended. */
static int64_t
linger_end(const struct joint *joint)
{
    if (joint->far->tells_end || joint->sent.state != FLOW_CLOSED || joint->input_ended_at < 0 ||
        !transfer_is_empty(&joint->received.carrier))
        return DEADLINE_NEVER;
    return deadline_after(joint->moved_at, joint->policy->linger_ms); /* not received: output may be slow */
}

/* The same of a socket at the near end. */
static int64_t
near_linger_end(const struct joint *joint)
{
    if (!joint->policy->joins_sockets || joint->near->tells_end || joint->received.state != FLOW_CLOSED ||
        !transfer_is_empty(&joint->sent.carrier))
        return DEADLINE_NEVER;
    return deadline_after(joint->moved_at, joint->policy->linger_ms);
}

/*
 * How long to go on after our input has ended. That counts from when all of it was sent, which takes its time
 * with a slow peer or pauses between lines; only a peer that takes nothing at all is given up before.
 */
static int64_t
quit_at(const struct joint *joint)
{
    int64_t quit_ms = joint->policy->quit_ms;
    if (joint->input_ended_at < 0 || quit_ms < 0)
        return DEADLINE_NEVER;
    int64_t since = joint->input_ended_at > joint->sent_at ? joint->input_ended_at : joint->sent_at;
    if (joint->sent.state == FLOW_CLOSED)
        return deadline_after(since, quit_ms);
    if (since < joint->sent.write_not_before)
        since = joint->sent.write_not_before;
    return deadline_after(since, quit_ms > STALL_MS ? quit_ms : STALL_MS);
}

/* The connection has failed, of which a program hears when it has what came before: but not if it takes nothing of that. */
static int64_t
stall_end(const struct joint *joint)
{
    if (!joint->failed || !joint->far_is_dead || !joint->near->is_told)
        return DEADLINE_NEVER;
    return deadline_after(joint->moved_at, STALL_MS);
}

int64_t
ending_next(const struct joint *joint)
{
    int64_t next = deadline_sooner(joint->deadline, joint->hurry_until);
    next = deadline_sooner(next, deadline_after(joint->moved_at, joint->policy->idle_ms));
    next = deadline_sooner(next, deadline_sooner(quit_at(joint), linger_end(joint)));
    next = deadline_sooner(next, deadline_sooner(near_linger_end(joint), stall_end(joint)));
    const struct flow *flows[] = { &joint->sent, &joint->received };
    for (int i = 0; i < 2; i++)
        if (flows[i]->state != FLOW_CLOSED && !deadline_passed(flows[i]->write_not_before, joint->now))
            next = deadline_sooner(next, flows[i]->write_not_before);
    if (ending_awaits_only_input(joint))
        next = joint->now;
    return next;
}

/* The ends that come by the clock. Returns true when the session is over. */
static bool
by_clock(struct joint *joint)
{
    const struct pump_policy *policy = joint->policy;
    if (deadline_passed(joint->deadline, joint->now)) {
        joint_time_out(joint, "timed out: the time for all of it is over");
        return true;
    }
    if (deadline_passed(joint->hurry_until, joint->now) || deadline_passed(linger_end(joint), joint->now) ||
        deadline_passed(near_linger_end(joint), joint->now) || deadline_passed(stall_end(joint), joint->now))
        return true;
    if (deadline_passed(quit_at(joint), joint->now)) {
        if (!transfer_is_empty(&joint->sent.carrier) || !transfer_is_empty(&joint->received.carrier))
            joint_time_out(joint, "timed out: the time after the end of input is over");
        return true;
    }
    if (deadline_passed(deadline_after(joint->moved_at, policy->idle_ms), joint->now)) {
        char why[64];
        (void)snprintf(why, sizeof why, "timed out: idle for %g s", (double)policy->idle_ms / 1000);
        joint_time_out(joint, why);
        return true;
    }
    return false;
}

bool
ending_is_due(struct joint *joint)
{
    return joint->sent.write_not_before <= joint->moved_at &&
           joint->received.write_not_before <= joint->moved_at && by_clock(joint);
}

/* The ends that come by what has happened. Returns true when the session is over. */
static bool
by_state(struct joint *joint)
{
    const struct pump_policy *policy = joint->policy;
    if (policy->receive_max > 0 && joint->received.carrier.taken.messages >= policy->receive_max) {
        joint_end_source(joint, &joint->received);
        if (!policy->input_answers)
            joint_end_source(joint, &joint->sent);
    }
    return joint->sent.state == FLOW_CLOSED &&
           (joint->received.state == FLOW_CLOSED || policy->ends_with_input);
}

bool
ending_has_come(struct joint *joint)
{
    return by_state(joint) || by_clock(joint);
}
