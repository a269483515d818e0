#include "session/lobby.h"

#include "base/deadline.h"
#include "session/handshake.h"
#include "session/report.h"
#include <stdlib.h>
#include <string.h>

enum { LOBBY_MAX = 32, LOBBY_POLLS_MAX = LISTENER_SOCKETS_MAX + LOBBY_MAX * ENDPOINT_POLLS_MAX };

struct lobby {
    const struct run *run;
    struct listener *listener;
    size_t count;
    struct handshake clients[LOBBY_MAX]; /* in the order in which they came */
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
    return client;
}

/* Go on with all. Returns the first that is done, or NULL: none is. */
static struct endpoint *
step_all(struct lobby *lobby)
{
    struct fault fault;
    size_t i = 0;
    while (i < lobby->count) {
        enum io result = handshake_step(&lobby->clients[i], &fault);
        if (result == IO_AGAIN) {
            i++;
            continue;
        }
        struct endpoint *client = take_out(lobby, i);
        if (result == IO_DONE)
            return client;
        log_fault(lobby->run->log, &fault);
        client->ops->close(client);
    }
    return NULL;
}

/* Somebody may have come. Returns 0, or -1 with STATUS_LISTEN. */
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
    if (!client) {
        log_fault(run->log, &why);
        return 0;
    }
    lobby->clients[lobby->count++] = (struct handshake){
        .run = run, .endpoint = client, .deadline = handshake_deadline(run, &run->request->tls)
    };
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
        lobby->clients[i].deadline = handshake_deadline(run, &run->request->tls);
}

struct endpoint *
lobby_next(struct lobby *lobby, int64_t accept_deadline, struct fault *fault)
{
    restart_clocks(lobby);
    for (;;) {
        struct pollfd polls[LOBBY_POLLS_MAX];
        bool is_closed = deadline_passed(accept_deadline, deadline_now());
        int64_t until = is_closed ? DEADLINE_NEVER : accept_deadline;
        struct endpoint *client = step_all(lobby);
        if (client)
            return client;
        if (is_closed && lobby->count == 0) {
            (void)fault_say(fault, STATUS_TIMEOUT, "timed out: no client came", "accept");
            return NULL;
        }
        bool has_room = !is_closed && lobby->count < LOBBY_MAX;
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
