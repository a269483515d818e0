#include "endpoint/peer.h"

#include "base/deadline.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    MESSAGES_AT_ONCE = 64, /* of a socket that gives them one by one: then sessions have their turn */
    ERRORS_MAX = 1000,     /* of peers, pending at once: the kernel tells each only once */
    WHO_SIZE = 80,
};

struct key_room {
    struct address_text text;
    struct peer_key key;
};

/* The bytes of an address are it, unless the domain compares in another way, and its kernel writes them so. */
static void
make_key(const struct peers *peers, const struct address *sender, struct key_room *room)
{
    if (!peers->domain->same || peers->domain->same_bytes) {
        room->key = (struct peer_key){ .size = sender->length, .bytes = &sender->name };
        return;
    }
    memset(&room->text, 0, sizeof room->text);
    peers->domain->format(sender, &room->text);
    room->key = (struct peer_key){ .size = sizeof room->text, .bytes = &room->text };
}

/* The sender as a new peer, if there is room for one who may come. */
static struct peer *
welcome(struct peers *peers, size_t place, const struct arrival *arrival, const struct peer_key *key,
        bool *is_new)
{
    const struct peers_calls *calls = &peers->calls;
    const struct address *sender = &arrival->sender;
    enum peers_welcome welcome = calls->welcome(calls->context, sender);
    if (welcome == PEERS_UNWANTED)
        return NULL;
    bool has_room = welcome == PEERS_WELCOME && peers->peers < peers->choice.max;
    struct peer *peer = has_room ? peer_new(peers, place, sender, key) : NULL;
    peers->turned_away += peer ? 0 : train_count(&arrival->train);
    *is_new = peer;
    return peer;
}

/* What came is no message but tells of one, or of its sender. */
static void
take_notice(struct peers *peers, struct peer *peer, const struct arrival *arrival)
{
    struct fault fault;
    enum notice means = peers->domain->notice
                            ? peers->domain->notice(arrival->train.data, arrival->train.size)
                            : NOTICE_OTHER;
    if (!peer || means == NOTICE_OTHER)
        return;
    errno = ECONNRESET;
    (void)fault_set(&fault, STATUS_CONNECTION, "%s", peer->name);
    peer_end(peer, means == NOTICE_LOST ? &fault : NULL);
}

/* Each message of a train. */
static void
give_all(struct peer *peer, const char *data, size_t size, size_t each)
{
    int64_t now = deadline_now();
    for (size_t at = 0; at < size || size == 0; at += each) {
        size_t piece = size - at < each ? size - at : each;
        peer_give(peer, data + at, piece, now);
        if (size == 0)
            break;
    }
}

/* Messages of a peer's, or an answer that nobody took and that came back without its bytes. */
static void
take_messages(struct peers *peers, struct peer *peer, const struct arrival *arrival, size_t room)
{
    struct fault fault;
    size_t size = arrival->train.size;
    struct peers_socket *socket = &peers->sockets[peer->place];
    if (size == 0 && peers->type->no_empty) {
        errno = EHOSTUNREACH;
        (void)fault_set(&fault, STATUS_CONNECTION, "%s", peer->name);
        peer_end(peer, &fault);
    } else if (size == 0 && peers->choice.eof_message) {
        peer_end(peer, NULL);
    } else {
        enum io opened = envelope_open(&peers->envelope, &peer->base, socket->fd, &socket->pieces,
                                       arrival->flags, arrival->train.data, room, &size, &fault);
        if (opened == IO_DONE)
            give_all(peer, arrival->train.data, size, arrival->train.each);
        else if (opened == IO_FAILED)
            peer_end(peer, &fault);
    }
}

/* Whose it is, and what becomes of it. */
static void
take_arrival(struct peers *peers, size_t place, const struct arrival *arrival, size_t room, const char *who)
{
    struct key_room key;
    bool is_new = false;
    make_key(peers, &arrival->sender, &key);
    struct peer *peer = peers_find(peers, &key.key);
    if (arrival->flags & NOTICE_FLAG) {
        take_notice(peers, peer, arrival);
        return;
    }
    if (!peer)
        peer = welcome(peers, place, arrival, &key.key, &is_new);
    if (!peer)
        return;
    peers->last = peer;
    peer->origin = arrival->origin;
    if (is_new) {
        take_messages(peers, peer, arrival, room);
        peers->calls.arrived(peers->calls.context, &peer->base, who);
    } else {
        take_messages(peers, peer, arrival, room);
    }
}

/* What errno of a receiving call means. Returns 0, or -1 with fault. */
static int
not_received(const struct peers *peers, struct fault *fault)
{
    if (errno == EAGAIN)
        return 0;
    if (errno != peers->type->loss_error)
        return fault_set(fault, STATUS_CONNECTION, "datagrams");
    if (peers->calls.on_loss)
        peers->calls.on_loss(peers->calls.context, "datagrams");
    return 0;
}

static int
receive_trains(struct peers *peers, size_t place, struct fault *fault)
{
    struct peers_socket *socket = &peers->sockets[place];
    int count, told = 0;
    do
        count = bulk_receive(&socket->bulk, socket->fd, peers->choice.receive_flags, peers->batch);
    while (count < 0 && envelope_concerns_a_peer(errno) && ++told < ERRORS_MAX);
    if (count < 0)
        return not_received(peers, fault);
    if (bulk_tells_drops(&socket->bulk) && peers->calls.on_drop)
        peers->calls.on_drop(peers->calls.context, "datagrams");
    for (int i = 0; i < count; i++)
        take_arrival(peers, place, &peers->batch->arrivals[i], BATCH_SLOT_SIZE, "");
    return 0;
}

/* One message. Returns 1, 0 if there is none, or -1 with fault. */
static int
receive_one(struct peers *peers, size_t place, struct fault *fault)
{
    struct arrival arrival;
    char who[WHO_SIZE] = "";
    struct iovec vector = { .iov_base = peers->room, .iov_len = ROOM_SIZE };
    union {
        struct cmsghdr aligned;
        char space[CMSG_SPACE(sizeof(struct ucred)) + ORIGIN_RECEIVE_SIZE];
    } control;
    bool tells_sender = peers->sockets[place].tells_senders;
    bool tells_origin = peers->sockets[place].tells_origins;
    size_t control_size = /* no more: others would get descriptors that nobody asked for */
        (tells_sender ? CMSG_SPACE(sizeof(struct ucred)) : 0) + (tells_origin ? ORIGIN_RECEIVE_SIZE : 0);
    struct msghdr message;
    int flags = ((MSG_DONTWAIT | MSG_TRUNC) & ~peers->type->no_flags) | peers->choice.receive_flags;
    ssize_t n;
    int told = 0;
    do {
        message = (struct msghdr){
            .msg_name = &arrival.sender.name,
            .msg_namelen = sizeof arrival.sender.name,
            .msg_iov = &vector,
            .msg_iovlen = 1,
            .msg_control = control_size > 0 ? &control : NULL,
            .msg_controllen = control_size,
        };
        n = recvmsg(peers->sockets[place].fd, &message, flags);
    } while (n < 0 && (errno == EINTR || (envelope_concerns_a_peer(errno) && ++told < ERRORS_MAX)));
    if (n < 0)
        return not_received(peers, fault);
    arrival.sender.length = message.msg_namelen;
    arrival.flags = message.msg_flags;
    arrival.train = (struct train){ .data = peers->room, .size = (size_t)n, .each = (size_t)n };
    arrival.origin.size = 0;
    if (tells_origin)
        peers->domain->origin(&message, &arrival.origin);
    if (tells_sender && !peers->domain->sender(&message, who, sizeof who))
        *who = '\0';
    take_arrival(peers, place, &arrival, ROOM_SIZE, who);
    return 1;
}

int
peers_receive(struct peers *peers, size_t place, struct fault *fault)
{
    if (peers->has_trains)
        return receive_trains(peers, place, fault);
    int result = 1;
    for (int i = 0; i < MESSAGES_AT_ONCE && result > 0; i++)
        result = receive_one(peers, place, fault);
    return result < 0 ? -1 : 0;
}
