#include "session/lobby.h"

#include "base/deadline.h"
#include "session/handshake.h"
#include "session/report.h"
#include <stdlib.h>
#include <string.h>

enum { LOBBY_MAX = 128, LOBBY_POLLS_MAX = LISTENER_SOCKETS_MAX + LOBBY_MAX * ENDPOINT_POLLS_MAX };

struct lobby {
    const struct run *run;
    struct listener *listener;
    size_t count;
    struct handshake clients[LOBBY_MAX]; /* in the order in which they came */
    int64_t since[LOBBY_MAX];
};

struct lobby *
lobby_open(const struct run *run, struct listener *listener, struct fault *fault)
{
    struct lobby *lobby = malloc(sizeof *lobby);
    if (!lobby) {
        (void)fault_set(fault, STATUS_LOCAL, "listener");
        return NULL;
    }
    *lobby = (struct lobby){ .run = run, .listener = listener };
    return lobby;
}

static struct endpoint *
take_out(struct lobby *lobby, size_t i)
{
    struct endpoint *client = lobby->clients[i].endpoint;
    lobby->count--;
    memmove(&lobby->clients[i], &lobby->clients[i + 1], (lobby->count - i) * sizeof lobby->clients[i]);
    memmove(&lobby->since[i], &lobby->since[i + 1], (lobby->count - i) * sizeof lobby->since[i]);
    return client;
}

/* Whoever it is that has failed: is it this side, which then ends? */
static int
note_failure(const struct lobby *lobby, const struct fault *why, struct fault *fault)
{
    *fault = *why;
    if (why->status == STATUS_LOCAL)
        return -1;
    log_fault(lobby->run->log, why);
    return 0;
}

/* Go on with all. *done: the first that is; NULL: none. Returns 0, or -1 with STATUS_LOCAL. */
static int
step_all(struct lobby *lobby, struct endpoint **done, struct fault *fault)
{
    struct fault why;
    size_t i = 0;
    *done = NULL;
    while (i < lobby->count) {
        enum io result = handshake_step(&lobby->clients[i], &why);
        if (result == IO_AGAIN) {
            i++;
            continue;
        }
        struct endpoint *client = take_out(lobby, i);
        if (result == IO_DONE) {
            *done = client;
            return 0;
        }
        int failed = note_failure(lobby, &why, fault);
        client->ops->close(client);
        if (failed != 0)
            return -1;
    }
    return 0;
}

/* When there is room for one more. */
static int64_t
has_room_at(const struct lobby *lobby)
{
    return lobby->count < LOBBY_MAX ? 0 : deadline_after(lobby->since[0], HANDSHAKE_STALLED_MS);
}

/* Whoever says nothing must not keep out those that do. */
static void
make_room(struct lobby *lobby)
{
    if (lobby->count < LOBBY_MAX)
        return;
    struct endpoint *client = take_out(lobby, 0);
    handshake_tell_stalled(lobby->run, client);
    client->ops->close(client);
}

/* Somebody may have come. Returns 0, or -1 with STATUS_LISTEN or STATUS_LOCAL. */
static int
let_in(struct lobby *lobby, const struct pollfd *polls, struct fault *fault)
{
    const struct run *run = lobby->run;
    const struct socket_plan *plan = lobby->listener->plan;
    struct address peer;
    struct fault why;
    int fd;
    if (listener_take_ready(lobby->listener, polls, &fd, &peer, fault) != 0)
        return -1;
    if (fd < 0 || !admission_takes(run->admission, plan, &peer, &fd))
        return 0;
    report_client(run->log, lobby->listener, &peer);
    report_options(run->log, plan, fd, PHASE_CONNECTED, PHASE_CONNECTED);
    report_who(run->log, plan, fd);
    struct endpoint *client = session_far(run, plan, fd, &peer, &why);
    if (!client)
        return note_failure(lobby, &why, fault);
    make_room(lobby);
    lobby->since[lobby->count] = deadline_now();
    lobby->clients[lobby->count++] =
        (struct handshake){ .run = run, .endpoint = client, .deadline = handshake_deadline_of_client(run) };
    return 0;
}

static size_t
interest(const struct lobby *lobby, size_t doors, struct pollfd *polls, int64_t *deadline)
{
    size_t count = doors;
    for (size_t i = 0; i < lobby->count; i++) {
        int64_t until;
        count += handshake_interest(&lobby->clients[i], polls + count, &until);
        *deadline = deadline_sooner(*deadline, until);
    }
    return count;
}

/* While another was served, nobody has looked at those who wait: that time is not theirs. */
static void
restart_clocks(struct lobby *lobby)
{
    const struct run *run = lobby->run;
    for (size_t i = 0; i < lobby->count; i++)
        lobby->clients[i].deadline = handshake_deadline_of_client(run);
}

struct endpoint *
lobby_next(struct lobby *lobby, int64_t accept_deadline, struct fault *fault)
{
    restart_clocks(lobby);
    for (;;) {
        struct pollfd polls[LOBBY_POLLS_MAX];
        bool is_closed = deadline_passed(accept_deadline, deadline_now());
        int64_t until = is_closed ? DEADLINE_NEVER : accept_deadline;
        struct endpoint *client;
        if (step_all(lobby, &client, fault) != 0)
            return NULL;
        if (client)
            return client;
        if (is_closed && lobby->count == 0) {
            (void)fault_say(fault, STATUS_TIMEOUT, "timed out: no client came", "accept");
            return NULL;
        }
        bool has_room = !is_closed && deadline_passed(has_room_at(lobby), deadline_now());
        if (!is_closed && !has_room)
            until = deadline_sooner(until, has_room_at(lobby));
        size_t doors = has_room ? listener_interest(lobby->listener, polls, &until) : 0;
        size_t count = interest(lobby, doors, polls, &until);
        if (loop_wait(lobby->run->loop, polls, count, until, fault) < 0 ||
            (doors > 0 && let_in(lobby, polls, fault) != 0))
            return NULL;
    }
}

void
lobby_clear(struct lobby *lobby)
{
    while (lobby->count > 0) {
        struct endpoint *client = take_out(lobby, lobby->count - 1);
        client->ops->close(client);
    }
}

void
lobby_close(struct lobby *lobby)
{
    if (!lobby)
        return;
    lobby_clear(lobby);
    free(lobby);
}
