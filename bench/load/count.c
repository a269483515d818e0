/*
 * Count datagrams until none has come for a while after the first.
 *
 *     count PORT SIZE
 *
 * Prints how many came, how many of them were of another size, the bytes of all, and the nanoseconds from the first
 * to the last.
 */
#include "../net.h"
#include <netinet/udp.h>
#include <poll.h>

enum { BATCH = 32, PIECE = 65536, ROOM = 8 << 20, QUIET_MS = 300 };

static char pieces[BATCH][PIECE];
static char controls[BATCH][CMSG_SPACE(sizeof(int))];

struct tally {
    long long count, other, bytes;
    int64_t first, last;
};

/* The size of the datagrams that came as one piece. */
static unsigned
segment_size(struct msghdr *message, unsigned whole)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof size);
            return (unsigned)size;
        }
    }
    return whole;
}

static void
tally_piece(struct tally *tally, struct mmsghdr *piece, unsigned expected)
{
    unsigned whole = piece->msg_len, size = segment_size(&piece->msg_hdr, whole);
    long long count = size == 0 ? 1 : (whole + size - 1) / size;
    tally->count += count;
    tally->bytes += whole;
    if (size != expected)
        tally->other += count;
    else if (whole % size != 0)
        tally->other++;
}

static void
tally_batch(struct tally *tally, int fd, unsigned expected)
{
    struct iovec areas[BATCH];
    struct mmsghdr messages[BATCH] = { 0 };
    for (size_t i = 0; i < BATCH; i++) {
        areas[i] = (struct iovec){ .iov_base = pieces[i], .iov_len = PIECE };
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &areas[i],
                                               .msg_iovlen = 1,
                                               .msg_control = controls[i],
                                               .msg_controllen = sizeof controls[i] };
    }
    int got = (int)must(recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL), "recvmmsg");
    tally->last = now_ns();
    if (tally->first == 0)
        tally->first = tally->last;
    for (int i = 0; i < got; i++)
        tally_piece(tally, &messages[i], expected);
}

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int fd = bound(argv[1], SOCK_DGRAM), room = ROOM;
    unsigned expected = (unsigned)number(argv[2]);
    set_option(fd, SOL_UDP, UDP_GRO, 1, "UDP_GRO");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) == -1) /* for root only */
        set_option(fd, SOL_SOCKET, SO_RCVBUF, room, "SO_RCVBUF");
    struct tally tally = { 0 };
    struct pollfd end = { .fd = fd, .events = POLLIN };
    while (must(poll(&end, 1, tally.count > 0 ? QUIET_MS : -1), "poll") > 0)
        tally_batch(&tally, fd, expected);
    printf("%lld %lld %lld %lld\n", tally.count, tally.other, tally.bytes,
           (long long)(tally.last - tally.first));
    return 0;
}
