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

/* Have observers see a piece that crosses the far endpoint now. */
static enum io
show(struct transfer *transfer, enum direction now, size_t size, struct fault *fault)
{
    if (!transfer->observers || transfer->direction != now)
        return IO_DONE;
    return transfer_show(transfer, transfer->buffer.data, size, fault) == 0 ? IO_DONE : IO_FAILED;
}

/* Read into the buffer, which is empty. Returns true if it is a piece. */
static bool
take(struct joint *joint, struct flow *flow, struct fault *fault)
{
    struct transfer *transfer = &flow->carrier;
    struct buffer *buffer = &transfer->buffer;
    size_t got;
    enum io result =
        transfer->source->ops->read(transfer->source, buffer->data, buffer->capacity, &got, fault);
    if (result == IO_DONE) {
        transfer->taken.bytes += got;
        transfer->taken.messages++;
        result = show(transfer, DIRECTION_RECEIVED, got, fault);
    }
    if (result != IO_DONE) {
        carry_note_read(joint, flow, result, fault);
        return false;
    }
    joint->moved_at = joint->now;
    buffer->start = 0;
    buffer->end = got;
    transfer->is_bulk = got >= TRANSFER_BULK_SIZE;
    return !transfer->is_bulk;
}

/* Write it. Returns true if all of it has gone out. */
static bool
give(struct joint *joint, struct flow *flow, struct fault *fault)
{
    struct transfer *transfer = &flow->carrier;
    struct buffer *buffer = &transfer->buffer;
    size_t put;
    enum io result = transfer->sink->ops->write(transfer->sink, buffer->data, buffer->end, &put, fault);
    if (result == IO_DONE) {
        transfer->given.bytes += put;
        transfer->given.messages++;
        result = show(transfer, DIRECTION_SENT, put, fault);
    }
    if (result != IO_DONE) {
        carry_note_write(joint, flow, result, false, fault);
        return false;
    }
    if (joint_is_sent(joint, flow))
        joint->sent_at = joint->now;
    if (put < buffer->end) {
        buffer->start = put;
        return false;
    }
    buffer->end = 0;
    return true;
}

/* Returns true if what was read has gone out, and nothing else has come of it. */
static bool
pass(struct joint *joint, struct flow *flow, struct fault *fault)
{
    return take(joint, flow, fault) && give(joint, flow, fault);
}

static bool
is_awake(struct flow *flow)
{
    struct buffer *buffer = &flow->carrier.buffer;
    return buffer->data || buffer_wake(buffer) == 0;
}

bool
talk_step(struct joint *joint, const struct pollfd *polls, size_t near_count, size_t count,
          struct talk_read *read, struct fault *fault)
{
    bool near_has = false, far_has = false;
    for (size_t i = 0; i < count; i++) {
        if (polls[i].revents == 0)
            continue;
        if (polls[i].revents != POLLIN || (i > 0 && i != near_count)) /* endpoint.h, interest */
            return false;
        if (i < near_count)
            near_has = true;
        else
            far_has = true;
    }
    if (!near_has && !far_has) /* the time has come for something */
        return false;
    if (far_has) {
        read->far = is_awake(&joint->received);
        if (!read->far || !pass(joint, &joint->received, fault))
            return false;
    }
    if (!near_has)
        return true;
    read->near = is_awake(&joint->sent);
    return read->near && pass(joint, &joint->sent, fault);
}
