#include "pump/pump.h"

#include "base/deadline.h"
#include "pump/flow.h"
#include "pump/settle.h"
#include "pump/transfer.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    HURRY_MS = 500,          /* this side has failed: so long for what is still to be sent */
    SETTLE_MS = 2000,        /* the peer has ended, or our time is up: so long for the last acknowledgements */
    SEND_ONLY_END_MS = 1000, /* --send-only: so long for the peer's own end once all has arrived */
};

/* One direction: the state that flow_next changes, and what carries the bytes. */
struct flow {
    const char *name; /* "sent", "received": for -vv */
    enum flow_state state;
    struct transfer carrier;
    int64_t write_not_before; /* pauses: --delay, a full interface queue */
};

struct pump {
    struct loop *loop;
    struct endpoint *near, *far;
    const struct pump_policy *policy;
    const struct log *log;
    struct flow sent, received;
    int64_t now;
    int64_t deadline;       /* of it all */
    int64_t moved_at;       /* the last byte in either direction */
    int64_t message_at;     /* the last read or write at the far end */
    int64_t input_ended_at; /* -1: it has not */
    int64_t hurry_until;    /* DEADLINE_NEVER: no hurry */
    bool input_ended;       /* by itself, not by our policy */
    bool failed;
    bool far_is_dead; /* nothing more can be said over the socket, or no time is left for it */
    struct fault *fault;
};

static void
advance(struct pump *pump, struct flow *flow, enum flow_event event)
{
    enum flow_state next = flow_next(flow->state, event);
    if (next == flow->state)
        return;
    log_line(pump->log, LOG_STATE, "%s: %s -> %s (%s)", flow->name, flow_state_name(flow->state),
             flow_state_name(next), flow_event_name(event));
    flow->state = next;
}

/* The first fault is the one that is told; what follows from it is not. */
static void
fail(struct pump *pump, const struct fault *fault)
{
    if (!pump->failed)
        *pump->fault = *fault;
    pump->failed = true;
}

static bool
is_sent(const struct pump *pump, const struct flow *flow)
{
    return flow == &pump->sent;
}

/* The source is at its end, by itself or by our policy: what is held goes out, then the sink is told. */
static void
end_source(struct pump *pump, struct flow *flow)
{
    if (flow->state != FLOW_OPEN)
        return;
    struct fault fault;
    if (transfer_end(&flow->carrier, &fault) == IO_FAILED)
        fail(pump, &fault);
    if (is_sent(pump, flow))
        pump->input_ended_at = pump->now;
    advance(pump, flow, FLOW_SOURCE_ENDED);
}

/* This side cannot go on: send and write out what is held, soon, and go. */
static void
hurry(struct pump *pump)
{
    pump->hurry_until = deadline_sooner(pump->hurry_until, deadline_after(pump->now, HURRY_MS));
    end_source(pump, &pump->sent);
    end_source(pump, &pump->received);
}

/* What was read and cannot go out any more is a loss; an orderly close with nothing left is not. */
static void
lose_sink(struct pump *pump, struct flow *flow, const struct fault *why)
{
    struct fault fault;
    if (why) {
        fail(pump, why);
    } else if (!transfer_is_empty(&flow->carrier)) {
        (void)fault_say(&fault, STATUS_CONNECTION, "closed by the peer", "%s", flow->carrier.sink->name);
        fail(pump, &fault);
    }
    advance(pump, flow, FLOW_SINK_LOST);
    if (!is_sent(pump, flow) || (why && why->status == STATUS_LOCAL)) {
        hurry(pump);
        return;
    }
    pump->far_is_dead = true;
    if (!pump->far->ends) /* nothing else would tell the other direction */
        end_source(pump, &pump->received);
}

static void
note_moved(struct pump *pump, const struct endpoint *endpoint)
{
    pump->moved_at = pump->now;
    if (endpoint == pump->far)
        pump->message_at = pump->now;
}

static bool
may_read(const struct flow *flow)
{
    return flow->state == FLOW_OPEN && transfer_has_room(&flow->carrier);
}

static bool
may_write(const struct pump *pump, const struct flow *flow)
{
    if (!deadline_passed(flow->write_not_before, pump->now))
        return false;
    return flow->state == FLOW_ENDING ||
           ((flow->state == FLOW_OPEN || flow->state == FLOW_DRAINING) && transfer_has_next(&flow->carrier));
}

/* What was read before the failure still goes out. */
static void
fail_source(struct pump *pump, struct flow *flow, const struct fault *why)
{
    fail(pump, why);
    if (is_sent(pump, flow)) {
        pump->input_ended = true;
        end_source(pump, flow);
    } else if (why->status == STATUS_LOCAL) { /* an observer's file */
        hurry(pump);
    } else {
        pump->far_is_dead = true;
        advance(pump, &pump->sent, FLOW_SINK_LOST);
        end_source(pump, flow);
    }
}

static void
read_source(struct pump *pump, struct flow *flow)
{
    struct fault fault;
    switch (transfer_read(&flow->carrier, &fault)) {
    case IO_DONE:
        note_moved(pump, flow->carrier.source);
        break;
    case IO_FAILED:
        fail_source(pump, flow, &fault);
        break;
    case IO_ENDED:
        pump->input_ended = pump->input_ended || is_sent(pump, flow);
        end_source(pump, flow);
        break;
    case IO_AGAIN:
    case IO_PAUSE:
    case IO_LOST:
        break;
    }
}

static void
write_sink(struct pump *pump, struct flow *flow)
{
    struct fault fault;
    bool unit_ended = false;
    switch (transfer_write(&flow->carrier, &unit_ended, &fault)) {
    case IO_DONE:
        note_moved(pump, flow->carrier.sink);
        if (is_sent(pump, flow) && unit_ended && pump->policy->delay_ms > 0)
            flow->write_not_before = deadline_after(pump->now, pump->policy->delay_ms);
        break;
    case IO_PAUSE:
        flow->write_not_before = deadline_after(pump->now, ENDPOINT_PAUSE_MS);
        break;
    case IO_LOST:
        lose_sink(pump, flow, NULL);
        break;
    case IO_FAILED:
        lose_sink(pump, flow, &fault);
        break;
    case IO_AGAIN:
    case IO_ENDED:
        break;
    }
}

/* Tell the sink that no more comes. */
static void
tell_sink(struct pump *pump, struct flow *flow)
{
    struct fault fault;
    switch (flow->carrier.sink->ops->end_writing(flow->carrier.sink, &fault)) {
    case IO_DONE:
    case IO_ENDED:
        advance(pump, flow, FLOW_SINK_TOLD);
        break;
    case IO_PAUSE:
        flow->write_not_before = deadline_after(pump->now, ENDPOINT_PAUSE_MS);
        break;
    case IO_LOST:
        lose_sink(pump, flow, NULL);
        break;
    case IO_FAILED:
        lose_sink(pump, flow, &fault);
        break;
    case IO_AGAIN:
        break;
    }
}

/* Writing has become pointless, says poll: in order, or why? */
static void
check_sink(struct pump *pump, struct flow *flow)
{
    struct fault fault;
    enum io why = flow->carrier.sink->ops->lost(flow->carrier.sink, &fault);
    if (why == IO_LOST)
        lose_sink(pump, flow, NULL);
    else if (why == IO_FAILED)
        lose_sink(pump, flow, &fault);
}

/* Carry one direction as far as it goes now: one read, one write. */
static void
carry(struct pump *pump, struct flow *flow, unsigned source_ready, unsigned sink_ready)
{
    if (source_ready & READY_READ && may_read(flow))
        read_source(pump, flow);
    if (flow->state != FLOW_ENDING && may_write(pump, flow))
        write_sink(pump, flow);
    if (sink_ready & READY_LOST && flow->state != FLOW_CLOSED)
        check_sink(pump, flow);
    if (flow->state == FLOW_DRAINING && !transfer_has_next(&flow->carrier))
        advance(pump, flow, FLOW_EMPTIED);
    if (flow->state == FLOW_ENDING && may_write(pump, flow))
        tell_sink(pump, flow);
}

/* What to ask of an endpoint that is the source of one flow and the sink of the other. */
static unsigned
wants(const struct pump *pump, const struct flow *from, const struct flow *to)
{
    unsigned wants = 0;
    if (may_read(from))
        wants |= WANT_READ;
    if (to->state != FLOW_CLOSED)
        wants |= may_write(pump, to) ? WANT_WRITE : WANT_NOTICE;
    return wants;
}

/* With the peer gone and nobody but us to please, input that is not there yet is not waited for. */
static bool
waits_for_input_only(const struct pump *pump)
{
    return pump->sent.state == FLOW_OPEN && pump->received.state == FLOW_CLOSED &&
           (pump->policy->ends_with_peer || pump->near->person) && transfer_has_room(&pump->sent.carrier);
}

/* The next point in time at which something is to be done without any descriptor being ready. */
static int64_t
next_deadline(const struct pump *pump)
{
    int64_t next = deadline_sooner(pump->deadline, pump->hurry_until);
    next = deadline_sooner(next, deadline_after(pump->moved_at, pump->policy->idle_ms));
    if (pump->input_ended_at >= 0)
        next = deadline_sooner(next, deadline_after(pump->input_ended_at, pump->policy->quit_ms));
    if (!pump->far->ends && pump->sent.state == FLOW_CLOSED && pump->input_ended_at >= 0 &&
        transfer_is_empty(&pump->received.carrier))
        next = deadline_sooner(next, deadline_after(pump->message_at, pump->policy->linger_ms));
    const struct flow *flows[] = { &pump->sent, &pump->received };
    for (int i = 0; i < 2; i++)
        if (flows[i]->state != FLOW_CLOSED && !deadline_passed(flows[i]->write_not_before, pump->now))
            next = deadline_sooner(next, flows[i]->write_not_before);
    if (waits_for_input_only(pump))
        next = pump->now;
    return next;
}

static void
time_out(struct pump *pump, const char *why)
{
    struct fault fault;
    (void)fault_say(&fault, STATUS_TIMEOUT, why, "%s", pump->far->name);
    fail(pump, &fault);
    pump->far_is_dead = true;
}

/* Datagrams have no end: the session is over some time after the last one, once our input has ended. */
static bool
has_lingered(const struct pump *pump)
{
    return !pump->far->ends && pump->sent.state == FLOW_CLOSED && pump->input_ended_at >= 0 &&
           deadline_passed(deadline_after(pump->message_at, pump->policy->linger_ms), pump->now) &&
           transfer_is_empty(&pump->received.carrier);
}

/* The ends that come by the clock. Returns true when the session is over. */
static bool
clock_ends(struct pump *pump)
{
    const struct pump_policy *policy = pump->policy;
    if (deadline_passed(pump->deadline, pump->now)) {
        time_out(pump, "timed out: the time for all of it is over");
        return true;
    }
    if (deadline_passed(pump->hurry_until, pump->now) || has_lingered(pump))
        return true;
    if (pump->input_ended_at >= 0 &&
        deadline_passed(deadline_after(pump->input_ended_at, policy->quit_ms), pump->now)) {
        if (!transfer_is_empty(&pump->sent.carrier) || !transfer_is_empty(&pump->received.carrier))
            time_out(pump, "timed out: the time after the end of input is over");
        return true;
    }
    if (deadline_passed(deadline_after(pump->moved_at, policy->idle_ms), pump->now)) {
        char why[64];
        (void)snprintf(why, sizeof why, "timed out: idle for %g s", (double)policy->idle_ms / 1000);
        time_out(pump, why);
        return true;
    }
    return false;
}

/* The ends that come by what has happened. Returns true when the session is over. */
static bool
state_ends(struct pump *pump)
{
    const struct pump_policy *policy = pump->policy;
    if (policy->receive_max > 0 && pump->received.carrier.taken.messages >= policy->receive_max) {
        end_source(pump, &pump->received);
        end_source(pump, &pump->sent);
    }
    return pump->sent.state == FLOW_CLOSED &&
           (pump->received.state == FLOW_CLOSED || policy->ends_with_input);
}

/* Wait for either endpoint. Returns -1 when a signal asks us to end. */
static int
wait_ready(struct pump *pump, unsigned *near_ready, unsigned *far_ready)
{
    struct pollfd polls[2 * ENDPOINT_POLLS_MAX];
    bool at_once = false;
    unsigned near_wants = wants(pump, &pump->sent, &pump->received);
    unsigned far_wants = wants(pump, &pump->received, &pump->sent);
    size_t near_polls = pump->near->ops->interest(pump->near, near_wants, polls, &at_once);
    struct pollfd *far_first = polls + near_polls;
    size_t far_polls = pump->far->ops->interest(pump->far, far_wants, far_first, &at_once);

    int64_t deadline = at_once ? pump->now : next_deadline(pump);
    if (loop_wait(pump->loop, polls, near_polls + far_polls, deadline, pump->fault) < 0)
        return -1;
    pump->now = deadline_now();
    *near_ready = pump->near->ops->ready(pump->near, near_wants, polls, near_polls);
    *far_ready = pump->far->ops->ready(pump->far, far_wants, far_first, far_polls);
    return 0;
}

static int
run_flows(struct pump *pump)
{
    for (;;) {
        bool only_input = waits_for_input_only(pump);
        unsigned near_ready, far_ready;
        if (wait_ready(pump, &near_ready, &far_ready) != 0)
            return -1;
        carry(pump, &pump->received, far_ready, near_ready);
        carry(pump, &pump->sent, near_ready, far_ready);
        if (only_input && (pump->near->person || !(near_ready & READY_READ))) {
            end_source(pump, &pump->sent);
            carry(pump, &pump->sent, 0, far_ready);
        }
        if (state_ends(pump) || clock_ends(pump))
            return 0;
    }
}

/* All that was sent has been taken, or why not. Returns -1 when a signal asks us to end. */
static int
settle_far(struct pump *pump)
{
    if (pump->far_is_dead)
        return 0;
    bool patient = pump->policy->ends_with_input && pump->policy->quit_ms < 0;
    struct settle_plan plan = {
        .peer_ended = pump->far->ends && pump->received.state == FLOW_CLOSED && !pump->failed,
        .deadline = deadline_sooner(pump->deadline, pump->hurry_until),
        .idle_ms = pump->policy->idle_ms,
        .end_ms = pump->policy->ends_with_input ? SEND_ONLY_END_MS : 0,
    };
    if (!patient)
        plan.deadline = deadline_sooner(plan.deadline, deadline_after(pump->now, SETTLE_MS));
    struct fault fault;
    if (settle(pump->loop, pump->far, &plan, &fault) == 0)
        return 0;
    if (fault.signal) {
        *pump->fault = fault;
        return -1;
    }
    fail(pump, &fault);
    return 0;
}

/* Standard output, if the session's end has not closed it: a file may still have something to say. */
static void
close_output(struct pump *pump)
{
    struct fault fault;
    if (pump->received.state != FLOW_CLOSED &&
        pump->near->ops->end_writing(pump->near, &fault) == IO_FAILED)
        fail(pump, &fault);
}

static void
check_records(struct pump *pump)
{
    uint64_t ambiguous = pump->received.carrier.ambiguous;
    if (ambiguous == 0)
        return;
    struct fault fault;
    (void)fault_say(&fault, STATUS_CONNECTION, "these --records cannot show where such a message ends",
                    "%" PRIu64 " message%s held the delimiter", ambiguous, ambiguous == 1 ? "" : "s");
    fail(pump, &fault);
}

/* "(sent 20 bytes, 5 of them not acknowledged, 7 more unsent; received 0 bytes)" */
static void
add_counts(struct pump *pump)
{
    const struct transfer *sent = &pump->sent.carrier;
    uint64_t open = pump->far->ops->unsettled(pump->far);
    size_t unsent = buffer_size(&sent->buffer);
    fault_add(pump->fault, " (sent %" PRIu64 " bytes", sent->given.bytes);
    if (open > 0)
        fault_add(pump->fault, ", %" PRIu64 " of them not acknowledged", open);
    if (unsent > 0)
        fault_add(pump->fault, ", %zu more unsent", unsent);
    fault_add(pump->fault, "; received %" PRIu64 " bytes", pump->received.carrier.taken.bytes);
    size_t unwritten = buffer_size(&pump->received.carrier.buffer);
    if (unwritten > 0)
        fault_add(pump->fault, ", %zu of them not written", unwritten);
    fault_add(pump->fault, ")");
}

static int
start(struct pump *pump, struct observer *observers, struct fault *fault)
{
    pump->sent.carrier = (struct transfer){
        .source = pump->near,
        .sink = pump->far,
        .direction = DIRECTION_SENT,
        .records = pump->policy->records,
        .crlf = pump->policy->crlf,
        .by_line = pump->policy->delay_ms > 0,
        .observers = observers,
    };
    pump->received.carrier = (struct transfer){
        .source = pump->far,
        .sink = pump->near,
        .direction = DIRECTION_RECEIVED,
        .records = pump->policy->records,
        .observers = observers,
    };
    if (transfer_start(&pump->sent.carrier, fault) != 0)
        return -1;
    if (transfer_start(&pump->received.carrier, fault) == 0)
        return 0;
    transfer_free(&pump->sent.carrier);
    return -1;
}

int
pump_run(struct loop *loop, struct endpoint *near, struct endpoint *far, const struct pump_policy *policy,
         int64_t deadline, struct observer *observers, const struct log *log, struct outcome *outcome,
         struct fault *fault)
{
    int64_t now = deadline_now();
    struct pump pump = {
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
        .message_at = now,
        .input_ended_at = -1,
        .hurry_until = DEADLINE_NEVER,
        .fault = fault,
    };
    *outcome = (struct outcome){ .started = now };
    if (start(&pump, observers, fault) != 0)
        return -1;
    bool interrupted = run_flows(&pump) != 0 || settle_far(&pump) != 0;
    if (!interrupted) {
        close_output(&pump);
        check_records(&pump);
        if (pump.failed)
            add_counts(&pump);
    }
    outcome->sent = pump.sent.carrier.given;
    outcome->received = pump.received.carrier.taken;
    outcome->ended = deadline_now();
    outcome->input_ended = pump.input_ended;
    transfer_free(&pump.sent.carrier);
    transfer_free(&pump.received.carrier);
    return interrupted || pump.failed ? -1 : 0;
}
