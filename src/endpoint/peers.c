#include "endpoint/peer.h"

#include "base/deadline.h"
#include "base/fd.h"
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* --- who is known ------------------------------------------------------------------------------------------------ */

/* An order is all that is needed, and which one does not matter. A tree has no bad cases that somebody could send us. */
static int
compare(const void *a, const void *b)
{
    const struct peer_key *one = a, *other = b;
    if (one->size != other->size)
        return one->size < other->size ? -1 : 1;
    return memcmp(one->bytes, other->bytes, one->size);
}

struct peer *
peers_find(const struct peers *peers, const struct peer_key *key)
{
    if (peers->last && compare(key, &peers->last->key) == 0)
        return peers->last;
    struct peer_key *const *found = tfind(key, &peers->known, compare);
    return found ? (struct peer *)(void *)((char *)*found - offsetof(struct peer, key)) : NULL;
}

static void
unlink_known(struct peer *peer)
{
    struct peers *peers = peer->peers;
    *(peer->newer ? &peer->newer->older : &peers->newest) = peer->older;
    *(peer->older ? &peer->older->newer : &peers->oldest) = peer->newer;
    peer->newer = peer->older = NULL;
}

static void
link_newest(struct peer *peer)
{
    struct peers *peers = peer->peers;
    peer->older = peers->newest;
    *(peers->newest ? &peers->newest->newer : &peers->oldest) = peer;
    peers->newest = peer;
}

int
peers_enter(struct peer *peer, int64_t now)
{
    if (!tsearch(&peer->key, &peer->peers->known, compare))
        return -1;
    peer->is_known = true;
    peer->moved_at = now;
    link_newest(peer);
    return 0;
}

void
peers_touch(struct peer *peer, int64_t now)
{
    peer->moved_at = now;
    if (!peer->is_known || peer->peers->newest == peer)
        return;
    unlink_known(peer);
    link_newest(peer);
}

void
peers_forget(struct peer *peer)
{
    struct peers *peers = peer->peers;
    if (!peer->is_known)
        return;
    peer->is_known = false;
    (void)tdelete(&peer->key, &peers->known, compare);
    unlink_known(peer);
    peers->last = peers->last == peer ? NULL : peers->last;
}

/* --- who waits for room ------------------------------------------------------------------------------------------ */

void
peers_await_room(struct peer *peer)
{
    struct peers_socket *socket = &peer->peers->sockets[peer->place];
    if (peer->awaits_room)
        return;
    peer->awaits_room = true;
    peer->waits_before = NULL;
    peer->waits_next = socket->waiting;
    if (socket->waiting)
        socket->waiting->waits_before = peer;
    else
        peer->peers->calls.watch(peer->peers->calls.context);
    socket->waiting = peer;
}

void
peers_await_no_room(struct peer *peer)
{
    if (!peer->awaits_room)
        return;
    peer->awaits_room = false;
    *(peer->waits_before ? &peer->waits_before->waits_next : &peer->peers->sockets[peer->place].waiting) =
        peer->waits_next;
    if (peer->waits_next)
        peer->waits_next->waits_before = peer->waits_before;
}

static void
tell_of_room(struct peers *peers, size_t place)
{
    while (peers->sockets[place].waiting) {
        struct peer *peer = peers->sockets[place].waiting;
        peers_await_no_room(peer);
        peers->calls.wake(peers->calls.context, peer->owner);
    }
}

/* --- going on ---------------------------------------------------------------------------------------------------- */

size_t
peers_interest(const struct peers *peers, struct pollfd *polls, int64_t *deadline)
{
    for (size_t i = 0; i < peers->count; i++)
        polls[i] = (struct pollfd){ .fd = peers->sockets[i].fd,
                                    .events = peers->sockets[i].waiting ? POLLIN | POLLOUT : POLLIN };
    if (peers->oldest)
        *deadline =
            deadline_sooner(*deadline, deadline_after(peers->oldest->moved_at, peers->choice.idle_ms));
    if (peers->turned_away > 0)
        *deadline = deadline_sooner(*deadline, deadline_after(peers->turned_away_at, TELL_EVERY_MS));
    return peers->count;
}

static void
end_the_idle(struct peers *peers, int64_t now)
{
    while (peers->oldest &&
           deadline_passed(deadline_after(peers->oldest->moved_at, peers->choice.idle_ms), now))
        peer_end(peers->oldest, NULL);
}

static void
tell_turned_away(struct peers *peers, int64_t now)
{
    if (peers->turned_away == 0 ||
        !deadline_passed(deadline_after(peers->turned_away_at, TELL_EVERY_MS), now))
        return;
    peers->calls.turned_away(peers->calls.context, peers->turned_away);
    peers->turned_away = 0;
    peers->turned_away_at = now;
}

int
peers_take(struct peers *peers, const struct pollfd *polls, struct fault *fault)
{
    for (size_t i = 0; i < peers->count; i++) {
        if (polls[i].revents & (POLLOUT | POLLERR | POLLHUP))
            tell_of_room(peers, i);
        if (polls[i].revents & (POLLIN | POLLERR | POLLHUP) && peers_receive(peers, i, fault) != 0)
            return -1;
        if (polls[i].revents & POLLERR)
            (void)domain_clear_errors(peers->domain, peers->sockets[i].fd, peers->type);
    }
    int64_t now = deadline_now();
    end_the_idle(peers, now);
    tell_turned_away(peers, now);
    return 0;
}

void
peers_own(struct endpoint *endpoint, void *owner)
{
    ((struct peer *)endpoint)->owner = owner;
}

uint64_t
peers_count(const struct peers *peers)
{
    return peers->peers;
}

uint64_t
peers_dropped(const struct peers *peers)
{
    uint64_t dropped = 0;
    for (size_t i = 0; i < peers->count && peers->has_trains; i++)
        dropped += bulk_dropped(&peers->sockets[i].bulk, peers->sockets[i].fd);
    return dropped;
}

/* --- the table --------------------------------------------------------------------------------------------------- */

void
peers_close(struct peers *peers)
{
    if (peers->turned_away > 0)
        peers->calls.turned_away(peers->calls.context, peers->turned_away);
    for (size_t i = 0; i < peers->count; i++) {
        (void)fd_close(&peers->sockets[i].fd); /* whatever was sent is on its way */
        pieces_free(&peers->sockets[i].pieces);
    }
    free(peers->batch);
    free(peers->room);
    free(peers);
}

/* Memory for what comes in, of which only what is used is taken. */
static int
take_room(struct peers *peers)
{
    if (!peers->has_trains) {
        peers->room = malloc(ROOM_SIZE);
        return peers->room ? 0 : -1;
    }
    peers->batch = batch_new();
    return peers->batch ? 0 : -1;
}

struct peers *
peers_open(const int *fds, size_t count, const struct domain *domain, const struct type *type,
           const struct peers_choice *choice, const struct peers_calls *calls, struct fault *fault)
{
    struct peers *peers = calloc(1, sizeof *peers);
    if (!peers) {
        (void)fault_set(fault, STATUS_LOCAL, "datagrams");
        for (size_t i = 0; i < count; i++) {
            int closing = fds[i];
            (void)fd_close(&closing);
        }
        return NULL;
    }
    peers->domain = domain;
    peers->type = type;
    peers->choice = *choice;
    peers->calls = *calls;
    peers->envelope =
        envelope_make(domain, type, choice->protocol, choice->keeps_headers, choice->send_flags);
    peers->count = count;
    peers->has_trains = domain->has_trains && domain->has_trains(fds[0], type);
    peers->turned_away_at = deadline_now() - TELL_EVERY_MS;
    for (size_t i = 0; i < count; i++) {
        peers->sockets[i].fd = fds[i];
        if (domain->tell_origins)
            peers->sockets[i].tells_origins = domain->tell_origins(fds[i], type, choice->is_shared);
        if (peers->has_trains)
            peers->sockets[i].bulk = bulk_make(fds[i], choice->is_shared);
        if (peers->has_trains && peers->sockets[i].tells_origins)
            peers->sockets[i].bulk.origins = domain;
        if (choice->asks_who && domain->tell_senders)
            peers->sockets[i].tells_senders = domain->tell_senders(fds[i], choice->is_shared);
    }
    if (take_room(peers) == 0)
        return peers;
    (void)fault_set(fault, STATUS_LOCAL, "datagrams");
    peers_close(peers);
    return NULL;
}
