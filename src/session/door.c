#include "session/door.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "endpoint/peers.h"
#include "observe/stats.h"
#include "session/local.h"
#include "session/report.h"
#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DESCRIPTORS_SPARE = 4,  /* for a moment: what a program gets of pipes, the next address that is tried */
    DESCRIPTORS_MOVING = 4, /* pipes of a client whose bytes are moved inside the kernel, both ways */
    DESCRIPTORS_NEEDED_MAX = 16,
    CLIENTS_AT_ONCE = 64, /* taken in before those that are there have their turn */
    PEER_IDLE_MS =
        120 * 1000, /* RFC 4787, REQ-5: no mapping of a peer that sends datagrams is to go sooner */
};

struct door {
    const struct run *run;
    struct listener *listener;
    struct peers *peers; /* NULL: clients connect */
    struct door_calls calls;
    struct quota *quota;
    uint64_t entered; /* in this step */
    uint64_t clients_max;
    uint64_t clients_sure; /* so many have descriptors enough, whatever they do */
    unsigned needed;       /* descriptors for one more, at least */
    int64_t accept_deadline;
};

/*
 * As many clients as there may be. One that was let in and then has no descriptors for its local end can only be turned
 * away, so that the others wait outside.
 */
static void
find_max(struct door *door)
{
    const struct request *request = door->run->request;
    unsigned near = local_descriptors(door->run);
    struct rlimit limit;
    door->clients_max = (uint64_t)request->max_conns;
    door->clients_sure = UINT64_MAX;
    if (near == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    int first = fcntl(door->listener->sockets[0].fd, F_DUPFD_CLOEXEC, 0); /* that is free */
    rlim_t taken = first >= 0 ? (rlim_t)first + DESCRIPTORS_SPARE : limit.rlim_cur;
    (void)fd_close(&first); /* a copy */
    rlim_t left = limit.rlim_cur > taken ? limit.rlim_cur - taken : 0;
    unsigned each = near + request->socket.type->accepts;
    uint64_t most = left / each;
    if (most < door->clients_max)
        door->clients_max = most == 0 ? 1 : most;
    door->clients_sure = left / (each + DESCRIPTORS_MOVING);
    door->needed = each + DESCRIPTORS_SPARE;
    assert(door->needed <= DESCRIPTORS_NEEDED_MAX);
}

/* Are there descriptors for one more client? Those before may have taken more than they need: it is tried. */
static bool
has_descriptors(const struct door *door, uint64_t clients)
{
    int copies[DESCRIPTORS_NEEDED_MAX];
    unsigned count = 0;
    if (clients == 0 || clients < door->clients_sure)
        return true;
    while (count < door->needed &&
           (copies[count] = fcntl(door->listener->sockets[0].fd, F_DUPFD_CLOEXEC, 0)) >= 0)
        count++;
    bool enough = count == door->needed;
    while (count > 0)
        (void)fd_close(&copies[--count]); /* copies */
    return enough;
}

static int64_t
idle_ms(const struct run *run)
{
    int64_t asked = run->request->pump.idle_ms;
    return asked >= 0 ? asked : PEER_IDLE_MS;
}

/* --- peers without connections ----------------------------------------------------------------------------------- */

static void
wake(void *context, void *owner)
{
    const struct door *door = context;
    door->calls.wake(door->calls.context, owner);
}

static void
watch(void *context)
{
    const struct door *door = context;
    door->calls.watch(door->calls.context);
}

static void
name_of(void *context, const struct address *address, char *name, size_t size)
{
    const struct door *door = context;
    report_name(door->listener->plan, address, name, size);
}

/* Is the time for one more client still to come? */
static bool
is_too_soon(const struct door *door)
{
    int64_t next = quota_next(door->quota);
    return next > 0 && !deadline_passed(next, deadline_now());
}

static enum peers_welcome
welcome(void *context, const struct address *sender)
{
    const struct door *door = context;
    const struct socket_plan *plan = door->listener->plan;
    if (!admission_hears(door->run->admission, plan, sender))
        return PEERS_UNWANTED;
    return is_too_soon(door) || !quota_has_place(door->quota, plan, sender, -1) ? PEERS_NO_ROOM
                                                                                : PEERS_WELCOME;
}

/* Somebody may come in: count it. Returns false without memory for that. */
static bool
count_in(struct door *door, const struct address *peer, int fd, struct quota_place **place)
{
    struct fault fault FAULT_UNSET;
    quota_spend(door->quota);
    if (quota_take(door->quota, door->listener->plan, peer, fd, place, &fault) != 0) {
        log_fault(door->run->log, &fault);
        return false;
    }
    door->entered++;
    return true;
}

static void
arrived(void *context, struct endpoint *peer, const char *who)
{
    struct door *door = context;
    const struct log *log = door->run->log;
    report_client(log, door->listener, peer->peer);
    if (*who)
        log_line(log, LOG_TALK, "Peer is %s", who);
    struct quota_place *place;
    if (count_in(door, peer->peer, -1, &place))
        door->calls.enter(door->calls.context, peer, peer->peer, place);
    else
        peer->ops->close(peer);
}

static const char *
plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void
missed(void *context, const char *name, uint64_t count)
{
    const struct door *door = context;
    log_line(door->run->log, LOG_ERROR, "%s: %" PRIu64 " message%s dropped: not taken in time", name, count,
             plural(count));
}

static void
turned_away(void *context, uint64_t count)
{
    const struct door *door = context;
    log_line(door->run->log, LOG_ERROR, "%" PRIu64 " message%s of new peers dropped: at a limit of peers",
             count, plural(count));
}

static void
on_loss_here(const void *context, const char *name)
{
    const struct door *door = context;
    session_tell_loss(door->run, name);
}

static void
on_drop_here(const void *context, const char *name)
{
    const struct door *door = context;
    session_tell_drop(door->run, name);
}

static int
open_peers(struct door *door, struct fault *fault)
{
    const struct request *request = door->run->request;
    const struct peers_choice choice = {
        .max = door->clients_max,
        .idle_ms = idle_ms(door->run),
        .queue_size = request->queue_size,
        .keeps_headers = request->socket.keeps_headers,
        .eof_message = request->eof_message,
        .is_shared = session_is_shared(request),
        .asks_who = door->run->log->level >= LOG_TALK,
        .protocol = request->socket.protocol,
        .send_flags = request->send_flags,
        .receive_flags = request->receive_flags,
    };
    const struct peers_calls calls = {
        .wake = wake,
        .watch = watch,
        .name = name_of,
        .welcome = welcome,
        .arrived = arrived,
        .missed = missed,
        .turned_away = turned_away,
        .on_loss = on_loss_here,
        .on_drop = on_drop_here,
        .context = door,
    };
    int fds[LISTENER_SOCKETS_MAX];
    for (size_t i = 0; i < door->listener->count; i++)
        fds[i] = listener_take(door->listener, i);
    door->peers = peers_open(fds, door->listener->count, request->socket.domain, request->socket.type,
                             &choice, &calls, fault);
    return door->peers ? 0 : -1;
}

static void
tell_dropped(const struct door *door)
{
    uint64_t dropped = peers_dropped(door->peers);
    if (dropped > 0)
        stats_dropped(door->run->log, door->run->request->stats ? LOG_ERROR : LOG_TALK, dropped);
}

/* --- clients that connect ---------------------------------------------------------------------------------------- */

bool
door_is_full(const struct door *door, uint64_t clients)
{
    return clients >= door->clients_max;
}

/* A limit that this client would break; NULL: none. */
static const char *
find_limit(const struct door *door, uint64_t clients, const struct address *peer, int fd, char *words,
           size_t size)
{
    const struct request *request = door->run->request;
    if (door_is_full(door, clients))
        (void)snprintf(words, size, "there are %" PRIu64 " already", clients);
    else if (!quota_has_place(door->quota, door->listener->plan, peer, fd))
        (void)snprintf(words, size, "it has %" PRId64 " already", request->max_per_peer);
    else if (is_too_soon(door))
        (void)snprintf(words, size, "too many in a short time");
    else
        return NULL;
    return words;
}

static void
let_in(struct door *door, int fd, const struct address *peer, uint64_t clients)
{
    const struct run *run = door->run;
    const struct socket_plan *plan = door->listener->plan;
    struct quota_place *place;
    char words[64];
    report_client(run->log, door->listener, peer);
    report_options(run->log, plan, fd, PHASE_CONNECTED, PHASE_CONNECTED);
    report_who(run->log, plan, fd);
    const char *limit = find_limit(door, clients, peer, fd, words, sizeof words);
    if (limit)
        log_line(run->log, LOG_TALK, "Connection refused: %s", limit);
    if (!limit && count_in(door, peer, fd, &place))
        door->calls.connected(door->calls.context, fd, peer, place);
    else
        (void)fd_close(&fd); /* nothing was sent */
}

/* Has a client to wait outside, where it can? */
static bool
waits(const struct door *door, uint64_t clients)
{
    return !door->run->request->refuses_when_full && (door_is_full(door, clients) || is_too_soon(door));
}

/* Is somebody at the door? */
static bool
is_asked(const struct door *door, const struct pollfd *polls)
{
    size_t i = 0;
    while (i < door->listener->count && polls[i].revents == 0)
        i++;
    return i < door->listener->count;
}

/* One client, and while others wait for their turn as many as there are. Returns 0, or -1 when no more can be taken. */
static int
take_clients(struct door *door, uint64_t clients, const struct pollfd *polls, struct fault *fault)
{
    door->entered = 0;
    for (int i = 0; i < CLIENTS_AT_ONCE && (i == 0 || door->calls.is_busy(door->calls.context)); i++) {
        struct address peer;
        int fd;
        if (waits(door, clients + door->entered))
            return 0;
        if (is_asked(door, polls) && !has_descriptors(door, clients + door->entered)) {
            listener_hold_off(door->listener);
            return 0;
        }
        if (listener_take_ready(door->listener, polls, &fd, &peer, fault) != 0)
            return -1;
        if (fd < 0)
            return 0;
        if (admission_takes(door->run->admission, door->listener->plan, &peer, &fd))
            let_in(door, fd, &peer, clients + door->entered);
    }
    return 0;
}

/* --- both -------------------------------------------------------------------------------------------------------- */

struct pump_policy
door_policy(const struct door *door)
{
    struct pump_policy policy = session_policy(door->run);
    if (door->peers) /* the first time ends what it hears of the peer; it may have something to say about that */
        policy.idle_ms = 2 * idle_ms(door->run);
    return policy;
}

void
door_own(struct door *door, struct endpoint *far, void *owner)
{
    if (door->peers)
        peers_own(far, owner);
}

size_t
door_interest(const struct door *door, uint64_t clients, struct pollfd *polls, int64_t *deadline)
{
    *deadline = deadline_sooner(door->run->deadline, door->accept_deadline);
    if (door->peers)
        return peers_interest(door->peers, polls, deadline);
    if (!waits(door, clients))
        return listener_interest(door->listener, polls, deadline);
    if (!door_is_full(door, clients))
        *deadline = deadline_sooner(*deadline, quota_next(door->quota));
    return 0;
}

int
door_step(struct door *door, uint64_t clients, const struct pollfd *polls, struct fault *fault)
{
    int64_t now = door->run->loop->now;
    if (deadline_passed(door->run->deadline, now))
        return fault_say(fault, STATUS_TIMEOUT, "timed out: the time for all of it is over",
                         door->peers ? "datagrams" : "accept");
    if (door->peers)
        return peers_take(door->peers, polls, fault);
    if (clients > 0)
        door_count_time(door);
    else if (deadline_passed(door->accept_deadline, now))
        return fault_say(fault, STATUS_TIMEOUT, "timed out: no client came", "accept");
    return take_clients(door, clients, polls, fault);
}

void
door_leave(struct door *door, struct quota_place *place)
{
    quota_leave(door->quota, place);
    if (door->entered > 0) /* many come and go within one step */
        door->entered--;
}

/* Where it has to wait outside for its time, it has its time from then on. */
void
door_count_time(struct door *door)
{
    const struct request *request = door->run->request;
    int64_t now = door->run->loop->now, next = request->refuses_when_full ? now : quota_next(door->quota);
    door->accept_deadline = deadline_after(next > now ? next : now, request->accept_ms);
}

struct door *
door_open(const struct run *run, struct listener *listener, const struct door_calls *calls,
          struct fault *fault)
{
    struct door *door = malloc(sizeof *door);
    if (!door) {
        (void)fault_set(fault, STATUS_LOCAL, "listener");
        return NULL;
    }
    *door = (struct door){ .run = run, .listener = listener, .calls = *calls };
    find_max(door);
    door->quota = quota_open(run->request, fault);
    if (!door->quota || (!run->request->socket.type->accepts && open_peers(door, fault) != 0)) {
        door_close(door);
        return NULL;
    }
    door_count_time(door);
    return door;
}

void
door_close(struct door *door)
{
    if (door->peers) {
        tell_dropped(door);
        peers_close(door->peers);
    }
    if (door->quota)
        quota_close(door->quota);
    free(door);
}
