#include "dial/dial.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/netns.h"
#include "dial/lookup.h"
#include "dial/source.h"
#include "dial/tunnel.h"
#include <stdlib.h>

int
dial_remotes(struct loop *loop, const struct socket_plan *plan, int64_t deadline, struct address_list *list,
             struct fault *fault)
{
    const struct resolve_query query = open_query(plan, PURPOSE_CONNECT);
    if (lookup(loop, plan->domain, &query, deadline, list, fault) < 0) {
        open_explain(plan, STATUS_CONNECT, fault);
        return -1;
    }
    race_interleave(list);
    return 0;
}

int
dial_sources(struct loop *loop, const struct socket_plan *plan, int64_t deadline, struct address_list *list,
             struct fault *fault)
{
    const struct resolve_query query = open_query(plan, PURPOSE_SOURCE);
    *list = (struct address_list){ .items = NULL };
    if (!open_has_source(plan))
        return 0;
    if (lookup(loop, plan->domain, &query, deadline, list, fault) == 0)
        return 0;
    open_explain(plan, STATUS_CONNECT, fault);
    return -1;
}

struct dial {
    const struct socket_plan *plan;
    int64_t deadline;
    struct names *names; /* held */
    bool shares_names;   /* somebody else waits for them */
    struct race *race;   /* NULL: not begun, or over */
    const struct address_list *remotes;
    struct tunnel *tunnel; /* through the proxy, while that has not connected us; NULL: none, or not yet */
    int fd;                /* connected; -1: not yet, or not again: then tunnel goes on with the next one */
    size_t winner;
    struct binding source;
};

struct dial *
dial_start(const struct socket_plan *plan, struct names *names, int64_t deadline, struct fault *fault)
{
    struct dial *dial = malloc(sizeof *dial);
    if (!dial) {
        (void)fault_set(fault, STATUS_LOCAL, "connection");
        return NULL;
    }
    *dial = (struct dial){ .plan = plan, .deadline = deadline, .shares_names = names != NULL, .fd = -1 };
    dial->names = names ? names_hold(names) : names_start(plan, fault);
    if (dial->names)
        return dial;
    free(dial);
    return NULL;
}

size_t
dial_interest(struct dial *dial, struct pollfd *polls, int64_t *deadline)
{
    if (dial->race)
        return race_interest(dial->race, polls, deadline);
    if (dial->tunnel)
        return tunnel_interest(dial->tunnel, polls, deadline);
    *deadline = dial->deadline;
    if (dial->shares_names)
        return 0;
    polls[0] = (struct pollfd){ .fd = names_fd(dial->names), .events = POLLIN };
    return 1;
}

static bool
has_names(struct dial *dial)
{
    return dial->shares_names ? names_are_over(dial->names) : names_step(dial->names);
}

/* The addresses are there, or will not be. */
static int
begin_race(struct dial *dial, struct fault *fault)
{
    const struct address_list *sources;
    if (names_result(dial->names, &dial->remotes, &sources, fault) < 0)
        return -1;
    dial->race = race_start(dial->plan, dial->remotes, sources, dial->deadline, fault);
    return dial->race ? 0 : -1;
}

/* It has come to nothing after all. */
static void
drop(struct dial *dial)
{
    tunnel_free(dial->tunnel);
    dial->tunnel = NULL;
    (void)fd_close(&dial->fd); /* nothing of ours was sent yet */
    dial_release(dial->plan, &dial->source);
}

/* Somebody has answered: what is still to be done with the socket. */
static int
finish(struct dial *dial, struct fault *fault)
{
    const struct socket_plan *plan = dial->plan;
    int outside = -1;
    dial->fd = race_end(dial->race, &dial->winner, &dial->source);
    dial->race = NULL;
    if (netns_enter(plan->netns, &outside, fault) == 0 &&
        open_join(plan, dial->fd, PURPOSE_CONNECT, STATUS_CONNECT, fault) == 0 &&
        open_finish(plan, dial->fd, true, STATUS_CONNECT, fault) == 0 && netns_leave(&outside, fault) == 0)
        return 0;
    struct fault told;
    (void)netns_leave(&outside, &told); /* if it fails now, that is not what went wrong */
    drop(dial);
    return -1;
}

/* The proxy wants us to come once more. */
static enum dial_state
connect_again(struct dial *dial, struct fault *fault)
{
    (void)fd_close(&dial->fd); /* whatever else it says there */
    dial_release(dial->plan, &dial->source);
    if (begin_race(dial, fault) == 0)
        return DIAL_RUNS;
    drop(dial);
    return DIAL_FAILED;
}

static enum dial_state
step_tunnel(struct dial *dial, struct fault *fault)
{
    switch (tunnel_step(dial->tunnel, fault)) {
    case TUNNEL_RUNS:
        return DIAL_RUNS;
    case TUNNEL_THROUGH:
        tunnel_free(dial->tunnel);
        dial->tunnel = NULL;
        return DIAL_CONNECTED;
    case TUNNEL_AGAIN:
        return connect_again(dial, fault);
    case TUNNEL_FAILED:
        break;
    }
    drop(dial);
    return DIAL_FAILED;
}

/* The socket is connected: to whom it was to be, or to a proxy. */
static enum dial_state
go_through(struct dial *dial, struct fault *fault)
{
    if (finish(dial, fault) < 0)
        return DIAL_FAILED;
    if (!dial->plan->proxy.kind)
        return DIAL_CONNECTED;
    if (dial->tunnel)
        tunnel_again(dial->tunnel, dial->fd);
    else
        dial->tunnel = tunnel_start(dial->plan, names_target(dial->names), dial->fd, dial->deadline, fault);
    if (dial->tunnel)
        return step_tunnel(dial, fault);
    drop(dial);
    return DIAL_FAILED;
}

enum dial_state
dial_step(struct dial *dial, const struct pollfd *polls, struct fault *fault)
{
    if (dial->tunnel && !dial->race)
        return step_tunnel(dial, fault);
    if (!dial->race && !has_names(dial)) {
        if (!deadline_passed(dial->deadline, deadline_now()))
            return DIAL_RUNS;
        (void)names_timed_out(dial->names, fault);
        return DIAL_FAILED;
    }
    if (!dial->race && begin_race(dial, fault) < 0)
        return DIAL_FAILED;
    switch (race_step(dial->race, polls, fault)) {
    case RACE_RUNS:
        return DIAL_RUNS;
    case RACE_WON:
        return go_through(dial, fault);
    case RACE_LOST:
        break;
    }
    return DIAL_FAILED;
}

int
dial_end(struct dial *dial, struct address *peer, struct binding *source)
{
    *source = (struct binding){ .owns_file = false };
    if (dial->race)
        (void)race_end(dial->race, &dial->winner, &dial->source); /* nobody has won it */
    if (dial->tunnel)
        drop(dial);
    int fd = dial->fd;
    if (fd >= 0) {
        *peer = dial->remotes->items[dial->winner];
        *source = dial->source;
    }
    names_leave(dial->names);
    free(dial);
    return fd;
}

int
dial(struct loop *loop, const struct socket_plan *plan, int64_t deadline, struct address *peer,
     struct binding *source, struct fault *fault)
{
    struct pollfd polls[DIAL_POLLS_MAX];
    struct dial *dial = dial_start(plan, NULL, deadline, fault);
    if (!dial)
        return -1;
    while (dial_step(dial, polls, fault) == DIAL_RUNS) {
        int64_t next;
        size_t count = dial_interest(dial, polls, &next);
        if (loop_wait(loop, polls, count, next, fault) < 0)
            break;
    }
    return dial_end(dial, peer, source);
}

void
dial_release(const struct socket_plan *plan, struct binding *source)
{
    source_release(plan, source);
}
