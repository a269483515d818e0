#include "pump/message.h"

#include "endpoint/batch.h"
#include "pump/transfer_unit.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIRECT_MIN = 512 }; /* less is copied together with others, which costs less than one more piece */

enum { DIRECT_PIECES = 64 };

int
message_start(struct transfer *transfer)
{
    const struct endpoint *source = transfer->source, *sink = transfer->sink;
    bool is_read = source->reads_batches && !transfer_cuts(transfer) &&
                   (source->unit == UNIT_MESSAGES || sink->unit == UNIT_MESSAGES);
    bool is_written = sink->unit == UNIT_BYTES || sink->writes_batches;
    transfer->batch = NULL;
    transfer->batch_next = 0;
    if (!is_read || !is_written || transfer->one_by_one || transfer->crlf || transfer->block > 0)
        return 0;
    transfer->batch = batch_new();
    return transfer->batch ? 0 : -1;
}

void
message_stop(struct transfer *transfer)
{
    free(transfer->batch);
    transfer->batch = NULL;
}

bool
message_is_held(const struct transfer *transfer)
{
    return transfer->batch && transfer->batch_next < transfer->batch->count;
}

bool
message_may_have_more(const struct transfer *transfer)
{
    return transfer->batch && transfer->batch->may_have_more;
}

size_t
message_held(const struct transfer *transfer)
{
    size_t bytes = 0;
    if (transfer->batch)
        for (size_t i = transfer->batch_next; i < transfer->batch->count; i++)
            bytes += transfer->batch->trains[i].size;
    return bytes;
}

/* The next train that has not gone out. */
static struct train *
front(const struct transfer *transfer)
{
    return &transfer->batch->trains[transfer->batch_next];
}

/* `count` messages of the first train have gone, which is all of it or a part. */
static void
take(struct transfer *transfer, size_t count)
{
    if (count == train_count(front(transfer)))
        transfer->batch_next++;
    else
        (void)train_skip(front(transfer), count);
}

/* --- reading -------------------------------------------------------------------------------------------- */

/* Note one message that was read. IO_FAILED if it cannot go on. */
static enum io
note(struct transfer *transfer, const char *data, size_t size, struct fault *fault)
{
    char problem[sizeof fault->why];
    transfer->taken.messages++;
    transfer->taken.bytes += size;
    if (transfer->direction == DIRECTION_RECEIVED && transfer_show(transfer, data, size, fault) != 0)
        return IO_FAILED;
    if (transfer_gives_messages(transfer) ||
        record_check(&transfer->records, size, problem, sizeof problem) == 0)
        return IO_DONE;
    (void)fault_say(fault, STATUS_CONNECTION, problem, "%s", transfer->source->name);
    return IO_FAILED;
}

/* Does each message have to be looked at? */
static bool
looks(const struct transfer *transfer)
{
    bool is_bounded = transfer->records.kind == RECORD_U16 || transfer->records.kind == RECORD_SIZE;
    return transfer->observers || (is_bounded && !transfer_gives_messages(transfer));
}

static enum io
note_train(struct transfer *transfer, struct train *train, struct fault *fault)
{
    size_t at = 0;
    if (!looks(transfer)) {
        transfer->taken.messages += train_count(train);
        transfer->taken.bytes += train->size;
        return IO_DONE;
    }
    do {
        size_t size = train->size - at < train->each ? train->size - at : train->each;
        if (note(transfer, train->data + at, size, fault) != IO_DONE) {
            train->size = at;
            return IO_FAILED;
        }
        at += size;
    } while (at < train->size);
    return IO_DONE;
}

enum io
message_read(struct transfer *transfer, struct fault *fault)
{
    struct batch *batch = transfer->batch;
    assert(!message_is_held(transfer));
    batch->count = transfer->batch_next = 0;
    batch->may_have_more = false;
    batch->message_max = transfer_message_max(transfer);
    enum io result = transfer->source->ops->read_batch(transfer->source, batch, fault);
    for (size_t i = 0; i < batch->count && result == IO_DONE; i++) {
        result = note_train(transfer, &batch->trains[i], fault);
        if (result != IO_DONE) /* what is left of this one has gone before the message that failed */
            batch->count = batch->trains[i].size > 0 ? i + 1 : i;
    }
    if (!transfer_gives_messages(transfer))
        message_fill(transfer);
    return result;
}

/* --- messages to bytes ---------------------------------------------------------------------------------- */

/* A train that need not be copied: its borders do not matter, and it is no trifle. */
static bool
is_direct(const struct transfer *transfer, const struct train *train)
{
    const struct endpoint *sink = transfer->sink;
    return transfer->records.kind == RECORD_NONE && sink->ops->write_vector && sink->join_max == SIZE_MAX &&
           train->size >= DIRECT_MIN;
}

bool
message_is_direct(const struct transfer *transfer)
{
    return buffer_size(&transfer->buffer) == 0 && message_is_held(transfer) &&
           is_direct(transfer, front(transfer));
}

/* Not by train_skip: the bytes of a message may go out in two writes. */
static void
take_bytes(struct transfer *transfer, size_t size)
{
    while (size > 0) {
        struct train *train = front(transfer);
        size_t part = size < train->size ? size : train->size;
        train->data += part;
        train->size -= part;
        size -= part;
        if (train->size == 0)
            transfer->batch_next++;
    }
}

enum io
message_write_direct(struct transfer *transfer, struct fault *fault)
{
    struct iovec pieces[DIRECT_PIECES];
    size_t count = 0, put;
    const struct batch *batch = transfer->batch;
    for (size_t i = transfer->batch_next; i < batch->count && count < DIRECT_PIECES; i++) {
        const struct train *train = &batch->trains[i];
        if (!is_direct(transfer, train))
            break;
        pieces[count++] = (struct iovec){ .iov_base = train->data, .iov_len = train->size };
    }
    enum io result = transfer->sink->ops->write_vector(transfer->sink, pieces, count, &put, fault);
    if (result != IO_DONE)
        return result;
    transfer->given.bytes += put;
    transfer->given.messages++;
    take_bytes(transfer, put);
    return IO_DONE;
}

/* Room in the buffer behind what is held. */
static size_t
room_left(const struct transfer *transfer)
{
    return transfer->buffer.capacity - transfer->buffer.end;
}

/* May `size` bytes more be written together with what the buffer holds? The first always may. */
static bool
may_join(const struct transfer *transfer, size_t size)
{
    size_t held = buffer_size(&transfer->buffer);
    return size <= room_left(transfer) && (held == 0 || held + size <= transfer->sink->join_max);
}

/* Without marks: as many messages of the first train as may go out together. Returns how many. */
static size_t
copy_plain(struct transfer *transfer)
{
    const struct train *train = front(transfer);
    size_t count = train_count(train);
    size_t most = transfer->sink->join_max;
    size_t size = train->size;
    if (!may_join(transfer, size) || size > most) {
        size_t held = buffer_size(&transfer->buffer);
        size_t room = most > held ? most - held : 0;
        room = room < room_left(transfer) ? room : room_left(transfer);
        count = train->each > 0 && room >= train->each ? room / train->each : held == 0;
        count = count < train_count(train) ? count : train_count(train);
        size = count * train->each < train->size ? count * train->each : train->size;
    }
    memcpy(transfer->buffer.data + transfer->buffer.end, train->data, size);
    transfer->buffer.end += size;
    return count;
}

/* The first message, marked up. Returns 1, or 0 if it has to wait for the next write. */
static size_t
copy_marked(struct transfer *transfer)
{
    const struct train *train = front(transfer);
    size_t size = train->size < train->each ? train->size : train->each;
    size_t lead = record_lead(&transfer->records, size);
    if (!may_join(transfer, lead + size + RECORD_SUFFIX_MAX))
        return 0;
    char *begin;
    char problem[1];
    size_t whole;
    bool ambiguous;
    char *payload = transfer->buffer.data + transfer->buffer.end + lead;
    memcpy(payload, train->data, size);
    int result =
        record_wrap(&transfer->records, payload, size, &begin, &whole, &ambiguous, problem, sizeof problem);
    assert(result == 0 && begin == transfer->buffer.data + transfer->buffer.end); /* note has checked it */
    (void)result;
    transfer->ambiguous += ambiguous;
    transfer->buffer.end += whole;
    return 1;
}

void
message_fill(struct transfer *transfer)
{
    if (buffer_size(&transfer->buffer) > 0)
        return; /* of a write that was cut short */
    while (message_is_held(transfer) && !is_direct(transfer, front(transfer))) {
        size_t count = transfer->records.kind == RECORD_NONE ? copy_plain(transfer) : copy_marked(transfer);
        if (count == 0)
            return;
        take(transfer, count);
    }
}

/* --- to messages ---------------------------------------------------------------------------------------- */

bool
message_sends(const struct transfer *transfer)
{
    bool is_cut = transfer_cuts(transfer) && transfer->sink->writes_batches && !transfer->one_by_one &&
                  transfer->records.kind != RECORD_HEX; /* whose digits become bytes once, in place */
    return transfer_gives_messages(transfer) && (transfer->batch || is_cut);
}

struct outgoing {
    struct iovec messages[BATCH_MESSAGES_MAX];
    size_t wholes[BATCH_MESSAGES_MAX]; /* bytes that each takes in the buffer */
    size_t count;
};

static void
add(struct outgoing *out, const char *data, size_t size, size_t whole)
{
    out->messages[out->count] = (struct iovec){ .iov_base = (void *)(uintptr_t)data, .iov_len = size };
    out->wholes[out->count++] = whole;
}

static void
gather_trains(const struct transfer *transfer, struct outgoing *out)
{
    for (size_t i = transfer->batch_next; i < transfer->batch->count; i++) {
        const struct train *train = &transfer->batch->trains[i];
        size_t at = 0;
        do {
            size_t size = train->size - at < train->each ? train->size - at : train->each;
            if (out->count == BATCH_MESSAGES_MAX)
                return;
            add(out, train->data + at, size, 0);
            at += size;
        } while (at < train->size);
    }
}

/* The record that was found, and those behind it that are whole. What is no record is told when it is the first. */
static void
gather_records(const struct transfer *transfer, struct outgoing *out)
{
    const char *data = buffer_data(&transfer->buffer);
    size_t left = buffer_size(&transfer->buffer);
    size_t max = transfer_message_max(transfer);
    struct record record = transfer->next;
    for (;;) {
        add(out, data + record.skip, record.size, record.whole);
        data += record.whole;
        left -= record.whole;
        if (out->count == BATCH_MESSAGES_MAX ||
            record_find(&transfer->records, data, left, transfer->source_ended, max, &record) != RECORD_FOUND)
            return;
    }
}

/* `sent` messages have gone out. */
static enum io
note_sent(struct transfer *transfer, const struct outgoing *out, size_t sent, struct fault *fault)
{
    enum io result = IO_DONE;
    for (size_t i = 0; i < sent; i++) {
        transfer->given.bytes += out->messages[i].iov_len;
        transfer->given.messages++;
        if (result == IO_DONE && transfer->direction == DIRECTION_SENT &&
            transfer_show(transfer, out->messages[i].iov_base, out->messages[i].iov_len, fault) != 0)
            result = IO_FAILED;
        if (transfer->batch)
            take(transfer, 1);
        else
            buffer_taken(&transfer->buffer, out->wholes[i]);
    }
    return result;
}

static enum io
write_out(struct endpoint *sink, const struct outgoing *out, size_t *sent, struct fault *fault)
{
    if (out->count > 1)
        return sink->ops->write_batch(sink, out->messages, out->count, sent, fault);
    size_t put;
    enum io result = sink->ops->write(sink, out->messages[0].iov_base, out->messages[0].iov_len, &put, fault);
    *sent = result == IO_DONE;
    return result;
}

enum io
message_send(struct transfer *transfer, struct fault *fault)
{
    struct outgoing out;
    size_t sent = 0;
    out.count = 0;
    if (transfer->batch)
        gather_trains(transfer, &out);
    else
        gather_records(transfer, &out);
    enum io result = write_out(transfer->sink, &out, &sent, fault);
    struct fault seen;
    if (note_sent(transfer, &out, sent, &seen) == IO_DONE || result == IO_FAILED)
        return result;
    *fault = seen;
    return IO_FAILED;
}
