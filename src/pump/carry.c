#include "pump/carry.h"

#include "base/deadline.h"
#include "pump/message.h"
#include <stdlib.h>

enum { MORE_BATCHES = 7 }; /* before the other direction has its turn, and signals and time limits are seen */

static bool
may_read(const struct flow *flow)
{
    return flow->state == FLOW_OPEN && transfer_has_room(&flow->carrier);
}

static bool
may_write(const struct joint *joint, const struct flow *flow)
{
    if (!deadline_passed(flow->write_not_before, joint->now))
        return false;
    return flow->state == FLOW_ENDING ||
           ((flow->state == FLOW_OPEN || flow->state == FLOW_DRAINING) && transfer_has_next(&flow->carrier));
}

/* Without memory it stays unknown. */
static void
note_speed(const struct joint *joint, struct flow *flow)
{
    if (!flow->gather)
        flow->gather = calloc(1, sizeof *flow->gather);
    if (flow->gather)
        gather_note(flow->gather, flow->carrier.source, splice_worth(&flow->carrier.splice),
                    flow->carrier.taken.bytes, joint->now);
}

void
carry_note_read(struct joint *joint, struct flow *flow, enum io result, struct fault *fault)
{
    switch (result) {
    case IO_DONE:
        joint->moved_at = joint->now;
        if (flow->carrier.splice.begun)
            note_speed(joint, flow);
        break;
    case IO_FAILED:
        joint_fail_source(joint, flow, fault);
        break;
    case IO_ENDED:
        joint->input_ended = joint->input_ended || joint_is_sent(joint, flow);
        joint_end_source(joint, flow);
        break;
    case IO_AGAIN:
    case IO_PAUSE:
    case IO_LOST:
        break;
    }
}

/* The sink takes nothing now, for a moment or for good. */
static void
note_refusal(struct joint *joint, struct flow *flow, enum io result, const struct fault *fault)
{
    switch (result) {
    case IO_PAUSE:
        flow->write_not_before = deadline_after(joint->now, ENDPOINT_PAUSE_MS);
        break;
    case IO_LOST:
        joint_lose_sink(joint, flow, NULL);
        break;
    case IO_FAILED:
        joint_lose_sink(joint, flow, fault);
        break;
    case IO_DONE:
    case IO_AGAIN:
    case IO_ENDED:
        break;
    }
}

void
carry_note_write(struct joint *joint, struct flow *flow, enum io result, bool unit_ended,
                 const struct fault *fault)
{
    if (result == IO_FAILED &&
        flow->carrier.found == RECORD_BAD) { /* this one went out; the next is no record */
        joint_fail_source(joint, flow, fault);
        return;
    }
    if (result != IO_DONE) {
        note_refusal(joint, flow, result, fault);
        return;
    }
    joint->moved_at = joint->now;
    if (!joint_is_sent(joint, flow))
        return;
    joint->sent_at = joint->now;
    if (unit_ended && joint->policy->delay_ms > 0)
        flow->write_not_before = deadline_after(joint->now, joint->policy->delay_ms);
}

static void
write_sink(struct joint *joint, struct flow *flow, struct fault *fault)
{
    bool unit_ended = false;
    enum io result = transfer_write(&flow->carrier, &unit_ended, fault);
    carry_note_write(joint, flow, result, unit_ended, fault);
}

bool
carry_is_spoilt(const struct joint *joint, const struct flow *flow)
{
    return flow->carrier.sink->only_whole && (joint->failed || flow->carrier.ambiguous > 0);
}

/* What is held is still written out, when the sink takes it. */
static bool
writes_on(const struct flow *flow)
{
    return flow->state != FLOW_CLOSED && !flow->carrier.is_unseen;
}

/* Tell the sink that no more comes. */
static void
tell_sink(struct joint *joint, struct flow *flow, struct fault *fault)
{
    if (carry_is_spoilt(joint, flow)) {
        joint_advance(joint, flow, FLOW_SINK_LOST);
        return;
    }
    bool has_lost = joint_is_sent(joint, flow) && !writes_on(&joint->received) && joint_has_lost(joint);
    if (has_lost ||
        (joint->failed && joint->policy->joins_sockets)) { /* it would take a part for the whole */
        joint_advance(joint, flow, FLOW_SINK_TOLD);
        return;
    }
    bool is_closed_next = joint_is_sent(joint, flow) && joint->received.state == FLOW_CLOSED;
    enum io result = is_closed_next && joint_close_tells(joint)
                         ? IO_DONE
                         : flow->carrier.sink->ops->end_writing(flow->carrier.sink, fault);
    if (result != IO_DONE && result != IO_ENDED) {
        note_refusal(joint, flow, result, fault);
        return;
    }
    if (joint_is_sent(joint, flow))
        joint->sent_at = joint->now;
    joint_advance(joint, flow, FLOW_SINK_TOLD);
}

/* Writing has become pointless, says poll: in order, or why? */
static void
check_sink(struct joint *joint, struct flow *flow, struct fault *fault)
{
    note_refusal(joint, flow, flow->carrier.sink->ops->lost(flow->carrier.sink, fault), fault);
}

/*
 * More messages are likely to be there already, and those read before have gone out: on without asking for either, as what
 * comes faster than it is taken is lost.
 */
static bool
reads_on(const struct flow *flow)
{
    return message_may_have_more(&flow->carrier) && may_read(flow);
}

void
carry(struct joint *joint, struct flow *flow, unsigned source_ready, unsigned sink_ready, struct fault *fault)
{
    int more = MORE_BATCHES;
    do {
        if (source_ready & READY_READ && may_read(flow))
            carry_note_read(joint, flow, transfer_read(&flow->carrier, fault), fault);
        if (flow->state != FLOW_ENDING && may_write(joint, flow))
            write_sink(joint, flow, fault);
    } while (flow->carrier.batch && source_ready & READY_READ && reads_on(flow) && more-- > 0);
    if (sink_ready & READY_LOST && flow->state != FLOW_CLOSED)
        check_sink(joint, flow, fault);
    if (flow->state == FLOW_DRAINING && !transfer_has_next(&flow->carrier)) {
        flow->write_not_before = 0; /* a pause is between two lines, not after the last */
        joint_advance(joint, flow, FLOW_EMPTIED);
    }
    if (flow->state == FLOW_ENDING && may_write(joint, flow))
        tell_sink(joint, flow, fault);
}

int64_t
carry_next(struct joint *joint, struct flow *flow)
{
    if (!flow->gather || !may_read(flow))
        return DEADLINE_NEVER;
    return gather_next(flow->gather, flow->carrier.source, joint->now);
}

unsigned
carry_wants(const struct joint *joint, const struct flow *from, const struct flow *to)
{
    unsigned wants = 0;
    if (may_read(from))
        wants |= WANT_READ;
    if (to->state != FLOW_CLOSED)
        wants |= may_write(joint, to) ? WANT_WRITE : WANT_NOTICE;
    return wants;
}

bool
carry_past(struct joint *joint, struct flow *flow, const void *data, size_t size, size_t *put)
{
    struct fault fault;
    *put = 0;
    if (flow->state != FLOW_OPEN || !deadline_passed(flow->write_not_before, joint->now))
        return false;
    enum io result = transfer_pass(&flow->carrier, data, size, put, &fault);
    if (result != IO_DONE &&
        !joint_is_sent(joint, flow)) { /* standard output: it is read, and fails, and is counted then */
        *put = 0;
        return false;
    }
    carry_note_write(joint, flow, result, false, &fault);
    *put = result == IO_DONE ? *put : 0;
    return result == IO_DONE && *put == size;
}
