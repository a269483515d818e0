#include "pump/transfer.h"

#include "pump/crlf.h"
#include "pump/message.h"
#include "pump/transfer_unit.h"
#include "pump/zero_copy.h"
#include <string.h>

enum {
    FIRST_SIZE = 32 * 1024, /* of bytes, until it is known that they are many: the heap has it at once */
    STREAM_SIZE = 256 * 1024,
    MESSAGE_SIZE = TRANSFER_MESSAGE_SIZE,
    HEX_SIZE = 3 * MESSAGE_SIZE, /* two digits a byte, and blanks between */
    CACHE_LINE = 64,             /* a message is read to the beginning of one: it is copied faster */
};

_Static_assert((int)STREAM_SIZE <= (int)TRANSFER_HELD_MAX, "a stream holds more than it says");
_Static_assert((int)HEX_SIZE > (int)RECORD_HEX_LINE_MAX, "a line of hex does not fit");

static bool
is_plain(const struct transfer *transfer)
{
    bool is_changed = transfer->crlf || transfer->by_line || transfer->one_by_one || transfer->block > 0;
    return !is_changed && !transfer_takes_messages(transfer) && !transfer_gives_messages(transfer) &&
           transfer->source->read_fd >= 0 && transfer->sink->write_fd >= 0;
}

int
transfer_start(struct transfer *transfer, struct fault *fault)
{
    bool messages = transfer_takes_messages(transfer) || transfer_gives_messages(transfer);
    transfer->after_cr = transfer->source_ended = transfer->holds_message = transfer->is_unseen = false;
    transfer->found = RECORD_NEEDS_MORE;
    transfer->taken = transfer->given = (struct totals){ 0 };
    transfer->ambiguous = transfer->shown = 0;
    transfer->is_plain = is_plain(transfer);
    size_t size = transfer->records.kind == RECORD_HEX ? HEX_SIZE : MESSAGE_SIZE + CACHE_LINE;
    transfer->buffer = (struct buffer){
        .capacity = transfer->block > 0 ? STREAM_SIZE : FIRST_SIZE, /* of bytes: the first read takes it */
        .shelf = transfer->shelf,
    };
    if (messages && buffer_new(&transfer->buffer, size, transfer->shelf) != 0)
        return fault_set(fault, STATUS_LOCAL, "buffer");
    zero_copy_start(transfer, transfer->stays_inside && !messages);
    if (message_start(transfer) == 0)
        return 0;
    (void)fault_set(fault, STATUS_LOCAL, "buffer");
    transfer_free(transfer);
    return -1;
}

void
transfer_finish(struct transfer *transfer)
{
    if (transfer->splice.begun)
        splice_end(&transfer->splice);
}

void
transfer_rest(struct transfer *transfer)
{
    if (buffer_size(&transfer->buffer) == 0 && !transfer->holds_message && !message_is_held(transfer))
        buffer_rest(&transfer->buffer);
}

void
transfer_free(struct transfer *transfer)
{
    transfer_finish(transfer);
    buffer_free(&transfer->buffer);
    message_stop(transfer);
}

/* How far it is from a place in the stream to the end of its block. */
static size_t
block_rest(const struct transfer *transfer, uint64_t place)
{
    return (size_t)(transfer->block - place % transfer->block);
}

/* For a read: much at a time, so that what is held is little by then, as it may have to be moved to the front. */
static size_t
room_at_least(const struct transfer *transfer)
{
    return transfer->buffer.capacity - transfer->buffer.capacity / 4;
}

/* What is not whole yet is held, and may need more than there is room for otherwise. A line feed may become two bytes. */
static size_t
room_needed(const struct transfer *transfer)
{
    if (transfer_cuts(transfer) && transfer->found == RECORD_NEEDS_MORE)
        return 2;
    if (transfer->block > 0 && !transfer_finds_next(transfer))
        return block_rest(transfer, transfer->taken.bytes);
    return room_at_least(transfer);
}

bool
transfer_has_room(const struct transfer *transfer)
{
    if (transfer_holds_one(transfer))
        return transfer_is_empty(transfer);
    if (zero_copy_is_on(transfer))
        return buffer_size(&transfer->buffer) == 0 && splice_has_room(&transfer->splice);
    if (zero_copy_is_due(transfer)) /* when what is held has gone out */
        return buffer_size(&transfer->buffer) == 0;
    return transfer->buffer.capacity - buffer_size(&transfer->buffer) >= room_needed(transfer);
}

bool
transfer_finds_next(const struct transfer *transfer)
{
    if (transfer_cuts(transfer))
        return transfer->found == RECORD_FOUND;
    if (transfer->block > 0 && !transfer->source_ended)
        return buffer_size(&transfer->buffer) >= block_rest(transfer, transfer->given.bytes);
    if (zero_copy_is_on(transfer) && splice_has_next(&transfer->splice))
        return true;
    return !transfer_is_empty(transfer);
}

uint64_t
transfer_left(const struct transfer *transfer)
{
    return buffer_size(&transfer->buffer) + splice_left(&transfer->splice) + message_held(transfer);
}

bool
transfer_is_empty(const struct transfer *transfer)
{
    return !transfer->holds_message && !message_is_held(transfer) &&
           buffer_size(&transfer->buffer) + splice_left(&transfer->splice) == 0;
}

int
transfer_show(struct transfer *transfer, const void *data, size_t size, struct fault *fault)
{
    const struct sight sight = {
        .direction = transfer->direction,
        .who = transfer->who,
        .offset = transfer->shown,
        .data = data,
        .size = size,
    };
    transfer->shown += size;
    if (observer_show(transfer->observers, &sight, fault) == 0)
        return 0;
    transfer->is_unseen = true;
    return -1;
}

static enum io
tell_bad(const struct transfer *transfer, struct fault *fault)
{
    char problem[sizeof fault->why];
    bool is_socket = transfer->source->socket >= 0;
    record_explain(&transfer->next, problem, sizeof problem);
    (void)fault_say(fault, is_socket ? STATUS_CONNECTION : STATUS_LOCAL, problem, "%s",
                    is_socket ? transfer->source->name : "standard input");
    return IO_FAILED;
}

/* Look for the next record in what is held, unless it has been found. */
static enum io
find_next(struct transfer *transfer, struct fault *fault)
{
    if (!transfer_cuts(transfer) || transfer->found == RECORD_FOUND)
        return IO_DONE;
    transfer->found =
        record_find(&transfer->records, buffer_data(&transfer->buffer), buffer_size(&transfer->buffer),
                    transfer->source_ended, transfer_sink_max(transfer), &transfer->next);
    char *begin = transfer->buffer.data + transfer->buffer.start;
    if (transfer->found == RECORD_FOUND &&
        record_unwrap(&transfer->records, begin, transfer_sink_max(transfer), &transfer->next) != 0)
        transfer->found = RECORD_BAD;
    return transfer->found == RECORD_BAD ? tell_bad(transfer, fault) : IO_DONE;
}

/* How much of the room one read may fill. */
static size_t
read_limit(const struct transfer *transfer, size_t room)
{
    if (!transfer_takes_messages(transfer) && transfer_gives_messages(transfer) && !transfer_cuts(transfer)) {
        room = transfer->crlf ? transfer_read_as_message(transfer) / 2 : transfer_read_as_message(transfer);
    } else if (transfer->crlf) {
        room /= 2;
    }
    if (transfer->block > 0 && room > block_rest(transfer, transfer->taken.bytes))
        room = block_rest(transfer, transfer->taken.bytes);
    return room;
}

/* Mark up the message of `size` bytes that was just read, so that bytes can carry it. */
static enum io
wrap(struct transfer *transfer, char *payload, size_t size, struct fault *fault)
{
    char *begin;
    size_t whole;
    bool ambiguous;
    char problem[sizeof fault->why];
    if (record_wrap(&transfer->records, payload, size, &begin, &whole, &ambiguous, problem, sizeof problem)) {
        (void)fault_say(fault, STATUS_CONNECTION, problem, "%s", transfer->source->name);
        return IO_FAILED;
    }
    transfer->ambiguous += ambiguous;
    transfer->buffer.start = (size_t)(begin - transfer->buffer.data);
    transfer->buffer.end = transfer->buffer.start + whole;
    if (whole == 0)
        transfer->buffer.start = transfer->buffer.end = 0;
    return IO_DONE;
}

/* One message into the empty buffer. */
static enum io
read_message(struct transfer *transfer, struct fault *fault)
{
    size_t room = MESSAGE_SIZE - RECORD_PREFIX_MAX - RECORD_SUFFIX_MAX;
    size_t prefix = transfer_gives_messages(transfer) ? 0 : record_prefix(&transfer->records, room);
    size_t before = (prefix + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    char *payload = transfer->buffer.data + before;
    size_t got;
    enum io result = transfer->source->ops->read(transfer->source, payload, room, &got, fault);
    if (result != IO_DONE)
        return result;
    transfer->taken.bytes += got;
    transfer->taken.messages++;
    if (transfer->direction == DIRECTION_RECEIVED && transfer_show(transfer, payload, got, fault) != 0)
        return IO_FAILED;
    if (!transfer_gives_messages(transfer))
        return wrap(transfer, payload, got, fault);
    transfer->buffer.start = before;
    transfer->buffer.end = before + got;
    transfer->holds_message = true;
    return IO_DONE;
}

static enum io
read_bytes(struct transfer *transfer, struct fault *fault)
{
    size_t room;
    char *data = buffer_room(&transfer->buffer, room_at_least(transfer), &room);
    size_t got, most = read_limit(transfer, room);
    enum io result = transfer->source->ops->read(transfer->source, data, most, &got, fault);
    if (result != IO_DONE)
        return result;
    transfer->is_bulk = transfer->is_bulk || got >= TRANSFER_BULK_SIZE || got == most;
    transfer->taken.bytes += got;
    if (transfer->block == 0 || transfer->taken.bytes % transfer->block == 0)
        transfer->taken.messages++; /* a block counts as one read, however many it took */
    if (transfer->direction == DIRECTION_RECEIVED && transfer_show(transfer, data, got, fault) != 0)
        return IO_FAILED;
    if (transfer->crlf)
        got = crlf_expand(data, got, &transfer->after_cr);
    buffer_filled(&transfer->buffer, got);
    transfer->holds_message = transfer_holds_one(transfer);
    return find_next(transfer, fault);
}

enum io
transfer_read(struct transfer *transfer, struct fault *fault)
{
    enum io result;
    if (zero_copy_is_on(transfer) && zero_copy_read(transfer, &result, fault))
        return result;
    if (transfer->is_bulk && transfer->buffer.capacity < STREAM_SIZE && buffer_size(&transfer->buffer) == 0 &&
        !zero_copy_is_on(transfer))
        buffer_resize(&transfer->buffer, STREAM_SIZE);
    if (buffer_wake(&transfer->buffer) != 0) {
        (void)fault_set(fault, STATUS_LOCAL, "buffer");
        return IO_FAILED;
    }
    if (transfer->batch)
        return message_read(transfer, fault);
    return transfer_takes_messages(transfer) ? read_message(transfer, fault) : read_bytes(transfer, fault);
}

enum io
transfer_end(struct transfer *transfer, struct fault *fault)
{
    transfer->source_ended = true;
    splice_source_ended(&transfer->splice);
    return find_next(transfer, fault);
}

/* What the next write takes: a record's payload, one line, or all there is. */
static size_t
next_write(const struct transfer *transfer, const char **data)
{
    *data = buffer_data(&transfer->buffer);
    size_t size = buffer_size(&transfer->buffer);
    if (transfer_cuts(transfer)) {
        *data += transfer->next.skip;
        return transfer->next.size;
    }
    if (transfer->block > 0 && size > block_rest(transfer, transfer->given.bytes))
        size = block_rest(transfer, transfer->given.bytes);
    if (!transfer->by_line || transfer_gives_messages(transfer))
        return size;
    const char *newline = memchr(*data, '\n', size);
    return newline ? (size_t)(newline - *data) + 1 : size;
}

/* Several messages at once. */
static enum io
write_messages(struct transfer *transfer, struct fault *fault)
{
    enum io result = message_send(transfer, fault);
    if (result != IO_DONE)
        return result;
    transfer->found = RECORD_NEEDS_MORE;
    return find_next(transfer, fault);
}

static enum io
write_buffer(struct transfer *transfer, bool *unit_ended, struct fault *fault)
{
    const char *data;
    size_t size = next_write(transfer, &data);
    size_t put;
    enum io result = transfer->sink->ops->write(transfer->sink, data, size, &put, fault);
    if (result != IO_DONE)
        return result;
    *unit_ended = transfer_gives_messages(transfer) || (put == size && put > 0 && data[put - 1] == '\n');
    transfer->given.bytes += put;
    transfer->given.messages++;
    bool is_shown = transfer->direction != DIRECTION_SENT || transfer_show(transfer, data, put, fault) == 0;
    buffer_taken(&transfer->buffer, transfer_cuts(transfer) ? transfer->next.whole : put);
    if (!is_shown)
        return IO_FAILED;
    message_fill(transfer);
    transfer->found = RECORD_NEEDS_MORE;
    transfer->holds_message = false;
    if (buffer_size(&transfer->buffer) == 0 && zero_copy_is_due(transfer))
        zero_copy_begin(transfer);
    return find_next(transfer, fault);
}

enum io
transfer_write(struct transfer *transfer, bool *unit_ended, struct fault *fault)
{
    if (message_is_direct(transfer)) {
        enum io result = message_write_direct(transfer, fault);
        message_fill(transfer);
        return result;
    }
    if (message_sends(transfer)) {
        *unit_ended = true;
        return write_messages(transfer, fault);
    }
    if (zero_copy_is_on(transfer) && buffer_size(&transfer->buffer) == 0) {
        if (!transfer->splice.refused)
            return zero_copy_write(transfer, fault);
        if (zero_copy_rescue(transfer, fault) != 0)
            return IO_FAILED;
    }
    return write_buffer(transfer, unit_ended, fault);
}

enum io
transfer_pass(struct transfer *transfer, const void *data, size_t size, size_t *put, struct fault *fault)
{
    bool is_plain = !transfer->crlf && !transfer->by_line && transfer->block == 0 &&
                    !zero_copy_is_on(transfer) &&
                    transfer_takes_messages(transfer) == transfer_gives_messages(transfer);
    if (!is_plain || !transfer_is_empty(transfer))
        return IO_AGAIN;
    enum io result = transfer->sink->ops->write(transfer->sink, data, size, put, fault);
    if (result != IO_DONE)
        return result;
    transfer->taken.bytes += *put;
    transfer->taken.messages++;
    transfer->given.bytes += *put;
    transfer->given.messages++;
    return transfer_show(transfer, data, *put, fault) == 0 ? IO_DONE : IO_FAILED;
}
