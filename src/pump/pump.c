#include "pump/pump.h"

#include "base/deadline.h"
#include "pump/ending.h"
#include "pump/joint.h"
#include "pump/settle.h"
#include <inttypes.h>
#include <stdlib.h>

enum {
    SETTLE_MS = 2000, /* something has failed, or our time is up: so long for the last acknowledgements */
    SETTLE_SLOW_MS = 20000, /* the same where kernels hold them back for seconds: X.25, AX.25 */
    PEER_END_MS =
        1000, /* --send-only, or unread bytes die with us: so long for the peer's end once all has arrived */
};

struct pump {
    struct joint joint;
    struct settle settle;
    struct endpoint *settling; /* the far end first, and then a socket at the near one */
    int64_t started;
    bool is_settling; /* nothing is carried any more */
    bool is_over;
    bool peer_left;
    bool awaits_only_input; /* what pump_interest has asked for, for pump_step */
    unsigned near_wants, far_wants;
    size_t near_polls, far_polls;
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
read_source(struct joint *joint, struct flow *flow, struct fault *fault)
{
    switch (transfer_read(&flow->carrier, fault)) {
    case IO_DONE:
        joint->moved_at = joint->now;
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

/* What came of a write. */
static void
note_write(struct joint *joint, struct flow *flow, enum io result, bool unit_ended, const struct fault *fault)
{
    switch (result) {
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
            joint_fail_source(joint, flow, fault);
        else
            joint_lose_sink(joint, flow, fault);
        break;
    case IO_AGAIN:
    case IO_ENDED:
        break;
    }
}

static void
write_sink(struct joint *joint, struct flow *flow, struct fault *fault)
{
    bool unit_ended = false;
    enum io result = transfer_write(&flow->carrier, &unit_ended, fault);
    note_write(joint, flow, result, unit_ended, fault);
}

/* Has something befallen what a sink wants whole? */
static bool
is_spoilt(const struct joint *joint, const struct flow *flow)
{
    return flow->carrier.sink->only_whole && (joint->failed || flow->carrier.ambiguous > 0);
}

/* Tell the sink that no more comes. */
static void
tell_sink(struct joint *joint, struct flow *flow, struct fault *fault)
{
    if (is_spoilt(joint, flow)) {
        joint_advance(joint, flow, FLOW_SINK_LOST);
        return;
    }
    if (joint->failed && joint->policy->joins_sockets) { /* it would take a part for the whole */
        joint_advance(joint, flow, FLOW_SINK_TOLD);
        return;
    }
    switch (flow->carrier.sink->ops->end_writing(flow->carrier.sink, fault)) {
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
        joint_lose_sink(joint, flow, fault);
        break;
    case IO_AGAIN:
        break;
    }
}

/* Writing has become pointless, says poll: in order, or why? */
static void
check_sink(struct joint *joint, struct flow *flow, struct fault *fault)
{
    enum io why = flow->carrier.sink->ops->lost(flow->carrier.sink, fault);
    if (why == IO_LOST)
        joint_lose_sink(joint, flow, NULL);
    else if (why == IO_FAILED)
        joint_lose_sink(joint, flow, fault);
}

/* Carry one direction as far as it goes now: one read, one write. fault: room for what may go wrong. */
static void
carry(struct joint *joint, struct flow *flow, unsigned source_ready, unsigned sink_ready, struct fault *fault)
{
    if (source_ready & READY_READ && may_read(flow))
        read_source(joint, flow, fault);
    if (flow->state != FLOW_ENDING && may_write(joint, flow))
        write_sink(joint, flow, fault);
    if (sink_ready & READY_LOST && flow->state != FLOW_CLOSED)
        check_sink(joint, flow, fault);
    if (flow->state == FLOW_DRAINING && !transfer_has_next(&flow->carrier)) {
        flow->write_not_before = 0; /* a pause is between two lines, not after the last */
        joint_advance(joint, flow, FLOW_EMPTIED);
    }
    if (flow->state == FLOW_ENDING && may_write(joint, flow))
        tell_sink(joint, flow, fault);
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

size_t
pump_interest(struct pump *pump, struct pollfd *polls, int64_t *deadline)
{
    struct joint *joint = &pump->joint;
    if (pump->is_settling) {
        *deadline = pump->settle.next_at;
        return 0;
    }
    pump->awaits_only_input = ending_awaits_only_input(joint);
    bool at_once = joint->moved_on;
    joint->moved_on = false;
    pump->near_wants = wants(joint, &joint->sent, &joint->received);
    pump->far_wants = wants(joint, &joint->received, &joint->sent);
    pump->near_polls = joint->near->ops->interest(joint->near, pump->near_wants, polls, &at_once);
    pump->far_polls =
        joint->far->ops->interest(joint->far, pump->far_wants, polls + pump->near_polls, &at_once);
    *deadline = at_once ? joint->now : ending_next(joint);
    return pump->near_polls + pump->far_polls;
}

/* Carry both directions as far as they go now. Returns true when nothing more is to be carried. */
static bool
step_flows(struct pump *pump, const struct pollfd *polls, struct fault *fault)
{
    struct joint *joint = &pump->joint;
    unsigned near_ready = joint->near->ops->ready(joint->near, pump->near_wants, polls, pump->near_polls);
    unsigned far_ready =
        joint->far->ops->ready(joint->far, pump->far_wants, polls + pump->near_polls, pump->far_polls);
    carry(joint, &joint->received, far_ready, near_ready, fault);
    carry(joint, &joint->sent, near_ready, far_ready, fault);
    if (pump->awaits_only_input && (joint->near->person || !(near_ready & READY_READ)))
        joint_end_source(joint, &joint->sent);
    return joint->interrupted || ending_has_come(joint);
}

/* From here on it is only waited until all that was sent has been taken. */
static void
begin_settling(struct pump *pump)
{
    struct joint *joint = &pump->joint;
    bool patient = !joint->failed && joint->policy->quit_ms < 0;
    bool awaits_peer = joint->policy->ends_with_input || joint->far->unread_lost || joint->near_left;
    struct settle_plan plan = {
        .deadline = deadline_sooner(joint->deadline, joint->hurry_until),
        .idle_ms = joint->policy->idle_ms,
        .end_ms = awaits_peer ? PEER_END_MS : 0,
    };
    int64_t settle_ms = joint->far->unread_lost ? SETTLE_SLOW_MS : SETTLE_MS;
    if (!patient)
        plan.deadline = deadline_sooner(plan.deadline, deadline_after(joint->now, settle_ms));
    bool far_broke = joint->failed && (joint->far_is_dead || !joint->policy->joins_sockets);
    pump->peer_left = joint->far->peer_ended || (far_broke && joint_status(joint) == STATUS_CONNECTION);
    pump->settling = joint->far;
    settle_start(&pump->settle, &plan, joint->now);
    pump->is_settling = true;
}

/* Returns true when all that was sent has been taken, or why not is known. */
static bool
step_settling(struct pump *pump, struct fault *fault)
{
    struct joint *joint = &pump->joint;
    if (joint->interrupted)
        return true;
    bool is_far = pump->settling == joint->far;
    enum io result = is_far && joint->far_is_dead
                         ? IO_DONE
                         : settle_step(&pump->settle, pump->settling, joint->now, fault);
    if (result == IO_FAILED)
        joint_fail(joint, fault);
    if (result != IO_DONE || !is_far || !joint->policy->joins_sockets || joint->failed)
        return result != IO_AGAIN;
    struct settle_plan plan = pump->settle.plan;
    plan.end_ms = joint->near->unread_lost ? PEER_END_MS : 0;
    pump->settling = joint->near;
    settle_start(&pump->settle, &plan, joint->now);
    return false;
}

/* Standard output, if the session's end has not closed it: a file may still have something to say. */
static void
close_output(struct joint *joint)
{
    struct fault fault;
    bool is_cut = joint->failed && joint->policy->joins_sockets;
    if (joint->received.state != FLOW_CLOSED && !is_cut && !is_spoilt(joint, &joint->received) &&
        joint->near->ops->end_writing(joint->near, &fault) == IO_FAILED)
        joint_fail(joint, &fault);
}

static void
check_records(struct joint *joint)
{
    uint64_t ambiguous = joint->received.carrier.ambiguous + joint->sent.carrier.ambiguous;
    if (ambiguous == 0)
        return;
    struct fault fault;
    (void)fault_say(&fault, STATUS_CONNECTION, "these --records cannot show where such a message ends",
                    "%" PRIu64 " message%s held the delimiter", ambiguous, ambiguous == 1 ? "" : "s");
    joint_fail(joint, &fault);
}

/* "(sent 20 bytes, 5 of them not acknowledged, 7 more unsent; received 0 bytes)" */
static void
add_counts(const struct joint *joint, struct fault *fault)
{
    const struct transfer *sent = &joint->sent.carrier;
    uint64_t open = joint->far->ops->unsettled(joint->far);
    if (open > sent->given.bytes) /* a kernel that counts its buffers */
        open = sent->given.bytes;
    uint64_t unsent = transfer_left(sent);
    fault_add(fault, " (sent %" PRIu64 " bytes", sent->given.bytes);
    if (open > 0)
        fault_add(fault, ", %" PRIu64 " of them not acknowledged", open);
    if (unsent > 0)
        fault_add(fault, ", %" PRIu64 " more unsent", unsent);
    fault_add(fault, "; received %" PRIu64 " bytes", joint->received.carrier.taken.bytes);
    uint64_t unwritten = transfer_left(&joint->received.carrier);
    if (unwritten > 0)
        fault_add(fault, ", %" PRIu64 " of them not written", unwritten);
    fault_add(fault, ")");
}

static int
start(struct joint *joint, const struct pump_setting *setting, struct fault *fault)
{
    struct observer *observers = setting->observers;
    joint->sent.carrier = (struct transfer){
        .source = joint->near,
        .sink = joint->far,
        .direction = DIRECTION_SENT,
        .records = joint->policy->records,
        .crlf = joint->policy->crlf,
        .by_line = joint->policy->delay_ms > 0,
        .one_by_one = joint->policy->delay_ms > 0,
        .stays_inside =
            !joint->policy->no_splice && !observers && !joint->policy->crlf && joint->policy->delay_ms <= 0,
        .observers = observers,
        .who = setting->who,
    };
    joint->received.carrier = (struct transfer){
        .source = joint->far,
        .sink = joint->near,
        .direction = DIRECTION_RECEIVED,
        .block = (uint64_t)joint->policy->block_size,
        .one_by_one = joint->policy->receive_max > 0,
        .stays_inside = !joint->policy->no_splice && !observers && joint->policy->block_size <= 0 &&
                        joint->policy->receive_max == 0,
        .records = joint->policy->records,
        .observers = observers,
        .who = setting->who,
    };
    if (transfer_start(&joint->sent.carrier, fault) != 0)
        return -1;
    if (transfer_start(&joint->received.carrier, fault) == 0)
        return 0;
    transfer_free(&joint->sent.carrier);
    return -1;
}

struct pump *
pump_start(struct endpoint *near, struct endpoint *far, const struct pump_setting *setting,
           struct fault *fault)
{
    struct pump *pump = malloc(sizeof *pump);
    if (!pump) {
        (void)fault_set(fault, STATUS_LOCAL, "session");
        return NULL;
    }
    int64_t now = deadline_now();
    *pump = (struct pump){
        .started = now,
        .joint = { .near = near,
                   .far = far,
                   .policy = setting->policy,
                   .log = setting->log,
                   .sent = { .name = "sent", .state = near->silent ? FLOW_CLOSED : FLOW_OPEN },
                   .received = { .name = "received", .state = FLOW_OPEN },
                   .now = now,
                   .deadline = setting->deadline,
                   .moved_at = now,
                   .sent_at = now,
                   .input_ended_at = -1,
                   .hurry_until = DEADLINE_NEVER },
    };
    if (start(&pump->joint, setting, fault) == 0)
        return pump;
    free(pump);
    return NULL;
}

bool
pump_step(struct pump *pump, const struct pollfd *polls, int64_t now, struct fault *scratch)
{
    pump->joint.now = now;
    if (!pump->is_settling) {
        if (!step_flows(pump, polls, scratch))
            return false;
        begin_settling(pump);
    }
    pump->is_over = step_settling(pump, scratch);
    return pump->is_over;
}

bool
pump_offer(struct pump *pump, const void *data, size_t size, size_t *put, int64_t now)
{
    struct joint *joint = &pump->joint;
    struct flow *flow = &joint->sent;
    struct fault fault;
    *put = 0;
    if (pump->is_settling || flow->state != FLOW_OPEN)
        return false;
    joint->now = now;
    if (!deadline_passed(flow->write_not_before, joint->now))
        return false;
    enum io result = transfer_pass(&flow->carrier, data, size, put, &fault);
    note_write(joint, flow, result, false, &fault);
    *put = result == IO_DONE ? *put : 0;
    return result == IO_DONE && *put == size;
}

bool
pump_has_failed_reading(const struct pump *pump)
{
    const struct joint *joint = &pump->joint;
    return joint->failed && joint->sent.state == FLOW_CLOSED && joint->received.state == FLOW_OPEN;
}

void
pump_rest(struct pump *pump)
{
    transfer_rest(&pump->joint.sent.carrier);
    transfer_rest(&pump->joint.received.carrier);
}

static void
fill_outcome(const struct pump *pump, struct outcome *outcome)
{
    const struct joint *joint = &pump->joint;
    const struct transfer *received = &joint->received.carrier;
    *outcome = (struct outcome){
        .sent = joint->sent.carrier.given,
        .received = received->taken,
        .started = pump->started,
        .ended = deadline_now(),
        .input_ended = joint->input_ended,
        .untouched = !joint->far->cut && joint->sent.carrier.taken.messages == 0 &&
                     received->taken.messages == 0 && received->taken.bytes == 0,
        .peer_left = pump->peer_left,
    };
}

/* The session has failed: neither end shall take what it has for all there was. */
static void
spoil(struct joint *joint)
{
    struct endpoint *ends[] = { joint->near, joint->far };
    for (int i = 0; i < 2 && joint->policy->joins_sockets; i++)
        if (ends[i]->ops->spoil)
            ends[i]->ops->spoil(ends[i]);
}

int
pump_end(struct pump *pump, struct outcome *outcome, struct fault *fault)
{
    struct joint *joint = &pump->joint;
    bool is_whole = pump->is_over && !joint->interrupted;
    if (is_whole) {
        close_output(joint);
        check_records(joint);
    }
    int result = joint_verdict(joint, fault);
    if (is_whole && result != 0)
        add_counts(joint, fault);
    if (!is_whole || result != 0)
        spoil(joint);
    fill_outcome(pump, outcome);
    transfer_free(&joint->sent.carrier);
    transfer_free(&joint->received.carrier);
    free(pump);
    return result;
}

int
pump_run(struct loop *loop, struct endpoint *near, struct endpoint *far, const struct pump_setting *setting,
         struct outcome *outcome, struct fault *fault)
{
    *outcome = (struct outcome){ .started = deadline_now() };
    struct pump *pump = pump_start(near, far, setting, fault);
    if (!pump)
        return -1;
    struct fault scratch;
    for (;;) {
        struct pollfd polls[PUMP_POLLS_MAX];
        int64_t deadline;
        size_t count = pump_interest(pump, polls, &deadline);
        if (loop_wait(loop, polls, count, deadline, fault) < 0) {
            (void)pump_end(pump, outcome, &scratch);
            return -1;
        }
        if (pump_step(pump, polls, loop->now, &scratch))
            return pump_end(pump, outcome, fault);
    }
}
