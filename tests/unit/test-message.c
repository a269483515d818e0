/* Batches in a transfer: every message once, in order, with its borders where they are seen. */
#include "pump/message.h"
#include "endpoint/batch.h"
#include "tap.h"

#include <stdint.h>
#include <string.h>

/* A source of what is in `texts`, as messages of four bytes but for the last, and a sink that takes `most` at once. */
static const char *const texts[] = { "onetwo", "", "threefour", "x" };
static size_t next_text, sizes[4096], writes, most;
static char written[4096];
static size_t written_size;

static enum io
read_batch(struct endpoint *endpoint, struct batch *batch, struct fault *fault)
{
    (void)endpoint;
    (void)fault;
    if (next_text == sizeof texts / sizeof texts[0])
        return IO_ENDED;
    for (; next_text < sizeof texts / sizeof texts[0]; next_text++) {
        size_t size = strlen(texts[next_text]);
        char *data = batch->data + next_text * 100;
        memcpy(data, texts[next_text], size);
        batch_add(batch, data, size, size < 4 ? size : 4);
    }
    return IO_DONE;
}

static enum io
write_some(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    (void)endpoint;
    (void)fault;
    *put = size < most ? size : most;
    memcpy(written + written_size, data, *put);
    written_size += *put;
    sizes[writes++] = *put;
    return IO_DONE;
}

static enum io
write_batch(struct endpoint *endpoint, const struct iovec *messages, size_t count, size_t *sent,
            struct fault *fault)
{
    size_t put;
    for (*sent = 0; *sent < count && *sent < most; ++*sent)
        (void)write_some(endpoint, messages[*sent].iov_base, messages[*sent].iov_len, &put, fault);
    return IO_DONE;
}

struct counter {
    struct observer base;
    int calls, fails_at;
};

static int
count_moved(struct observer *observer, const struct sight *sight, struct fault *fault)
{
    struct counter *counter = (struct counter *)observer;
    (void)sight;
    return ++counter->calls == counter->fails_at ? fault_say(fault, STATUS_LOCAL, "full", "copy") : 0;
}

/* Long trains, and short messages between them. */
static const size_t long_sizes[] = { 1000, 1000, 10, 20, 700, 5 };
enum { LONG_SIZE = 2735 };

static enum io
read_long(struct endpoint *endpoint, struct batch *batch, struct fault *fault)
{
    (void)endpoint;
    (void)fault;
    size_t at = 0;
    for (size_t i = 0; i < sizeof long_sizes / sizeof long_sizes[0]; i++) {
        char *data = batch->data + i * 2000;
        for (size_t k = 0; k < long_sizes[i]; k++)
            data[k] = (char)(at++ % 251);
        batch_add(batch, data, long_sizes[i], long_sizes[i] < 100 ? long_sizes[i] : 100);
    }
    return IO_DONE;
}

static enum io
write_vector(struct endpoint *endpoint, const struct iovec *pieces, size_t count, size_t *put,
             struct fault *fault)
{
    size_t part, left = most;
    *put = 0;
    for (size_t i = 0; i < count && left > 0; i++) {
        size_t size = pieces[i].iov_len < left ? pieces[i].iov_len : left;
        (void)write_some(endpoint, pieces[i].iov_base, size, &part, fault);
        writes--;
        left -= part;
        *put += part;
    }
    writes++;
    return IO_DONE;
}

static const struct endpoint_ops long_ops = { .read_batch = read_long,
                                              .write = write_some,
                                              .write_vector = write_vector };
static const struct endpoint_ops ops = { .read_batch = read_batch,
                                         .write = write_some,
                                         .write_batch = write_batch };

static enum io
carry_with(const struct endpoint_ops *with, enum record_kind kind, enum unit unit, size_t join_max,
           size_t at_once, struct counter *counter)
{
    struct fault fault = { .status = STATUS_DONE };
    struct endpoint source = { .ops = with, .name = "source", .unit = UNIT_MESSAGES, .reads_batches = true };
    struct endpoint sink = { .ops = with,
                             .name = "sink",
                             .unit = unit,
                             .message_max = SIZE_MAX,
                             .writes_batches = true,
                             .join_max = join_max };
    struct transfer transfer = { .source = &source,
                                 .sink = &sink,
                                 .direction = DIRECTION_RECEIVED,
                                 .records = { .kind = kind, .size = 4 },
                                 .observers = counter ? &counter->base : NULL };
    next_text = writes = written_size = 0;
    most = at_once;
    if (transfer_start(&transfer, &fault) != 0)
        return IO_FAILED;
    enum io result = transfer_read(&transfer, &fault);
    bool ended;
    while (transfer_has_next(&transfer))
        if (transfer_write(&transfer, &ended, &fault) != IO_DONE)
            break;
    is_int((long)transfer_left(&transfer), 0, "nothing is left");
    ok(transfer_has_room(&transfer), "and there is room again");
    transfer_free(&transfer);
    return result;
}

/* Carry all of it. Returns how the first read ended. */
static enum io
carry(enum record_kind kind, enum unit unit, size_t join_max, size_t at_once, struct counter *counter)
{
    return carry_with(&ops, kind, unit, join_max, at_once, counter);
}

/* What is long need not be copied, and comes out the same. */
static void
long_ones(size_t at_once, size_t want_writes)
{
    (void)carry_with(&long_ops, RECORD_NONE, UNIT_BYTES, SIZE_MAX, at_once, NULL);
    size_t same = 0;
    while (same < written_size && written[same] == (char)(same % 251))
        same++;
    is_int((long)same, LONG_SIZE, "long trains come out whole, %zu bytes at once", at_once);
    is_int((long)written_size, LONG_SIZE, "and nothing else");
    if (want_writes > 0)
        is_int((long)writes, (long)want_writes, "in few writes");
}

int
main(void)
{
    static const char marked[] = "onet\nwo\n\nthre\nefou\nr\nx\n";
    is_int(carry(RECORD_NONE, UNIT_BYTES, SIZE_MAX, SIZE_MAX, NULL), IO_DONE, "all is carried");
    is_data(written, written_size, "onetwothreefourx", 16, "without marks the payloads are joined");
    is_int((long)writes, 1, "in one write");
    (void)carry(RECORD_NONE, UNIT_BYTES, SIZE_MAX, 3, NULL);
    is_data(written, written_size, "onetwothreefourx", 16, "and so by a sink that takes little");
    (void)carry(RECORD_NONE, UNIT_BYTES, 0, SIZE_MAX, NULL);
    is_data(written, written_size, "onetwothreefourx", 16, "and so where borders are seen");
    is_int((long)writes, 6, "with a write for each but the empty one");
    ok(sizes[0] == 4 && sizes[1] == 2 && sizes[4] == 1, "of its size");
    (void)carry(RECORD_NONE, UNIT_BYTES, 7, SIZE_MAX, NULL);
    ok(writes == 3 && sizes[0] == 6 && sizes[1] == 4 && sizes[2] == 6,
       "as many as may be joined, no part of one");
    (void)carry(RECORD_LINE, UNIT_BYTES, SIZE_MAX, SIZE_MAX, NULL);
    is_data(written, written_size, marked, sizeof marked - 1, "marks stand where they should");
    is_int((long)writes, 1, "in one write, too");
    (void)carry(RECORD_LINE, UNIT_BYTES, 0, SIZE_MAX, NULL);
    is_data(written, written_size, marked, sizeof marked - 1, "and message by message");
    is_int((long)writes, 7, "with a write for each");
    (void)carry(RECORD_NETSTRING, UNIT_BYTES, SIZE_MAX, 5, NULL);
    is_data(written, written_size, "4:onet,2:wo,0:,4:thre,4:efou,1:r,1:x,", 37, "lengths are those of each");
    (void)carry(RECORD_U16, UNIT_BYTES, SIZE_MAX, SIZE_MAX, NULL);
    is_data(written, 9, "\0\4onet\0\2w", 9, "so in two bytes");
    (void)carry(RECORD_HEX, UNIT_BYTES, SIZE_MAX, SIZE_MAX, NULL);
    is_data(written, 14, "6f6e6574\n776f\n", 14, "digits, too");
    (void)carry(RECORD_NONE, UNIT_MESSAGES, 0, SIZE_MAX, NULL);
    ok(writes == 7 && sizes[1] == 2 && sizes[2] == 0, "messages stay what they are, the empty one, too");
    (void)carry(RECORD_NONE, UNIT_MESSAGES, 0, 2, NULL);
    is_int((long)writes, 7, "also where two go at once");

    is_int(carry(RECORD_SIZE, UNIT_BYTES, SIZE_MAX, SIZE_MAX, NULL), IO_FAILED,
           "one of another size is no record");
    is_data(written, written_size, "onet", 4, "those before it are carried");
    struct counter counter = { .base = { .moved = count_moved } };
    (void)carry(RECORD_NONE, UNIT_BYTES, SIZE_MAX, SIZE_MAX, &counter);
    is_int(counter.calls, 7, "an observer sees each message");
    counter = (struct counter){ .base = { .moved = count_moved }, .fails_at = 5 };
    is_int(carry(RECORD_LINE, UNIT_BYTES, SIZE_MAX, SIZE_MAX, &counter), IO_FAILED,
           "an observer's failure is told");
    is_data(written, written_size, "onet\nwo\n\nthre\n", 14, "and what it had seen before is carried");
    long_ones(SIZE_MAX, 4); /* two together, two copied together, one, one copied */
    long_ones(333, 0);
    long_ones(1, 0);
    return tap_done();
}
