#include "pump/joint.h"

#include "base/deadline.h"
#include <errno.h>

enum { HURRY_MS = 500 }; /* this side has failed: so long for what is still to be sent */

void
joint_advance(struct joint *joint, struct flow *flow, enum flow_event event)
{
    enum flow_state next = flow_next(flow->state, event);
    if (next == flow->state)
        return;
    if (joint->log->level >= LOG_STATE)
        log_line(joint->log, LOG_STATE, "%s: %s -> %s (%s)", flow->name, flow_state_name(flow->state),
                 flow_state_name(next), flow_event_name(event));
    flow->state = next;
    if (next == FLOW_ENDING || next == FLOW_CLOSED)
        transfer_finish(&flow->carrier);
    joint->moved_on = true;
}

void
joint_fail(struct joint *joint, const struct fault *fault)
{
    joint->far->unfinished = true;
    if (!joint->failed)
        joint->fault = fault_keep(fault);
    joint->failed = true;
    if (joint->policy->joins_sockets) /* what is held has no more time than on this side */
        joint->hurry_until = deadline_sooner(joint->hurry_until, deadline_after(joint->now, HURRY_MS));
    joint->interrupted = joint->interrupted || fault->signal;
}

enum status
joint_status(const struct joint *joint)
{
    return joint->fault ? joint->fault->status : joint->failed ? STATUS_LOCAL : STATUS_DONE;
}

bool
joint_has_lost(const struct joint *joint)
{
    const struct transfer *received = &joint->received.carrier;
    return joint->fault && joint->fault->status == STATUS_LOCAL && joint->fault->error != EPIPE &&
           (transfer_left(received) > 0 || received->is_unseen) && joint->sent.carrier.given.bytes == 0;
}

int
joint_verdict(struct joint *joint, struct fault *fault)
{
    if (!joint->failed)
        return 0;
    (void)fault_recall(joint->fault, fault);
    joint->fault = NULL;
    return -1;
}

void
joint_end_source(struct joint *joint, struct flow *flow)
{
    if (flow->state != FLOW_OPEN)
        return;
    struct fault fault FAULT_UNSET;
    if (transfer_end(&flow->carrier, &fault) == IO_FAILED)
        joint_fail(joint, &fault);
    if (joint_is_sent(joint, flow))
        joint->input_ended_at = joint->now;
    joint_advance(joint, flow, FLOW_SOURCE_ENDED);
}

/* The sink was closed in order. Was there more for it? */
static void
miss_rest(struct joint *joint, const struct flow *flow)
{
    struct fault fault;
    if (transfer_is_empty(&flow->carrier))
        return;
    (void)fault_say(&fault, STATUS_CONNECTION, "closed by the peer", "%s", flow->carrier.sink->name);
    joint_fail(joint, &fault);
}

/*
 * This side cannot go on: send and write out what is held, soon, and go. Input that is there already goes out
 * too (ending.h): it may be the answer of a program that read our output and has ended.
 */
static void
hurry(struct joint *joint)
{
    joint->hurry_until = deadline_sooner(joint->hurry_until, deadline_after(joint->now, HURRY_MS));
    joint_end_source(joint, &joint->received);
}

/* Nothing more can be said to the far end. A near end that only gives back what it gets has nobody left to take it for. */
static void
lose_far(struct joint *joint)
{
    joint->far_is_dead = true;
    if (joint->near->ops->read_no_more)
        joint->near->ops->read_no_more(joint->near);
    if (!joint->near->returns)
        return;
    joint->near_left = true;
    joint_advance(joint, &joint->received, FLOW_SINK_LOST);
}

void
joint_lose_sink(struct joint *joint, struct flow *flow, const struct fault *why)
{
    if (!why && !joint_is_sent(joint, flow)) { /* what it has to say still goes out */
        if (joint->policy->joins_sockets)
            miss_rest(joint, flow);
        joint->near_left = true;
        joint_advance(joint, flow, FLOW_SINK_LOST);
        return;
    }
    if (why)
        joint_fail(joint, why);
    else
        miss_rest(joint, flow);
    joint_advance(joint, flow, FLOW_SINK_LOST);
    if (!joint_is_sent(joint, flow) || (why && why->status == STATUS_LOCAL)) {
        hurry(joint);
        return;
    }
    lose_far(joint);
    if (!joint->far->ends) /* nothing else would tell the other direction */
        joint_end_source(joint, &joint->received);
}

void
joint_time_out(struct joint *joint, const char *why)
{
    struct fault fault;
    (void)fault_say(&fault, STATUS_TIMEOUT, why, "%s", joint->far->name);
    joint_fail(joint, &fault);
    joint->far_is_dead = true;
}

void
joint_fail_source(struct joint *joint, struct flow *flow, const struct fault *why)
{
    joint_fail(joint, why);
    if (joint_is_sent(joint, flow)) {
        joint->input_ended = true;
        if (joint->far->shows_failure)
            hurry(joint);
        joint_end_source(joint, flow);
    } else if (why->status == STATUS_LOCAL) { /* an observer's file */
        hurry(joint);
        joint_end_source(joint, &joint->sent);
    } else {
        lose_far(joint);
        joint_advance(joint, &joint->sent, FLOW_SINK_LOST);
        joint_end_source(joint, flow);
    }
}
