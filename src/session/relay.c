#include "session/relay.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/inherit.h"
#include "endpoint/socket.h"
#include "session/exchange.h"
#include "session/handshake.h"
#include "session/report.h"
#include "session/retry.h"
#include <stdlib.h>
#include <sys/socket.h>

struct relay {
    const struct run *run;
    struct endpoint *client;
    struct exchange *exchange;  /* NULL: the dial asks by itself */
    struct dial *dial;          /* NULL: not begun, or over */
    struct handshake handshake; /* with what was dialled; no endpoint: not yet, or over */
    int64_t deadline;           /* of the dial, and of that */
    struct retry retry;
    int64_t dial_at;   /* when the next one begins */
    size_t dial_polls; /* of those that relay_interest has named */
    size_t client_polls;
    bool client_ended; /* in order; poll goes on saying so */
    struct binding source;
};

static const struct socket_plan *
plan_of(const struct run *run)
{
    return &run->request->relay.socket;
}

struct relay *
relay_start(const struct run *run, struct endpoint *client, struct exchange *exchange, struct fault *fault)
{
    struct relay *relay = malloc(sizeof *relay);
    if (!relay) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", client->name);
        return NULL;
    }
    *relay = (struct relay){ .run = run,
                             .client = client,
                             .exchange = exchange,
                             .deadline = DEADLINE_NEVER,
                             .dial_at = deadline_now() };
    retry_start(&relay->retry, run);
    return relay;
}

size_t
relay_interest(struct relay *relay, struct pollfd *polls, int64_t *deadline)
{
    bool at_once = false;
    relay->dial_polls = relay->client_polls = 0;
    *deadline = relay->dial_at;
    if (relay->dial)
        relay->dial_polls = dial_interest(relay->dial, polls, deadline);
    else if (relay->handshake.endpoint)
        relay->dial_polls = handshake_interest(&relay->handshake, polls, deadline);
    if (!relay->client_ended)
        relay->client_polls =
            relay->client->ops->interest(relay->client, WANT_NOTICE, polls + relay->dial_polls, &at_once);
    if (at_once)
        *deadline = 0;
    return relay->dial_polls + relay->client_polls;
}

/* A connected socket of ours as an endpoint. No byte of it may be missing behind us, so urgent data stays in its place. */
static struct endpoint *
as_endpoint(const struct run *run, int fd, const struct address *peer, struct fault *fault)
{
    const struct socket_plan *plan = plan_of(run);
    const int on = 1;
    char name[REPORT_NAME_SIZE];
    report_name(plan, peer, name, sizeof name);
    report_connected(run->log, plan, peer);
    report_options(run->log, plan, fd, PHASE_OPENED, PHASE_CONNECTED);
    (void)setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on,
                     sizeof on); /* a type that refuses has no urgent data */
    const struct socket_choice choice = {
        .half_close = HALF_CLOSE_WRITE,
        .eof_message = run->request->eof_message,
        .protocol = plan->protocol,
        .is_shared = plan->inherited >= 0,
        .on_loss = session_tell_loss,
        .on_drop = session_tell_drop,
        .context = run,
        .urgent = { .fd = -1 },
    };
    struct endpoint *near = socket_take(fd, plan->domain, plan->type, peer, &choice, name, fault);
    return near && run->relay_tls ? tls_wrap(run->relay_tls, near, HALF_CLOSE_WRITE, fault) : near;
}

/* What both have to settle before the client can be joined with it. */
static enum relay_state
shake_hands(struct relay *relay, struct endpoint **near, struct fault *fault)
{
    enum io result = handshake_step(&relay->handshake, fault);
    if (result == IO_AGAIN)
        return RELAY_DIALS;
    struct endpoint *endpoint = relay->handshake.endpoint;
    relay->handshake.endpoint = NULL;
    if (result == IO_DONE)
        *near = endpoint;
    else
        endpoint->ops->close(endpoint);
    return result == IO_DONE ? RELAY_JOINED : RELAY_FAILED;
}

/* There is a connection, or not. */
static enum relay_state
join(struct relay *relay, struct endpoint *endpoint, struct endpoint **near, struct fault *fault)
{
    const struct run *run = relay->run;
    if (!endpoint)
        return RELAY_FAILED;
    if (!endpoint->begins) {
        *near = endpoint;
        return RELAY_JOINED;
    }
    int64_t deadline = handshake_deadline(run, &run->request->relay.tls);
    relay->handshake = (struct handshake){ .run = run,
                                           .endpoint = endpoint,
                                           .deadline = deadline_sooner(relay->deadline, deadline) };
    return shake_hands(relay, near, fault);
}

/* --relay fd:N. */
static enum relay_state
take_inherited(struct relay *relay, struct endpoint **near, struct fault *fault)
{
    const struct run *run = relay->run;
    const struct socket_plan *plan = plan_of(run);
    struct address peer;
    int fd = inherit_take(plan->inherited, fault);
    if (fd >= 0 && inherit_finish(plan, fd, &peer, fault) != 0)
        (void)fd_close(&fd); /* nothing was sent */
    return join(relay, fd >= 0 ? as_endpoint(run, fd, &peer, fault) : NULL, near, fault);
}

/* Has the client gone without an end? One that has ended may still wait for its answer. */
static bool
has_lost_client(struct relay *relay, const struct pollfd *polls, struct fault *fault)
{
    const struct endpoint_ops *ops = relay->client->ops;
    if (relay->client_ended || relay->client_polls == 0)
        return false;
    if (!(ops->ready(relay->client, WANT_NOTICE, polls + relay->dial_polls, relay->client_polls) &
          READY_LOST))
        return false;
    enum io why = ops->lost(relay->client, fault);
    relay->client_ended = why == IO_LOST;
    return why == IO_FAILED;
}

/* Connected, or not. */
static enum relay_state
finish_dial(struct relay *relay, struct endpoint **near, struct fault *fault)
{
    struct address peer;
    int fd = dial_end(relay->dial, &peer, &relay->source);
    relay->dial = NULL;
    return join(relay, fd >= 0 ? as_endpoint(relay->run, fd, &peer, fault) : NULL, near, fault);
}

/* -w, --relay-wait */
static bool
begin_dial(struct relay *relay, struct fault *fault)
{
    const struct run *run = relay->run;
    struct names *names = relay->exchange ? exchange_ask(relay->exchange, run, fault) : NULL;
    if (relay->exchange && !names)
        return false;
    int64_t deadline = deadline_after(deadline_now(), run->request->relay.connect_ms);
    relay->deadline = deadline_sooner(relay->retry.deadline, deadline);
    relay->dial = dial_start(plan_of(run), names, relay->deadline, fault);
    return relay->dial != NULL;
}

static enum relay_state
step(struct relay *relay, const struct pollfd *polls, struct endpoint **near, struct fault *fault)
{
    if (relay->handshake.endpoint)
        return shake_hands(relay, near, fault);
    if (plan_of(relay->run)->inherited >= 0)
        return take_inherited(relay, near, fault);
    if (!relay->dial && !deadline_passed(relay->dial_at, deadline_now()))
        return RELAY_DIALS;
    if (!relay->dial && !begin_dial(relay, fault))
        return RELAY_FAILED;
    return dial_step(relay->dial, polls, fault) == DIAL_RUNS ? RELAY_DIALS : finish_dial(relay, near, fault);
}

enum relay_state
relay_step(struct relay *relay, const struct pollfd *polls, struct endpoint **near, struct fault *fault)
{
    if (has_lost_client(relay, polls, fault))
        return RELAY_FAILED;
    enum relay_state state = step(relay, polls, near, fault);
    if (state != RELAY_FAILED)
        return state;
    fault_add(fault, " (for %s)", relay->client->name);
    return retry_next(&relay->retry, relay->run, &relay->dial_at, fault) == 0 ? RELAY_DIALS : RELAY_FAILED;
}

bool
relay_is_spent(const struct relay *relay)
{
    return !relay->dial && !relay->source.owns_file;
}

void
relay_refuse(struct relay *relay)
{
    if (relay->client->ops->spoil)
        relay->client->ops->spoil(relay->client);
}

struct endpoint *
relay_open(const struct run *run, struct endpoint *client, struct relay **relay, struct fault *fault)
{
    struct pollfd polls[RELAY_POLLS_MAX];
    struct endpoint *near = NULL;
    *relay = relay_start(run, client, NULL, fault);
    while (*relay && relay_step(*relay, polls, &near, fault) == RELAY_DIALS) {
        int64_t deadline;
        size_t count = relay_interest(*relay, polls, &deadline);
        if (loop_wait(run->loop, polls, count, deadline, fault) < 0)
            break;
    }
    if (*relay && !near)
        relay_refuse(*relay);
    return near;
}

void
relay_end(struct relay *relay)
{
    struct address peer;
    if (!relay)
        return;
    if (relay->dial)
        (void)dial_end(relay->dial, &peer, &relay->source); /* it was not connected yet */
    if (relay->handshake.endpoint)
        relay->handshake.endpoint->ops->close(relay->handshake.endpoint);
    dial_release(plan_of(relay->run), &relay->source);
    free(relay);
}
