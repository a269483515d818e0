#include "endpoint/batch.h"

#include <assert.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/*
 * The kernel copies a train to the beginning of a page a tenth faster than to a place within a line of the processor's
 * cache.
 */
enum { SLOT_ALIGN = 4096 };

struct receive_control {
    _Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint32_t)) +
                                        ORIGIN_RECEIVE_SIZE];
};

/* What recvmmsg(2) is given, set once: only what it changes is set again. */
struct slots {
    struct mmsghdr messages[BATCH_SLOTS];
    struct iovec vectors[BATCH_SLOTS];
    struct receive_control controls[BATCH_SLOTS];
};

/* In one allocation. */
struct storage {
    struct batch batch;
    struct slots slots;
    _Alignas(SLOT_ALIGN) char room[BATCH_SIZE];
};

/* The lengths that tell how much room there is, and that the kernel has set to what it has used. */
static void
slot_reset(struct msghdr *message)
{
    message->msg_namelen = sizeof(struct sockaddr_storage);
    message->msg_controllen = sizeof(struct receive_control);
}

struct batch *
batch_new(void)
{
    struct storage *storage = aligned_alloc(SLOT_ALIGN, sizeof *storage);
    if (!storage)
        return NULL;
    struct batch *batch = &storage->batch;
    struct slots *slots = &storage->slots;
    batch->data = storage->room;
    batch->slots = slots;
    batch->may_have_more = false;
    batch->count = 0;
    for (size_t i = 0; i < BATCH_SLOTS; i++) {
        slots->vectors[i] =
            (struct iovec){ .iov_base = batch->data + i * BATCH_SLOT_SIZE, .iov_len = BATCH_SLOT_SIZE };
        slots->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->arrivals[i].sender.name,
            .msg_iov = &slots->vectors[i],
            .msg_iovlen = 1,
            .msg_control = &slots->controls[i],
        };
        slot_reset(&slots->messages[i].msg_hdr);
    }
    return batch;
}

size_t
train_count(const struct train *train)
{
    return train->size == 0 ? 1 : (train->size + train->each - 1) / train->each;
}

size_t
train_skip(struct train *train, size_t count)
{
    size_t have = train_count(train);
    size_t gone = count < have ? count : have;
    size_t bytes = gone < have ? gone * train->each : train->size;
    train->data += bytes;
    train->size -= bytes;
    return count - gone;
}

void
batch_add(struct batch *batch, char *data, size_t size, size_t each)
{
    assert(batch->count < BATCH_MESSAGES_MAX);
    batch->trains[batch->count++] = (struct train){ .data = data, .size = size, .each = each };
}

void
sequel_keep(struct sequel *sequel, enum io result, const struct fault *fault)
{
    *sequel = (struct sequel){ .result = result, .fault = result == IO_FAILED ? fault_keep(fault) : NULL };
}

enum io
sequel_tell(struct sequel *sequel, struct fault *fault)
{
    enum io result = sequel->result;
    if (result == IO_FAILED)
        (void)fault_recall(sequel->fault, fault);
    *sequel = (struct sequel){ .result = IO_DONE };
    return result;
}

void
sequel_free(struct sequel *sequel)
{
    free(sequel->fault);
    *sequel = (struct sequel){ .result = IO_DONE };
}

/* All drops of a socket so far (sock_diag(7)). */
static uint32_t
drops_of(int fd)
{
    uint32_t memory[SK_MEMINFO_VARS] = { 0 };
    socklen_t size = sizeof memory;
    return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0 ? memory[SK_MEMINFO_DROPS] : 0;
}

/* SO_GET_FILTER tells the length of a filter; of one of eBPF it tells nothing. */
static bool
has_filter(int fd)
{
    socklen_t length = 0;
    return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &length) != 0 || length > 0;
}

struct bulk
bulk_make(int fd, bool is_shared)
{
    return (struct bulk){
        .is_shared = is_shared,
        .segment_max = BULK_TRAIN_MAX,
        .before = is_shared ? drops_of(fd) : 0,
    };
}

/* --- receiving ------------------------------------------------------------------------------------------ */

/*
 * A filter looks at what arrives, and would see a train as one message. A kernel that refuses gives them one by
 * one, and tells no drops.
 */
static void
ask(struct bulk *bulk, int fd)
{
    const int on = 1;
    bulk->is_asked = true;
    if (bulk->is_shared || has_filter(fd))
        return;
    (void)setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
    bulk->hears_drops = setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) == 0;
}

/* From the first drop on the kernel would write it beside everything that comes; it is told once. */
static void
hear_no_more(struct bulk *bulk, int fd)
{
    const int off = 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &off, sizeof off);
    bulk->hears_drops = false;
}

/* What stands beside an arrival: the size of each of its messages, and how many were dropped before it. */
static void
read_control(struct bulk *bulk, struct msghdr *message, struct train *train)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        int each;
        if (part->cmsg_level == SOL_UDP && part->cmsg_type == UDP_GRO) {
            memcpy(&each, CMSG_DATA(part), sizeof each);
            if (each > 0)
                train->each = (size_t)each;
        } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL) {
            uint32_t dropped;
            memcpy(&dropped, CMSG_DATA(part), sizeof dropped);
            bulk->has_dropped = bulk->has_dropped || dropped != bulk->before;
        }
    }
}

int
bulk_receive(struct bulk *bulk, int fd, int flags, struct batch *batch)
{
    struct mmsghdr *messages = batch->slots->messages;
    if (!bulk->is_asked)
        ask(bulk, fd);
    int n;
    do
        n = recvmmsg(fd, messages, BATCH_SLOTS, MSG_DONTWAIT | MSG_TRUNC | flags, NULL);
    while (n < 0 && errno == EINTR);
    for (int i = 0; i < n; i++) {
        struct arrival *arrival = &batch->arrivals[i];
        struct msghdr *message = &messages[i].msg_hdr;
        size_t size = messages[i].msg_len;
        arrival->train = (struct train){ .data = message->msg_iov->iov_base, .size = size, .each = size };
        arrival->flags = message->msg_flags;
        arrival->sender.length = message->msg_namelen;
        arrival->origin.size = 0;
        if (bulk->origins)
            bulk->origins->origin(message, &arrival->origin);
        read_control(bulk, message, &arrival->train);
        slot_reset(message);
    }
    if (bulk->hears_drops && bulk->has_dropped)
        hear_no_more(bulk, fd);
    return n;
}

enum io
bulk_sort(struct batch *batch, int count, arrival_take *take, void *context, struct sequel *sequel,
          struct fault *fault)
{
    enum io result = IO_AGAIN;
    batch->may_have_more = count == BATCH_SLOTS;
    for (int i = 0; i < count; i++) {
        size_t size = 0;
        const struct arrival *arrival = &batch->arrivals[i];
        result = take(context, arrival, &size, fault);
        if (result == IO_DONE)
            batch_add(batch, arrival->train.data, size, arrival->train.each);
        else if (result != IO_AGAIN)
            break;
    }
    if (batch->count == 0)
        return result;
    if (result == IO_ENDED || result == IO_FAILED)
        sequel_keep(sequel, result, fault);
    return IO_DONE;
}

bool
bulk_tells_drops(struct bulk *bulk)
{
    bool is_new = bulk->has_dropped && !bulk->is_told;
    bulk->is_told = bulk->has_dropped;
    return is_new;
}

uint64_t
bulk_dropped(const struct bulk *bulk, int fd)
{
    return has_filter(fd) ? 0 : drops_of(fd) - bulk->before;
}
