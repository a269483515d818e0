#include "endpoint/peer.h"

#include "base/deadline.h"
#include "base/loop.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void
wake(const struct peer *peer)
{
    if (peer->owner) /* one that is just arriving is looked at anyway */
        peer->peers->calls.wake(peer->peers->calls.context, peer->owner);
}

/* --- what comes in ----------------------------------------------------------------------------------------------- */

static void
tell_missed(struct peer *peer, int64_t now)
{
    if (peer->missed == 0)
        return;
    peer->peers->calls.missed(peer->peers->calls.context, peer->name, peer->missed);
    peer->missed = 0;
    peer->told_at = now;
}

static void
miss(struct peer *peer, uint64_t count, int64_t now)
{
    peer->missed += count;
    if (peer->told_at < 0 || deadline_passed(deadline_after(peer->told_at, TELL_EVERY_MS), now))
        tell_missed(peer, now);
}

void
peer_give(struct peer *peer, const void *data, size_t size, int64_t now)
{
    bool was_empty = queue_is_empty(&peer->queue);
    bool fits = was_empty || peer->queue.bytes + size <= (size_t)peer->peers->choice.queue_size;
    struct piece *piece = fits ? piece_new(size) : NULL;
    peers_touch(peer, now);
    if (piece && size > 0)
        memcpy(piece->data, data, size);
    bool is_held = piece && queue_push(&peer->queue, piece, 0) == 0;
    if (piece)
        piece_release(piece);
    if (!is_held)
        miss(peer, 1, now);
    else if (was_empty)
        wake(peer);
}

void
peer_end(struct peer *peer, const struct fault *fault)
{
    peers_forget(peer);
    if (fault && !peer->trouble) {
        peer->trouble = malloc(sizeof *fault); /* without it the end looks like any other */
        if (peer->trouble)
            *peer->trouble = *fault;
    }
    wake(peer);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static unsigned
ready_for(const struct peer *peer, unsigned wants)
{
    unsigned ready = 0;
    if (wants & WANT_READ && (!queue_is_empty(&peer->queue) || !peer->is_known))
        ready |= READY_READ;
    if (wants & WANT_WRITE && !peer->awaits_room)
        ready |= READY_WRITE;
    return ready;
}

static size_t
peer_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    (void)polls;
    *now = *now || ready_for((const struct peer *)endpoint, wants) != 0;
    return 0;
}

static unsigned
peer_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    (void)polls;
    (void)count;
    return ready_for((const struct peer *)endpoint, wants);
}

/* There is no message: has there been the last one? */
static enum io
no_message(struct peer *peer, struct fault *fault)
{
    if (peer->is_known)
        return IO_AGAIN;
    if (!peer->trouble)
        return IO_ENDED;
    *fault = *peer->trouble;
    return IO_FAILED;
}

static enum io
peer_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct peer *peer = (struct peer *)endpoint;
    if (queue_is_empty(&peer->queue))
        return no_message(peer, fault);
    const struct piece *piece = queue_first(&peer->queue);
    *got = piece->size;
    if (piece->size > room) {
        endpoint->cut = true;
        (void)fault_say(fault, STATUS_CONNECTION, "message cut", "%s: %zu bytes, room for %zu",
                        endpoint->name, piece->size, room);
        return IO_FAILED;
    }
    if (piece->size > 0)
        memcpy(data, piece->data, piece->size);
    queue_drop_first(&peer->queue);
    return IO_DONE;
}

/* --- writing ----------------------------------------------------------------------------------------------------- */

static int
socket_of(const struct peer *peer)
{
    return peer->peers->sockets[peer->place].fd;
}

/* Poll(2) knows only our own side of a socket without a connection. Has that one room, it is the peer that has none. */
static enum io
wait_for_room(struct peer *peer)
{
    struct pollfd ask = { .fd = socket_of(peer), .events = POLLOUT };
    if (loop_hold(&ask, 1, 0) > 0)
        return IO_PAUSE;
    peers_await_room(peer);
    return IO_AGAIN;
}

static enum io
cannot_write(struct peer *peer, size_t size, struct fault *fault)
{
    switch (errno) {
    case EAGAIN:
        return wait_for_room(peer);
    case ENOBUFS:
    case ENOMEM:
        return IO_PAUSE;
    case EMSGSIZE:
        return envelope_too_large(&peer->base, size, fault);
    default:
        (void)fault_set(fault, STATUS_CONNECTION, "%s", peer->name);
        return IO_FAILED;
    }
}

/* One message to the socket, which may be told first of an earlier one of somebody else's. */
static enum io
send_one(struct peer *peer, const void *data, size_t size, struct fault *fault)
{
    const struct envelope *envelope = &peer->peers->envelope;
    if (peer->address.length == 0) {
        (void)fault_say(fault, STATUS_CONNECTION, "the sender has no name that could be answered", "%s",
                        peer->name);
        return IO_FAILED;
    }
    if (envelope_check(envelope, &peer->base, size, fault) != IO_DONE)
        return IO_FAILED;
    ssize_t n = envelope_answer(envelope, socket_of(peer), data, size, &peer->address, &peer->origin);
    if (n < 0 && errno == EINVAL)
        peer->origin.size = 0; /* no address of ours to come from: a group's, or it is gone */
    if (n < 0 && (errno == EINVAL || envelope_concerns_a_peer(errno)))
        n = envelope_answer(envelope, socket_of(peer), data, size, &peer->address, &peer->origin);
    if (n < 0)
        return cannot_write(peer, size, fault);
    if ((size_t)n == size)
        return IO_DONE;
    (void)fault_say(fault, STATUS_CONNECTION, "the kernel cut a message short", "%s: %zd of %zu bytes",
                    peer->name, n, size);
    return IO_FAILED;
}

static enum io
peer_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct peer *peer = (struct peer *)endpoint;
    enum io result = send_one(peer, data, size, fault);
    if (result == IO_FAILED)
        peers_forget(peer); /* whoever has this address next begins anew */
    if (result != IO_DONE)
        return result;
    *put = size;
    peers_touch(peer, deadline_now());
    return IO_DONE;
}

/* Where the batch stops, the write of one message says why. */
static enum io
peer_write_batch(struct endpoint *endpoint, const struct iovec *messages, size_t count, size_t *sent,
                 struct fault *fault)
{
    struct peer *peer = (struct peer *)endpoint;
    struct peers *peers = peer->peers;
    struct peers_socket *socket = &peers->sockets[peer->place];
    *sent = 0;
    while (*sent < count) {
        size_t n;
        (void)bulk_send(&socket->bulk, socket->fd, peers->envelope.send_flags, messages + *sent,
                        count - *sent, &peer->address, &peer->origin, &n);
        *sent += n;
        if (*sent == count)
            break;
        const struct iovec *next = &messages[*sent];
        enum io result = peer_write(endpoint, next->iov_base, next->iov_len, &n, fault);
        if (result != IO_DONE)
            return *sent > 0 && result != IO_FAILED ? IO_DONE : result;
        ++*sent;
    }
    peers_touch(peer, deadline_now());
    return IO_DONE;
}

static enum io
peer_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct peer *peer = (struct peer *)endpoint;
    size_t put;
    if (!peer->peers->choice.eof_message || peer->told_end)
        return IO_DONE;
    enum io result = peer_write(endpoint, "", 0, &put, fault);
    peer->told_end = result == IO_DONE;
    return result;
}

/* --- the rest of an endpoint ------------------------------------------------------------------------------------- */

static void
peer_close(struct endpoint *endpoint)
{
    struct peer *peer = (struct peer *)endpoint;
    int64_t now = deadline_now();
    peers_forget(peer);
    peers_await_no_room(peer);
    peer->peers->peers--;
    for (; !queue_is_empty(&peer->queue); queue_drop_first(&peer->queue))
        peer->missed++;
    tell_missed(peer, now);
    queue_clear(&peer->queue);
    free(peer->trouble);
    free(peer);
}

static const struct endpoint_ops peer_ops = {
    .interest = peer_interest,
    .ready = peer_ready,
    .read = peer_read,
    .write = peer_write,
    .write_batch = peer_write_batch,
    .end_writing = peer_end_writing,
    .lost = endpoint_never_lost,
    .settle = endpoint_is_settled,
    .unsettled = endpoint_none_unsettled,
    .close = peer_close,
};

/* In one piece: the peer, its key and its name. */
struct peer *
peer_new(struct peers *peers, size_t place, const struct address *address, const struct peer_key *key)
{
    char name[PEERS_NAME_SIZE];
    peers->calls.name(peers->calls.context, address, name, sizeof name);
    size_t name_size = strlen(name) + 1;
    struct peer *peer = malloc(sizeof *peer + key->size + name_size);
    if (!peer)
        return NULL;
    char *bytes = (char *)(peer + 1);
    *peer = (struct peer){
        .base = { .ops = &peer_ops,
                  .name = bytes + key->size,
                  .unit = UNIT_MESSAGES,
                  .ends = true,
                  .tells_end = true,
                  .message_max =
                      domain_message_max_to(peers->domain, peers->sockets[place].fd, peers->type, address),
                  .writes_batches = peers->has_trains,
                  .socket = peers->sockets[place].fd,
                  .peer = &peer->address,
                  .read_fd = -1,
                  .write_fd = -1 },
        .peers = peers,
        .address = *address,
        .place = place,
        .key = { .size = key->size, .bytes = bytes },
        .name = bytes + key->size,
        .told_at = -1,
    };
    memcpy(bytes, key->bytes, key->size);
    memcpy(peer->name, name, name_size);
    if (peers_enter(peer, deadline_now()) == 0) {
        peers->peers++;
        return peer;
    }
    free(peer);
    return NULL;
}
