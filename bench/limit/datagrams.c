/*
 * The limit for UDP: as many datagrams in one call as the kernel takes.
 *
 *     datagrams receive|send PORT
 *
 * receive writes payloads to standard output: UDP_GRO has the kernel hand over what came as one segmented packet in
 * one piece, recvmmsg several pieces in one call. What stands at the beginning of a page is copied a tenth faster; more
 * than 8 pieces fill the cache. send reads packets from a pipe in packet mode, one a read, and
 * gives those of one size together to UDP_SEGMENT, which is cut up again behind the stack. sendmmsg alone gains
 * nearly nothing: the cost is in the stack, not in the call.
 */
#include "../net.h"
#include <fcntl.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/uio.h>

enum { BATCH = 8, PIECE = 65536, ROOM = 32 << 20, SEGMENTS = 64, PACKETS = 256, PAYLOAD_MAX = 65507 };

static _Alignas(4096) char pieces[BATCH][PIECE];

static void
receive(const char *port)
{
    int fd = bound(port, SOCK_DGRAM);
    set_option(fd, SOL_UDP, UDP_GRO, 1, "UDP_GRO");
    int room = ROOM;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) == -1) /* for root only */
        set_option(fd, SOL_SOCKET, SO_RCVBUF, room, "SO_RCVBUF");
    struct iovec areas[BATCH], full[BATCH];
    struct mmsghdr messages[BATCH] = { 0 };
    for (size_t i = 0; i < BATCH; i++) {
        areas[i] = (struct iovec){ .iov_base = pieces[i], .iov_len = PIECE };
        messages[i].msg_hdr.msg_iov = &areas[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (;;) {
        int got = (int)must(recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL), "recvmmsg");
        for (int i = 0; i < got; i++)
            full[i] = (struct iovec){ .iov_base = pieces[i], .iov_len = messages[i].msg_len };
        must(writev(STDOUT_FILENO, full, got), "writev");
    }
}

struct batch {
    int fd;
    int size; /* of each packet, as the socket has been told */
    size_t held, packets;
};

static void
batch_send(struct batch *batch)
{
    const char *data = (const char *)pieces;
    size_t each = (size_t)batch->size,
           count = each > 0 && PAYLOAD_MAX / each < SEGMENTS ? PAYLOAD_MAX / each : SEGMENTS;
    for (size_t at = 0, part; at < batch->held; at += part) {
        part = batch->held - at < count * each ? batch->held - at : count * each;
        must(send(batch->fd, data + at, part, 0), "send");
    }
    batch->held = batch->packets = 0;
}

/* A packet of this size stands behind those that are held: send these first if it cannot go with them. */
static void
batch_add(struct batch *batch, size_t size)
{
    char *data = (char *)pieces;
    if ((int)size != batch->size) {
        size_t before = batch->held;
        batch_send(batch);
        memmove(data, data + before, size);
        set_option(batch->fd, SOL_UDP, UDP_SEGMENT, (int)size, "UDP_SEGMENT");
        batch->size = (int)size;
    }
    batch->held += size;
    batch->packets++;
    if (batch->packets == PACKETS || batch->held + PIECE > sizeof pieces)
        batch_send(batch);
}

static void
send_input(const char *port)
{
    struct batch batch = { .fd = connected(port, SOCK_DGRAM) };
    must(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    for (;;) {
        ssize_t size = read(STDIN_FILENO, (char *)pieces + batch.held, PIECE);
        if (size > 0) {
            batch_add(&batch, (size_t)size);
            continue;
        }
        batch_send(&batch);
        if (size == 0)
            return;
        if (errno != EAGAIN)
            give_up("read");
        must(poll(&(struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN }, 1, -1), "poll");
    }
}

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "receive") == 0)
        receive(argv[2]);
    send_input(argv[2]);
    return 0;
}
