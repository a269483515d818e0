/* Batches of datagrams: what goes out together comes in apart, and what comes in together is known apart. */
#include "endpoint/batch.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char bytes[256 * 1024];

static int
bound(struct sockaddr_in *name)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof *name;
    *name = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (bind(fd, (struct sockaddr *)name, sizeof *name) != 0 ||
        getsockname(fd, (struct sockaddr *)name, &size) != 0)
        abort();
    return fd;
}

/* Send messages of these sizes, which end with -1, and take them in one by one. */
static void
goes_out(struct bulk *bulk, int from, int to, const int *sizes, const char *words)
{
    struct iovec messages[BATCH_MESSAGES_MAX] = { { .iov_len = 0 } };
    size_t count = 0, sent = 0, at = 0;
    for (; sizes[count] >= 0; count++) {
        messages[count] = (struct iovec){ .iov_base = bytes + at, .iov_len = (size_t)sizes[count] };
        at += (size_t)sizes[count];
    }
    is_int(bulk_send(bulk, from, MSG_DONTWAIT, messages, count, NULL, NULL, &sent), 0, "%s are sent", words);
    is_int((long)sent, (long)count, "%s: all of them", words);
    size_t same = 0;
    for (size_t i = 0; i < count; i++) {
        static char got[65536];
        ssize_t n = recv(to, got, sizeof got, 0);
        same +=
            n == (ssize_t)messages[i].iov_len && memcmp(got, messages[i].iov_base, messages[i].iov_len) == 0;
    }
    is_int((long)same, (long)count, "%s come as they were sent", words);
    is_int(recv(to, bytes, 1, MSG_PEEK), -1, "%s: and nothing else", words);
}

static void
all_go_out(struct bulk *bulk, int from, int to, const char *how)
{
    static const struct {
        int sizes[80];
        const char *words;
    } rows[] = {
        { { 5, -1 }, "one message" },
        { { 0, -1 }, "an empty message" },
        { { 5, 5, 5, 3, -1 }, "equal messages with a shorter last" },
        { { 5, 5, 3, 5, 5, -1 }, "equal messages with a shorter one between them" },
        { { 1, 2, 3, 4, -1 }, "growing messages" },
        { { 4, 3, 2, 1, -1 }, "shrinking messages" },
        { { 3, 3, 0, 3, 3, -1 }, "messages with an empty one between them" },
        { { 3, 3, 0, 0, -1 }, "messages with empty ones at their end" },
        { { 30000, 30000, 30000, -1 }, "messages too large for one train" },
        { { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1 },
          "messages too many for one train" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_note("%s", how);
        goes_out(bulk, from, to, rows[i].sizes, rows[i].words);
    }
}

static enum io
take(void *context, const struct arrival *arrival, size_t *size, struct fault *fault)
{
    int *number = context;
    (void)fault;
    *size = arrival->train.size;
    ++*number;
    return arrival->train.size == 1 ? IO_AGAIN : arrival->train.size == 2 ? IO_ENDED : IO_DONE;
}

static void
comes_in(struct bulk *bulk, int from, int to)
{
    struct batch *batch = batch_new();
    struct fault fault = { .status = STATUS_DONE };
    struct sequel sequel = { .result = IO_DONE };
    char rest[100];
    errno = 0;
    is_int(bulk_receive(bulk, to, 0, batch), -1, "nothing is there");
    is_int(errno, EAGAIN, "and that is said");
    struct iovec messages[] = { { bytes, 5 }, { bytes + 5, 5 }, { bytes + 10, 4 }, { bytes, 0 } };
    size_t sent;
    struct bulk out = bulk_make(from, false);
    is_int(bulk_send(&out, from, 0, messages, 4, NULL, NULL, &sent), 0,
           "a train and an empty message are sent");
    (void)send(from, "!", 1, 0);
    (void)send(from, "bye", 3, 0);
    (void)send(from, "!!", 2, 0);
    (void)send(from, "lost", 4, 0);
    int seen = 0, count = bulk_receive(bulk, to, 0, batch);
    is_int(bulk_sort(batch, count, take, &seen, &sequel, &fault), IO_DONE, "they come in");
    size_t total = 0;
    for (size_t i = 0; i < batch->count; i++)
        total += train_count(&batch->trains[i]);
    is_int((long)total, 5, "as five messages: one was not for us, and nothing behind the end counts");
    ok(!batch->may_have_more, "there was room for more");
    is_data(batch->trains[0].data, 5, bytes, 5, "the first is the first");
    is_int(sequel_tell(&sequel, &fault), IO_ENDED, "the end is told after them");
    is_int(sequel_tell(&sequel, &fault), IO_DONE, "and only once");
    while (recv(to, rest, sizeof rest, 0) >= 0)
        ;
    free(batch);
}

static void
comes_in_full(struct bulk *bulk, int from, int to)
{
    struct batch *batch = batch_new();
    for (int i = 0; i < BATCH_SLOTS + 1; i++)
        (void)send(from, bytes, (size_t)i + 10, 0);
    for (int round = 0; round < 2; round++) {
        struct fault fault;
        struct sequel sequel = { .result = IO_DONE };
        int seen = 0, count = bulk_receive(bulk, to, 0, batch);
        batch->count = 0;
        is_int(count, round == 0 ? BATCH_SLOTS : 1, "what there is comes in, as far as there is room");
        is_int(bulk_sort(batch, count, take, &seen, &sequel, &fault), IO_DONE, "and is taken");
        is_int(batch->may_have_more, round == 0, "there may be more only where there was no room");
        is_int(batch->arrivals[0].sender.length, sizeof(struct sockaddr_in), "each has its sender");
        is_int((long)batch->trains[0].size, round == 0 ? 10 : BATCH_SLOTS + 10, "and its size");
    }
    free(batch);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 % 251);
    struct train train = { .data = bytes, .size = 14, .each = 5 };
    is_int((long)train_count(&train), 3, "two messages of five bytes and one of four are three");
    is_int((long)train_skip(&train, 2), 0, "two are skipped");
    ok(train.size == 4 && train.data == bytes + 10, "and the last is left");
    is_int((long)train_skip(&train, 3), 2, "of three more, two are of another train");
    train = (struct train){ .data = bytes, .size = 0, .each = 0 };
    is_int((long)train_count(&train), 1, "an empty message is one");

    struct sockaddr_in name, own;
    int to = bound(&name), from = bound(&own);
    (void)connect(from, (struct sockaddr *)&name, sizeof name);
    struct bulk bulk = bulk_make(from, false);
    all_go_out(&bulk, from, to, "together where they can be");
    bulk.segment_max = 0;
    all_go_out(&bulk, from, to, "one by one");
    const int on = 1;
    (void)setsockopt(from, SOL_SOCKET, SO_NO_CHECK, &on,
                     sizeof on); /* the kernel refuses trains without checksums */
    bulk = bulk_make(from, false);
    all_go_out(&bulk, from, to, "refused by the kernel");
    ok(bulk.segment_max < 30000, "a refusal is remembered");

    struct iovec large[] = { { bytes, 10 }, { bytes, 10 }, { bytes, 70000 }, { bytes, 10 } };
    size_t sent;
    is_int(bulk_send(&bulk, from, 0, large, 4, NULL, NULL, &sent), EMSGSIZE,
           "a message too large is refused");
    is_int((long)sent, 2, "after those before it have gone");
    while (recv(to, bytes, sizeof bytes, 0) >= 0)
        ;
    const int off = 0;
    (void)setsockopt(from, SOL_SOCKET, SO_NO_CHECK, &off, sizeof off);
    struct bulk in = bulk_make(to, false);
    comes_in(&in, from, to);
    comes_in_full(&in, from, to);
    struct bulk shared = bulk_make(to, true);
    comes_in(&shared, from, to);
    is_int((long)bulk_dropped(&in, to), 0, "nothing was dropped");
    (void)close(from);
    (void)close(to);
    return tap_done();
}
