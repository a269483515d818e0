#include "pump/pump.h"

#include "base/deadline.h"
#include "base/vigil.h"
#include "pump/carry.h"
#include "pump/ending.h"
#include "pump/joint.h"
#include "pump/settle.h"
#include "pump/talk.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
    bool talks;    /* the short way can be gone */
    bool goes_on;  /* ... and was: what pump_interest has asked for still holds */
    int64_t until; /* what pump_interest has asked for, for pump_step */
    bool awaits_only_input;
    unsigned near_wants, far_wants;
    size_t near_polls, far_polls;
};

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
    pump->near_wants = carry_wants(joint, &joint->sent, &joint->received);
    pump->far_wants = carry_wants(joint, &joint->received, &joint->sent);
    pump->near_polls = joint->near->ops->interest(joint->near, pump->near_wants, polls, &at_once);
    pump->far_polls =
        joint->far->ops->interest(joint->far, pump->far_wants, polls + pump->near_polls, &at_once);
    int64_t next = deadline_sooner(carry_next(joint, &joint->sent), carry_next(joint, &joint->received));
    pump->until = at_once ? joint->now : deadline_sooner(next, ending_next(joint));
    *deadline = pump->until;
    pump->talks = !at_once && talk_is_on(joint);
    return pump->near_polls + pump->far_polls;
}

/* Does what pump_interest has asked for still hold? Then only the time that it named has moved. */
static bool
still_waits(struct pump *pump, int64_t *deadline)
{
    if (pump->goes_on)
        *deadline = pump->until = talk_next(&pump->joint);
    return pump->goes_on;
}

/*
 * Input that is not there yet may be nothing to wait for. Whether it is there is known if it was asked for with that in
 * mind, or if no descriptor tells of it.
 */
static void
end_input(struct pump *pump, unsigned near_ready, struct fault *fault)
{
    struct joint *joint = &pump->joint;
    bool can_be_asked = pump->near_wants & WANT_READ && pump->near_polls == 0;
    if (can_be_asked && ending_awaits_only_input(joint))
        near_ready = joint->near->ops->ready(joint->near, WANT_READ, NULL, 0);
    else if (!pump->awaits_only_input)
        return;
    if (near_ready & READY_READ && !joint->near->person)
        return;
    joint_end_source(joint, &joint->sent);
    carry(joint, &joint->sent, 0, 0, fault);
}

/* Carry both directions as far as they go now. read: already. Returns true when nothing more is to be carried. */
static bool
step_flows(struct pump *pump, const struct pollfd *polls, const struct talk_read *read, struct fault *fault)
{
    struct joint *joint = &pump->joint;
    unsigned near_ready = joint->near->ops->ready(joint->near, pump->near_wants, polls, pump->near_polls);
    const struct pollfd *far_polls =
        pump->near_polls > 0 ? polls + pump->near_polls : polls; /* or NULL: none */
    unsigned far_ready = joint->far->ops->ready(joint->far, pump->far_wants, far_polls, pump->far_polls);
    if (near_ready == 0 && far_ready == 0 && ending_is_due(joint))
        return true;
    near_ready &= ~(read->near ? READY_READ : 0U);
    far_ready &= ~(read->far ? READY_READ : 0U);
    carry(joint, &joint->received, far_ready, near_ready, fault);
    carry(joint, &joint->sent, near_ready, far_ready, fault);
    end_input(pump, near_ready, fault);
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
    pump->talks = false;
}

/* Returns true when all that was sent has been taken, or why not is known. */
static bool
step_settling(struct pump *pump, struct fault *fault)
{
    struct joint *joint = &pump->joint;
    if (joint->interrupted)
        return true;
    bool is_far = pump->settling == joint->far;
    enum io result = is_far && (joint->far_is_dead || joint_close_tells(joint))
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
    struct fault fault FAULT_UNSET;
    bool is_cut = joint->failed && joint->policy->joins_sockets;
    if (joint->received.state != FLOW_CLOSED && !is_cut && !carry_is_spoilt(joint, &joint->received) &&
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

/* What has failed may be the other socket of a relay: whose session was it? */
static void
add_far(const struct joint *joint, struct fault *fault)
{
    if (joint->policy->joins_sockets && strcmp(fault->what, joint->far->name) != 0)
        fault_add(fault, " (for %s)", joint->far->name);
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
        .shelf = setting->shelf,
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
        .shelf = setting->shelf,
    };
    if (transfer_start(&joint->sent.carrier, fault) != 0)
        return -1;
    joint->sent.carrier.shown = setting->shown;
    if (transfer_start(&joint->received.carrier, fault) == 0)
        return 0;
    transfer_free(&joint->sent.carrier);
    return -1;
}

struct pump *
pump_start(struct endpoint *near, struct endpoint *far, const struct pump_setting *setting, int64_t now,
           struct fault *fault)
{
    struct pump *pump = malloc(sizeof *pump);
    if (!pump) {
        (void)fault_set(fault, STATUS_LOCAL, "session");
        return NULL;
    }
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
    struct talk_read read = { false, false };
    pump->joint.now = now;
    pump->goes_on =
        pump->talks && !deadline_passed(pump->until, now) &&
        talk_step(&pump->joint, polls, pump->near_polls, pump->near_polls + pump->far_polls, &read, scratch);
    if (pump->goes_on)
        return false;
    if (!pump->is_settling) {
        if (!step_flows(pump, polls, &read, scratch))
            return false;
        begin_settling(pump);
    }
    pump->is_over = step_settling(pump, scratch);
    return pump->is_over;
}

bool
pump_offer(struct pump *pump, enum direction direction, const void *data, size_t size, size_t *put,
           int64_t now)
{
    struct joint *joint = &pump->joint;
    *put = 0;
    if (pump->is_settling)
        return false;
    joint->now = now;
    return carry_past(joint, direction == DIRECTION_SENT ? &joint->sent : &joint->received, data, size, put);
}

bool
pump_has_heard(const struct pump *pump)
{
    const struct transfer *received = &pump->joint.received.carrier;
    return received->taken.bytes > 0 && !received->is_bulk;
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
        .ended = pump->is_over ? joint->now : deadline_now(),
        .input_ended = joint->input_ended,
        .untouched = !joint->far->cut && joint->sent.carrier.taken.messages == 0 &&
                     received->taken.messages == 0 && received->taken.bytes == 0,
        .peer_left = pump->peer_left,
    };
}

/*
 * The session has failed: neither end shall take what it has for all there was, nor who has sent what could not be written,
 * and was acknowledged, our end for an orderly one.
 */
static void
spoil(struct joint *joint, bool has_lost)
{
    struct endpoint *ends[] = { joint->far, joint->near };
    int count = joint->policy->joins_sockets ? 2 : has_lost ? 1 : 0;
    for (int i = 0; i < count; i++)
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
    bool has_lost = joint_has_lost(joint);
    int result = joint_verdict(joint, fault);
    if (is_whole && result != 0) {
        add_far(joint, fault);
        add_counts(joint, fault);
    }
    if (!is_whole || result != 0) {
        joint->far->unfinished = true;
        spoil(joint, has_lost);
    }
    fill_outcome(pump, outcome);
    transfer_free(&joint->sent.carrier);
    transfer_free(&joint->received.carrier);
    free(joint->sent.gather);
    free(joint->received.gather);
    free(pump);
    return result;
}

int
pump_run(struct loop *loop, struct endpoint *near, struct endpoint *far, const struct pump_setting *setting,
         struct outcome *outcome, struct fault *fault)
{
    *outcome = (struct outcome){ .started = deadline_now() };
    struct pump *pump = pump_start(near, far, setting, outcome->started, fault);
    if (!pump)
        return -1;
    struct fault scratch;
    struct pollfd polls[PUMP_POLLS_MAX];
    size_t count = 0;
    struct vigil vigil = vigil_none;
    int result = 0;
    for (bool is_over = false; !is_over && result == 0;) {
        int64_t deadline;
        if (!still_waits(pump, &deadline)) {
            vigil_end(&vigil);
            count = pump_interest(pump, polls, &deadline);
        }
        result = vigil_wait(&vigil, loop, polls, count, deadline, fault) < 0 ? -1 : 0;
        is_over = result == 0 && pump_step(pump, polls, loop->now, &scratch);
    }
    vigil_end(&vigil);
    return result == 0 ? pump_end(pump, outcome, fault) : (pump_end(pump, outcome, &scratch), -1);
}
