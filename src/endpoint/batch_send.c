#include "endpoint/batch.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    TRAIN_MESSAGES_MAX = 64, /* UDP_MAX_SEGMENTS of older kernels */
    SEND_ROUND = 64,         /* entries of one sendmmsg(2) */
};

struct send_control {
    _Alignas(
        struct cmsghdr) char space[sizeof((struct origin *)NULL)->control + CMSG_SPACE(sizeof(uint16_t))];
};

/* What one sendmmsg(2) is given. */
struct round {
    struct mmsghdr entries[SEND_ROUND];
    size_t counts[SEND_ROUND]; /* messages of each */
    struct send_control controls[SEND_ROUND];
    struct iovec vectors[BATCH_MESSAGES_MAX];
    size_t count;
};

/* How many of these messages can go together: of one size, but for the last, which may be shorter. */
static size_t
train_length(const struct iovec *messages, size_t count, size_t segment_max)
{
    size_t each = messages[0].iov_len, size = each, n = 1;
    if (each == 0 || each > segment_max)
        return 1;
    while (n < count && n < TRAIN_MESSAGES_MAX && messages[n].iov_len > 0 && messages[n].iov_len <= each &&
           size + messages[n].iov_len <= BULK_TRAIN_MAX) {
        size += messages[n].iov_len;
        if (messages[n++].iov_len < each)
            break;
    }
    return n;
}

/* Pieces of memory, those that follow each other as one. Returns how many. */
static size_t
gather(const struct iovec *messages, size_t count, struct iovec *vectors)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        char *data = messages[i].iov_base;
        if (n > 0 && (char *)vectors[n - 1].iov_base + vectors[n - 1].iov_len == data)
            vectors[n - 1].iov_len += messages[i].iov_len;
        else
            vectors[n++] = messages[i];
    }
    return n;
}

/* Where a message comes from, and how large each of a train is; 0: it is none. */
static void
mark(struct msghdr *message, struct send_control *control, const struct origin *origin, size_t each)
{
    const uint16_t size = (uint16_t)each;
    const struct cmsghdr head = { .cmsg_level = SOL_UDP,
                                  .cmsg_type = UDP_SEGMENT,
                                  .cmsg_len = CMSG_LEN(sizeof size) };
    size_t used = origin ? origin->size : 0;
    if (used > 0)
        memcpy(control->space, origin->control, used);
    if (each > 0) {
        memset(control->space + used, 0, CMSG_SPACE(sizeof size));
        memcpy(control->space + used, &head, sizeof head);
        memcpy(CMSG_DATA((struct cmsghdr *)(void *)(control->space + used)), &size, sizeof size);
        used += CMSG_SPACE(sizeof size);
    }
    message->msg_control = used > 0 ? control : NULL;
    message->msg_controllen = used;
}

static void
plan(struct round *round, const struct iovec *messages, size_t count, size_t segment_max,
     const struct address *peer, const struct origin *origin)
{
    size_t done = 0, vectors = 0;
    round->count = 0;
    if (count > BATCH_MESSAGES_MAX)
        count = BATCH_MESSAGES_MAX;
    while (done < count && round->count < SEND_ROUND) {
        size_t length = train_length(messages + done, count - done, segment_max);
        size_t pieces = gather(messages + done, length, round->vectors + vectors);
        struct msghdr *message = &round->entries[round->count].msg_hdr;
        *message = (struct msghdr){
            .msg_name = peer ? (void *)(uintptr_t)&peer->name : NULL,
            .msg_namelen = peer ? peer->length : 0,
            .msg_iov = round->vectors + vectors,
            .msg_iovlen = pieces,
        };
        mark(message, &round->controls[round->count], origin, length > 1 ? messages[done].iov_len : 0);
        round->counts[round->count++] = length;
        vectors += pieces;
        done += length;
    }
}

/*
 * Has the kernel refused a train because it is one? Then not again: EINVAL and EMSGSIZE for one that is larger than
 * a packet of its route, of that size or more; EIO and the like, where nothing computes its checksums, at all. A
 * lack of memory may be one of so much in one piece.
 */
static bool
is_train_refused(struct bulk *bulk, size_t each, int error, size_t *segment_max)
{
    if (error == EINVAL || error == EMSGSIZE)
        bulk->segment_max = each - 1;
    else if (error == EIO || error == ENOPROTOOPT || error == EOPNOTSUPP)
        bulk->segment_max = 0;
    else if (error != ENOBUFS && error != ENOMEM)
        return false;
    *segment_max = error == ENOBUFS || error == ENOMEM ? 0 : bulk->segment_max;
    return true;
}

/* Returns how many entries have gone, or -1 with errno. */
static int
send_round(int fd, struct round *round, int flags)
{
    if (round->count == 1)
        return sendmsg(fd, &round->entries[0].msg_hdr, flags) < 0 ? -1 : 1;
    return sendmmsg(fd, round->entries, (unsigned)round->count, flags);
}

int
bulk_send(struct bulk *bulk, int fd, int flags, const struct iovec *messages, size_t count,
          const struct address *peer, const struct origin *origin, size_t *sent)
{
    struct round round;
    size_t segment_max = bulk->segment_max;
    if (peer && peer->length == 0)
        peer = NULL;
    *sent = 0;
    while (*sent < count) {
        plan(&round, messages + *sent, count - *sent, segment_max, peer, origin);
        int n = send_round(fd, &round, flags);
        for (int i = 0; i < n; i++)
            *sent += round.counts[i];
        if (n > 0 || errno == EINTR) /* fewer than asked: sendmmsg(2) tells why only when it is asked again */
            continue;
        bool is_train = round.counts[0] > 1;
        if (!is_train || !is_train_refused(bulk, messages[*sent].iov_len, errno, &segment_max))
            return errno;
    }
    return 0;
}
