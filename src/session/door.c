#include "session/door.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "endpoint/peers.h"
#include "observe/stats.h"
#include "session/report.h"
#include <inttypes.h>
#include <stdlib.h>

enum {
    CLIENTS_AT_ONCE = 64, /* taken in before those that are there have their turn */
    PEER_IDLE_MS =
        120 * 1000, /* RFC 4787, REQ-5: no mapping of a peer that sends datagrams is to go sooner */
};

struct door {
    const struct run *run;
    struct listener *listener;
    struct peers *peers; /* NULL: clients connect */
    struct door_calls calls;
    uint64_t entered; /* in this step */
    int64_t accept_deadline;
};

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

static bool
is_heard(void *context, const struct address *sender)
{
    const struct door *door = context;
    return admission_hears(door->run->admission, door->listener->plan, sender);
}

static void
arrived(void *context, struct endpoint *peer, const char *who)
{
    const struct door *door = context;
    const struct log *log = door->run->log;
    report_client(log, door->listener, peer->peer);
    if (*who)
        log_line(log, LOG_TALK, "Peer is %s", who);
    door->calls.enter(door->calls.context, peer, peer->peer);
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
    log_line(door->run->log, LOG_ERROR,
             "%" PRIu64 " message%s of new peers dropped: there are %" PRId64 " already", count,
             plural(count), door->run->request->max_conns);
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
        .max = (uint64_t)request->max_conns,
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
        .is_heard = door->run->admission ? is_heard : NULL,
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
    return clients >= (uint64_t)door->run->request->max_conns;
}

static void
let_in(struct door *door, int fd, const struct address *peer, bool is_full, uint64_t clients)
{
    const struct run *run = door->run;
    struct fault fault;
    report_client(run->log, door->listener, peer);
    report_options(run->log, door->listener->plan, fd, PHASE_CONNECTED, PHASE_CONNECTED);
    report_who(run->log, door->listener->plan, fd);
    if (is_full) {
        log_line(run->log, LOG_TALK, "Connection refused: there are %" PRIu64 " already", clients);
        (void)fd_close(&fd); /* nothing was sent */
        return;
    }
    struct endpoint *far = session_far(run, door->listener->plan, fd, peer, &fault);
    if (!far) {
        log_fault(run->log, &fault);
        return;
    }
    door->entered++;
    door->calls.enter(door->calls.context, far, peer);
}

/* Returns 0, or -1 when no more can be taken. */
static int
take_clients(struct door *door, uint64_t clients, const struct pollfd *polls, struct fault *fault)
{
    door->entered = 0;
    for (int i = 0; i < CLIENTS_AT_ONCE; i++) {
        bool is_full = door_is_full(door, clients + door->entered);
        struct address peer;
        int fd;
        if (is_full && !door->run->request->refuses_when_full)
            return 0;
        if (listener_take_ready(door->listener, polls, &fd, &peer, fault) != 0)
            return -1;
        if (fd < 0)
            return 0;
        if (admission_takes(door->run->admission, door->listener->plan, &peer, &fd))
            let_in(door, fd, &peer, is_full, clients + door->entered);
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
    bool waits = door_is_full(door, clients) && !door->run->request->refuses_when_full;
    return waits ? 0 : listener_interest(door->listener, polls, deadline);
}

int
door_step(struct door *door, uint64_t clients, const struct pollfd *polls, struct fault *fault)
{
    int64_t now = deadline_now();
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
door_count_time(struct door *door)
{
    door->accept_deadline = deadline_after(deadline_now(), door->run->request->accept_ms);
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
    door_count_time(door);
    if (run->request->socket.type->accepts || open_peers(door, fault) == 0)
        return door;
    free(door);
    return NULL;
}

void
door_close(struct door *door)
{
    if (door->peers) {
        tell_dropped(door);
        peers_close(door->peers);
    }
    free(door);
}
