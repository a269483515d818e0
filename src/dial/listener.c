#include "dial/listener.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/inherit.h"
#include "dial/lookup.h"
#include "dial/netns.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

enum {
    PORT_TRIES = 16,   /* of ports that the kernel picks and that another of the addresses has not free */
    PAUSE_MS = 100,    /* no accept for so long after running out of descriptors or memory */
    STUMBLES_MAX = 16, /* transient errors in a row that are taken without a pause */
};

static mode_t
file_mode(const struct socket_plan *plan)
{
    return plan->path_mode < 0 ? 0600 : (mode_t)plan->path_mode;
}

/* Say what the user asked for instead of the call that failed. `tried`: one of several addresses, or NULL. */
static int
listener_fault(const struct socket_plan *plan, const struct address *tried, struct fault *fault)
{
    char words[OPEN_WORDS_MAX];
    open_words(plan, tried, words, sizeof words);
    const char *verb = plan->type->accepts ? "listen on" : "bind to";
    (void)snprintf(fault->what, sizeof fault->what, "%s %s", verb, words);
    return -1;
}

static void
unbind(const struct socket_plan *plan, struct binding *binding)
{
    if (plan->domain->unbind)
        plan->domain->unbind(binding);
}

/* The kernel cuts the backlog down to net.core.somaxconn (listen(2)): 0 is all it gives. */
static int
start_accepting(const struct socket_plan *plan, int fd, struct fault *fault)
{
    if (listen(fd, plan->backlog > 0 ? plan->backlog : INT_MAX) == 0)
        return 0;
    return fault_set(fault, STATUS_LISTEN, "listen");
}

/* A socket of a type without connections is as connected as it will be. Returns 0, or -1 with fault. */
static int
finish_without_clients(const struct socket_plan *plan, int fd, struct fault *fault)
{
    return plan->type->accepts ? 0 : sockopt_apply(fd, &plan->options, PHASE_CONNECTED, STATUS_LISTEN, fault);
}

/* Bind and, for types with connections, listen. `tried`: as for listener_fault. Returns 0, or -1 with fault. */
static int
bind_and_listen(const struct socket_plan *plan, int fd, const struct address *address,
                const struct address *tried, struct binding *binding, struct fault *fault)
{
    if (domain_bind(plan->domain, fd, address, file_mode(plan), binding, STATUS_LISTEN, fault) < 0)
        return listener_fault(plan, tried, fault);
    if (open_join(plan, fd, PURPOSE_LISTEN, STATUS_LISTEN, fault) < 0 ||
        sockopt_apply(fd, &plan->options, PHASE_BOUND, STATUS_LISTEN, fault) < 0)
        return -1;
    if (finish_without_clients(plan, fd, fault) < 0)
        return -1;
    if (!plan->type->accepts && !plan->type->listens)
        return 0;
    return start_accepting(plan, fd, fault) < 0 ? listener_fault(plan, tried, fault) : 0;
}

/* Open one socket at one address. Returns the descriptor and *binding, or -1 and *binding untouched. */
static int
listen_at(const struct socket_plan *plan, const struct address *address, bool is_one_of_several,
          struct binding *binding, struct fault *fault)
{
    int fd = open_socket(plan, address->name.ss_family, true, STATUS_LISTEN, fault);
    if (fd < 0)
        return -1;
    struct binding bound = { .owns_file = false };
    int outside = -1; /* groups are joined at interfaces of where the socket is */
    if (netns_enter(plan->netns, &outside, fault) < 0 ||
        bind_and_listen(plan, fd, address, is_one_of_several ? address : NULL, &bound, fault) < 0 ||
        netns_leave(&outside, fault) < 0) {
        struct fault told;
        (void)netns_leave(&outside, &told); /* if it fails now, that is not what went wrong */
        (void)fd_close(&fd);                /* not in use yet */
        unbind(plan, &bound);
        return -1;
    }
    *binding = bound;
    return fd;
}

static uint16_t
port_of(const struct socket_plan *plan, const struct address *address)
{
    return plan->domain->port ? plan->domain->port(address) : 0;
}

/* True if this host just does not have such an address, while it may have another of the same name. */
static bool
is_absent(const struct fault *fault)
{
    return fault->error == EADDRNOTAVAIL || fault->error == EAFNOSUPPORT;
}

/*
 * Listen at each address, on one port; without a host, at the first that can be had. Returns 0 with at least
 * one socket, or -1 with none.
 */
static int
listen_at_all(struct listener *listener, const struct address_list *addresses, struct fault *fault)
{
    const struct socket_plan *plan = listener->plan;
    size_t wanted = plan->remote.host ? addresses->count : 1;
    uint16_t port = 0;
    for (size_t i = 0; i < addresses->count && listener->count < wanted; i++) {
        struct address address = addresses->items[i];
        struct binding *binding = &listener->sockets[listener->count].binding;
        if (port != 0)
            plan->domain->set_port(&address, port);
        int fd = listen_at(plan, &address, wanted > 1, binding, fault);
        if (fd >= 0) {
            listener->sockets[listener->count++].fd = fd;
            port = port_of(plan, &binding->address);
        } else if (!is_absent(fault)) {
            listener_close(listener);
            return -1;
        }
    }
    return listener->count > 0 ? 0 : -1;
}

static int
listen_with_retries(struct listener *listener, const struct address_list *addresses, struct fault *fault)
{
    bool kernel_picks = port_of(listener->plan, &addresses->items[0]) == 0 && listener->plan->domain->port;
    for (int i = 1;; i++) {
        if (listen_at_all(listener, addresses, fault) == 0)
            return 0;
        if (!kernel_picks || fault->error != EADDRINUSE || i == PORT_TRIES)
            return -1;
    }
}

/*
 * Take a socket that is bound and listens already. accept(2) knows no flag like MSG_DONTWAIT, and would block when
 * another process was faster: so the socket does not block while we have it.
 */
static int
take_one(struct listener *listener, int given, struct fault *fault)
{
    const struct socket_plan *plan = listener->plan;
    int fd = inherit_take(given, fault);
    if (fd < 0)
        return -1;
    size_t i = listener->count++;
    struct address *address = &listener->sockets[i].binding.address;
    address->length = sizeof address->name;
    if (getsockname(fd, (struct sockaddr *)&address->name, &address->length) < 0)
        address->length = 0; /* families in which a bound socket has no name that could be asked for */
    listener->sockets[i].fd = fd;
    listener->sockets[i].flags = -1;
    int flags = fcntl(fd, F_GETFL);
    if (plan->type->accepts && flags >= 0 && !(flags & O_NONBLOCK) &&
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
        listener->sockets[i].flags = flags;
    if (inherit_prepare(plan, fd, PURPOSE_LISTEN, STATUS_LISTEN, fault) < 0)
        return -1;
    return finish_without_clients(plan, fd, fault);
}

static int
take_inherited(struct listener *listener, struct fault *fault)
{
    const struct socket_plan *plan = listener->plan;
    listener->inherited = listener->stays = true;
    int result = take_one(listener, plan->inherited, fault);
    for (size_t i = 0; i < plan->inherited_more_count && result == 0; i++)
        result = take_one(listener, plan->inherited_more[i], fault);
    if (result < 0)
        listener_close(listener);
    return result;
}

int
listener_open(struct listener *listener, struct loop *loop, const struct socket_plan *plan, int64_t deadline,
              struct fault *fault)
{
    *listener = (struct listener){ .plan = plan };
    if (plan->inherited >= 0)
        return take_inherited(listener, fault);
    const struct resolve_query query = open_query(plan, PURPOSE_LISTEN);
    struct address_list addresses;
    if (lookup(loop, plan->domain, &query, deadline, &addresses, fault) < 0) {
        open_explain(plan, STATUS_LISTEN, fault);
        return -1;
    }
    int result;
    if (addresses.count > LISTENER_SOCKETS_MAX) {
        (void)fault_say(fault, STATUS_LISTEN, "", "listen on %s", plan->remote.host);
        fault_add(fault, "has %zu addresses, more than %d", addresses.count, (int)LISTENER_SOCKETS_MAX);
        result = -1;
    } else {
        result = listen_with_retries(listener, &addresses, fault);
    }
    address_list_free(&addresses);
    return result;
}

static bool
is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Errors of one client, not of the listener: accept(2), "Error handling", and EPERM from a firewall. */
static bool
is_transient(int error)
{
    static const int errors[] = { EINTR,     EAGAIN, ECONNABORTED, EPROTO,     ENETDOWN,    ENOPROTOOPT,
                                  EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i] == error)
            return true;
    }
    return false;
}

void
listener_hold_off(struct listener *listener)
{
    listener->accept_not_before = deadline_after(deadline_now(), PAUSE_MS);
    listener->stumbles = 0;
}

/* What to do about errno of accept. Returns 0: wait and try again, or -1. */
static int
stumble(struct listener *listener, struct fault *fault)
{
    if (!is_shortage(errno) && !is_transient(errno))
        return fault_set(fault, STATUS_LISTEN, "accept");
    listener->stumbles++;
    if (is_shortage(errno) || listener->stumbles >= STUMBLES_MAX)
        listener_hold_off(listener);
    return 0;
}

/* Take a client of a socket that poll found ready. Returns 0 with *client (-1: none), or -1 with fault. */
static int
take_client(struct listener *listener, size_t i, int *client, struct address *peer, struct fault *fault)
{
    *peer = (struct address){ .length = sizeof peer->name };
    int fd = accept4(listener->sockets[i].fd, (struct sockaddr *)&peer->name, &peer->length,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return stumble(listener, fault);
    listener->stumbles = 0;
    listener->turn = (i + 1) % listener->count; /* no socket can starve the others */
    if (open_finish(listener->plan, fd, !listener->inherited, STATUS_LISTEN, fault) < 0) {
        (void)fd_close(&fd);                      /* nothing was sent */
        return fault->error == ENOTCONN ? 0 : -1; /* some options say so of a client that has gone already */
    }
    *client = fd;
    return 0;
}

size_t
listener_interest(const struct listener *listener, struct pollfd *polls, int64_t *deadline)
{
    bool pauses =
        listener->accept_not_before > 0 && !deadline_passed(listener->accept_not_before, deadline_now());
    if (pauses)
        *deadline = deadline_sooner(*deadline, listener->accept_not_before);
    for (size_t i = 0; i < listener->count; i++)
        polls[i] = (struct pollfd){ .fd = pauses ? -1 : listener->sockets[i].fd, .events = POLLIN };
    return listener->count;
}

int
listener_take_ready(struct listener *listener, const struct pollfd *polls, int *client, struct address *peer,
                    struct fault *fault)
{
    *client = -1;
    for (size_t k = 0, first = listener->turn; k < listener->count && *client < 0; k++) {
        size_t i = (first + k) % listener->count;
        if (polls[i].revents != 0 && take_client(listener, i, client, peer, fault) < 0)
            return -1;
    }
    return 0;
}

int
listener_accept(struct listener *listener, struct loop *loop, int64_t deadline, struct address *peer,
                struct fault *fault)
{
    int client = -1;
    while (client < 0) {
        if (deadline_passed(deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: no client came", "accept");
        struct pollfd polls[LISTENER_SOCKETS_MAX];
        int64_t until = deadline;
        size_t count = listener_interest(listener, polls, &until);
        if (loop_wait(loop, polls, count, until, fault) < 0 ||
            listener_take_ready(listener, polls, &client, peer, fault) < 0)
            return -1;
    }
    return client;
}

static void
close_all(struct listener *listener)
{
    for (size_t i = 0; i < listener->count; i++)
        (void)fd_close(&listener->sockets[i].fd); /* a listening socket holds no data */
}

void
listener_pause(struct listener *listener)
{
    if (!listener->stays)
        close_all(listener);
}

int
listener_resume(struct listener *listener, struct fault *fault)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->sockets[i].fd >= 0)
            continue;
        struct binding *binding = &listener->sockets[i].binding;
        struct address address = binding->address;
        int fd = listen_at(listener->plan, &address, listener->count > 1, binding, fault);
        if (fd < 0) {
            close_all(listener);
            return -1;
        }
        listener->sockets[i].fd = fd;
    }
    return 0;
}

int
listener_take(struct listener *listener, size_t i)
{
    int fd = listener->sockets[i].fd;
    listener->sockets[i].fd = -1;
    return fd;
}

void
listener_leave(struct listener *listener)
{
    close_all(listener);
    listener->count = 0;
}

bool
listener_can_double(const struct listener *listener)
{
    return !listener->inherited && listener->plan->domain->set_port;
}

/*
 * The first socket is bound without SO_REUSEPORT, so that it meets with those of others as usual; from here on it lets
 * those in that have it, of the same user.
 */
int
listener_double(struct listener *listener, struct listener *other, const struct socket_plan *plan,
                struct fault *fault)
{
    const int on = 1;
    *other = (struct listener){ .plan = plan };
    for (size_t i = 0; i < listener->count; i++) {
        if (setsockopt(listener->sockets[i].fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0)
            return fault_set(fault, STATUS_LISTEN, "socket option SO_REUSEPORT");
        const struct address address = listener->sockets[i].binding.address;
        int fd = listen_at(plan, &address, listener->count > 1, &other->sockets[i].binding, fault);
        if (fd < 0) {
            listener_leave(other);
            return -1;
        }
        other->sockets[other->count++].fd = fd;
    }
    return 0;
}

void
listener_close(struct listener *listener)
{
    for (size_t i = 0; i < listener->count && listener->inherited; i++)
        if (listener->sockets[i].flags >= 0) /* they are shared with its owner */
            (void)fcntl(listener->sockets[i].fd, F_SETFL, listener->sockets[i].flags);
    close_all(listener);
    for (size_t i = 0; i < listener->count; i++)
        unbind(listener->plan, &listener->sockets[i].binding);
    listener->count = 0;
}
