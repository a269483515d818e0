#include "pump/pump.h"

#include "base/deadline.h"
#include "pump/ending.h"
#include "pump/joint.h"
#include "pump/settle.h"
#include <inttypes.h>

enum {
    SETTLE_MS = 2000, /* something has failed, or our time is up: so long for the last acknowledgements */
    SETTLE_SLOW_MS = 20000, /* the same where kernels hold them back for seconds: X.25, AX.25 */
    PEER_END_MS =
        1000, /* --send-only, or unread bytes die with us: so long for the peer's end once all has arrived */
};

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

static void
read_source(struct joint *joint, struct flow *flow)
{
    struct fault fault;
    switch (transfer_read(&flow->carrier, &fault)) {
    case IO_DONE:
        joint->moved_at = joint->now;
        break;
    case IO_FAILED:
        joint_fail_source(joint, flow, &fault);
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

static void
write_sink(struct joint *joint, struct flow *flow)
{
    struct fault fault;
    bool unit_ended = false;
    switch (transfer_write(&flow->carrier, &unit_ended, &fault)) {
    case IO_DONE:
        joint->moved_at = joint->now;
        if (joint_is_sent(joint, flow))
            joint->sent_at = joint->now;
        if (joint_is_sent(joint, flow) && unit_ended && joint->policy->delay_ms > 0)
            flow->write_not_before = deadline_after(joint->now, joint->policy->delay_ms);
        break;
    case IO_PAUSE:
        flow->write_not_before = deadline_after(joint->now, ENDPOINT_PAUSE_MS);
        break;
    case IO_LOST:
        joint_lose_sink(joint, flow, NULL);
        break;
    case IO_FAILED:
        if (flow->carrier.found == RECORD_BAD) /* this one went out; it is the next that is no record */
            joint_fail_source(joint, flow, &fault);
        else
            joint_lose_sink(joint, flow, &fault);
        break;
    case IO_AGAIN:
    case IO_ENDED:
        break;
    }
}

/* Tell the sink that no more comes. */
static void
tell_sink(struct joint *joint, struct flow *flow)
{
    struct fault fault;
    switch (flow->carrier.sink->ops->end_writing(flow->carrier.sink, &fault)) {
    case IO_DONE:
    case IO_ENDED:
        if (joint_is_sent(joint, flow))
            joint->sent_at = joint->now;
        joint_advance(joint, flow, FLOW_SINK_TOLD);
        break;
    case IO_PAUSE:
        flow->write_not_before = deadline_after(joint->now, ENDPOINT_PAUSE_MS);
        break;
    case IO_LOST:
        joint_lose_sink(joint, flow, NULL);
        break;
    case IO_FAILED:
        joint_lose_sink(joint, flow, &fault);
        break;
    case IO_AGAIN:
        break;
    }
}

/* Writing has become pointless, says poll: in order, or why? */
static void
check_sink(struct joint *joint, struct flow *flow)
{
    struct fault fault;
    enum io why = flow->carrier.sink->ops->lost(flow->carrier.sink, &fault);
    if (why == IO_LOST)
        joint_lose_sink(joint, flow, NULL);
    else if (why == IO_FAILED)
        joint_lose_sink(joint, flow, &fault);
}

/* Carry one direction as far as it goes now: one read, one write. */
static void
carry(struct joint *joint, struct flow *flow, unsigned source_ready, unsigned sink_ready)
{
    if (source_ready & READY_READ && may_read(flow))
        read_source(joint, flow);
    if (flow->state != FLOW_ENDING && may_write(joint, flow))
        write_sink(joint, flow);
    if (sink_ready & READY_LOST && flow->state != FLOW_CLOSED)
        check_sink(joint, flow);
    if (flow->state == FLOW_DRAINING && !transfer_has_next(&flow->carrier)) {
        flow->write_not_before = 0; /* a pause is between two lines, not after the last */
        joint_advance(joint, flow, FLOW_EMPTIED);
    }
    if (flow->state == FLOW_ENDING && may_write(joint, flow))
        tell_sink(joint, flow);
}

/* What to ask of an endpoint that is the source of one flow and the sink of the other. */
static unsigned
wants(const struct joint *joint, const struct flow *from, const struct flow *to)
{
    unsigned wants = 0;
    if (may_read(from))
        wants |= WANT_READ;
    if (to->state != FLOW_CLOSED)
        wants |= may_write(joint, to) ? WANT_WRITE : WANT_NOTICE;
    return wants;
}

/* Wait for either endpoint. Returns -1 when a signal asks us to end. */
static int
wait_ready(struct joint *joint, unsigned *near_ready, unsigned *far_ready)
{
    struct pollfd polls[2 * ENDPOINT_POLLS_MAX];
    bool at_once = joint->moved_on;
    joint->moved_on = false;
    unsigned near_wants = wants(joint, &joint->sent, &joint->received);
    unsigned far_wants = wants(joint, &joint->received, &joint->sent);
    size_t near_polls = joint->near->ops->interest(joint->near, near_wants, polls, &at_once);
    struct pollfd *far_first = polls + near_polls;
    size_t far_polls = joint->far->ops->interest(joint->far, far_wants, far_first, &at_once);

    int64_t deadline = at_once ? joint->now : ending_next(joint);
    if (loop_wait(joint->loop, polls, near_polls + far_polls, deadline, joint->fault) < 0)
        return -1;
    joint->now = deadline_now();
    *near_ready = joint->near->ops->ready(joint->near, near_wants, polls, near_polls);
    *far_ready = joint->far->ops->ready(joint->far, far_wants, far_first, far_polls);
    return 0;
}

static int
run_flows(struct joint *joint)
{
    for (;;) {
        bool only_input = ending_awaits_only_input(joint);
        unsigned near_ready, far_ready;
        if (wait_ready(joint, &near_ready, &far_ready) != 0)
            return -1;
        carry(joint, &joint->received, far_ready, near_ready);
        carry(joint, &joint->sent, near_ready, far_ready);
        if (only_input && (joint->near->person || !(near_ready & READY_READ)))
            joint_end_source(joint, &joint->sent);
        if (joint->interrupted)
            return -1;
        if (ending_has_come(joint))
            return 0;
    }
}

/* All that was sent has been taken, or why not. Returns -1 when a signal asks us to end. */
static int
settle_far(struct joint *joint)
{
    if (joint->far_is_dead)
        return 0;
    bool patient = !joint->failed && joint->policy->quit_ms < 0;
    struct settle_plan plan = {
        .deadline = deadline_sooner(joint->deadline, joint->hurry_until),
        .idle_ms = joint->policy->idle_ms,
        .end_ms = joint->policy->ends_with_input || joint->far->unread_lost ? PEER_END_MS : 0,
    };
    int64_t settle_ms = joint->far->unread_lost ? SETTLE_SLOW_MS : SETTLE_MS;
    if (!patient)
        plan.deadline = deadline_sooner(plan.deadline, deadline_after(joint->now, settle_ms));
    struct fault fault;
    if (settle(joint->loop, joint->far, &plan, &fault) == 0)
        return 0;
    if (fault.signal) {
        *joint->fault = fault;
        return -1;
    }
    joint_fail(joint, &fault);
    return 0;
}

/* Standard output, if the session's end has not closed it: a file may still have something to say. */
static void
close_output(struct joint *joint)
{
    struct fault fault;
    if (joint->received.state != FLOW_CLOSED &&
        joint->near->ops->end_writing(joint->near, &fault) == IO_FAILED)
        joint_fail(joint, &fault);
}

static void
check_records(struct joint *joint)
{
    uint64_t ambiguous = joint->received.carrier.ambiguous;
    if (ambiguous == 0)
        return;
    struct fault fault;
    (void)fault_say(&fault, STATUS_CONNECTION, "these --records cannot show where such a message ends",
                    "%" PRIu64 " message%s held the delimiter", ambiguous, ambiguous == 1 ? "" : "s");
    joint_fail(joint, &fault);
}

/* "(sent 20 bytes, 5 of them not acknowledged, 7 more unsent; received 0 bytes)" */
static void
add_counts(struct joint *joint)
{
    const struct transfer *sent = &joint->sent.carrier;
    uint64_t open = joint->far->ops->unsettled(joint->far);
    if (open > sent->given.bytes) /* a kernel that counts its buffers */
        open = sent->given.bytes;
    uint64_t unsent = transfer_left(sent);
    fault_add(joint->fault, " (sent %" PRIu64 " bytes", sent->given.bytes);
    if (open > 0)
        fault_add(joint->fault, ", %" PRIu64 " of them not acknowledged", open);
    if (unsent > 0)
        fault_add(joint->fault, ", %" PRIu64 " more unsent", unsent);
    fault_add(joint->fault, "; received %" PRIu64 " bytes", joint->received.carrier.taken.bytes);
    uint64_t unwritten = transfer_left(&joint->received.carrier);
    if (unwritten > 0)
        fault_add(joint->fault, ", %" PRIu64 " of them not written", unwritten);
    fault_add(joint->fault, ")");
}

static int
start(struct joint *joint, struct observer *observers, struct fault *fault)
{
    joint->sent.carrier = (struct transfer){
        .source = joint->near,
        .sink = joint->far,
        .direction = DIRECTION_SENT,
        .records = joint->policy->records,
        .crlf = joint->policy->crlf,
        .by_line = joint->policy->delay_ms > 0,
        .stays_inside =
            !joint->policy->no_splice && !observers && !joint->policy->crlf && joint->policy->delay_ms <= 0,
        .observers = observers,
    };
    joint->received.carrier = (struct transfer){
        .source = joint->far,
        .sink = joint->near,
        .direction = DIRECTION_RECEIVED,
        .block = (uint64_t)joint->policy->block_size,
        .stays_inside = !joint->policy->no_splice && !observers && joint->policy->block_size <= 0 &&
                        joint->policy->receive_max == 0,
        .records = joint->policy->records,
        .observers = observers,
    };
    if (transfer_start(&joint->sent.carrier, fault) != 0)
        return -1;
    if (transfer_start(&joint->received.carrier, fault) == 0)
        return 0;
    transfer_free(&joint->sent.carrier);
    return -1;
}

int
pump_run(struct loop *loop, struct endpoint *near, struct endpoint *far, const struct pump_policy *policy,
         int64_t deadline, struct observer *observers, const struct log *log, struct outcome *outcome,
         struct fault *fault)
{
    int64_t now = deadline_now();
    struct joint joint = {
        .loop = loop,
        .near = near,
        .far = far,
        .policy = policy,
        .log = log,
        .sent = { .name = "sent", .state = near->silent ? FLOW_CLOSED : FLOW_OPEN },
        .received = { .name = "received", .state = FLOW_OPEN },
        .now = now,
        .deadline = deadline,
        .moved_at = now,
        .sent_at = now,
        .input_ended_at = -1,
        .hurry_until = DEADLINE_NEVER,
        .fault = fault,
    };
    *outcome = (struct outcome){ .started = now };
    if (start(&joint, observers, fault) != 0)
        return -1;
    bool interrupted = run_flows(&joint) != 0;
    outcome->peer_left = far->peer_ended || (joint.failed && fault->status == STATUS_CONNECTION);
    interrupted = interrupted || settle_far(&joint) != 0;
    if (!interrupted) {
        close_output(&joint);
        check_records(&joint);
        if (joint.failed)
            add_counts(&joint);
    }
    outcome->sent = joint.sent.carrier.given;
    outcome->received = joint.received.carrier.taken;
    outcome->ended = deadline_now();
    outcome->input_ended = joint.input_ended;
    outcome->untouched = !far->cut && joint.sent.carrier.taken.messages == 0 &&
                         joint.received.carrier.taken.messages == 0 &&
                         joint.received.carrier.taken.bytes == 0;
    transfer_free(&joint.sent.carrier);
    transfer_free(&joint.received.carrier);
    return interrupted || joint.failed ? -1 : 0;
}
