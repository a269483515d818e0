#include "pump/zero_copy.h"

#include <errno.h>

void
zero_copy_begin(struct transfer *transfer)
{
    transfer->splice = splice_plan(transfer->source->read_fd, transfer->sink->write_fd);
    transfer->may_splice = transfer->splice.way != SPLICE_NONE && splice_begin(&transfer->splice) == 0;
}

void
zero_copy_start(struct transfer *transfer, bool is_allowed)
{
    transfer->is_bulk = transfer->asks_source = false;
    transfer->source_error = 0;
    transfer->splice = splice_none;
    transfer->may_splice = is_allowed && transfer->source->read_fd >= 0 && transfer->sink->write_fd >= 0;
    if (transfer->may_splice && transfer->source->reads_file)
        zero_copy_begin(transfer);
}

/* The source itself has to be asked. Returns false, or true where it has been told already why it failed. */
static bool
ask_source(struct transfer *transfer, enum io *result, struct fault *fault)
{
    int error = transfer->source_error;
    transfer->source_error = 0;
    transfer->asks_source = false;
    if (error)
        *result = transfer->source->ops->broke(transfer->source, false, error, fault);
    return error != 0;
}

bool
zero_copy_read(struct transfer *transfer, enum io *result, struct fault *fault)
{
    size_t moved;
    if (transfer->asks_source)
        return ask_source(transfer, result, fault);
    *result = IO_AGAIN;
    switch (splice_fill(&transfer->splice, &moved)) {
    case SPLICE_MOVED:
        transfer->taken.bytes += moved;
        transfer->taken.messages += moved > 0;
        *result = IO_DONE;
        break;
    case SPLICE_SOURCE_FAILED:
        *result = transfer->source->ops->broke(transfer->source, false, errno, fault);
        break;
    case SPLICE_ASK:
        return ask_source(transfer, result, fault);
    case SPLICE_AGAIN:
    case SPLICE_REFUSED:
    case SPLICE_SINK_FAILED:
        break;
    }
    return true;
}

enum io
zero_copy_write(struct transfer *transfer, struct fault *fault)
{
    size_t moved;
    switch (splice_drain(&transfer->splice, &moved)) {
    case SPLICE_MOVED:
        transfer->given.bytes += moved;
        transfer->given.messages++;
        if (transfer->splice.way != SPLICE_PIPED) {
            transfer->taken.bytes += moved;
            transfer->taken.messages++;
        }
        return IO_DONE;
    case SPLICE_SINK_FAILED:
        return transfer->sink->ops->broke(transfer->sink, true, errno, fault);
    case SPLICE_SOURCE_FAILED:
        transfer->source_error = errno;
        transfer->asks_source = true;
        break;
    case SPLICE_ASK:
        transfer->asks_source = true;
        break;
    case SPLICE_AGAIN:
    case SPLICE_REFUSED:
        break;
    }
    return IO_AGAIN;
}

int
zero_copy_rescue(struct transfer *transfer, struct fault *fault)
{
    size_t room;
    if (buffer_wake(&transfer->buffer) != 0)
        return fault_set(fault, STATUS_LOCAL, "buffer");
    char *data = buffer_room(&transfer->buffer, transfer->buffer.capacity, &room);
    buffer_filled(&transfer->buffer, splice_rescue(&transfer->splice, data, room));
    return 0;
}
