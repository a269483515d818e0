#include "dial/tunnel.h"

#include "base/deadline.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    HEAR_MAX = 4096, /* bytes that are looked at in one call */
    PAUSE_MS = 20,   /* nothing tells when the kernel has memory again */
};

struct tunnel {
    const struct socket_plan *plan;
    int fd;
    int64_t deadline;
    int64_t pause_until;        /* DEADLINE_NEVER: poll tells */
    struct address_text target; /* the host, where it was looked up */
    struct proxy_talk talk;
    enum proxy_state state; /* of the talk */
    size_t sent;            /* of talk.out */
    size_t owed; /* bytes that the talk has been told, and that are still to be taken from the socket */
};

struct tunnel *
tunnel_start(const struct socket_plan *plan, const struct address *target, int fd, int64_t deadline,
             struct fault *fault)
{
    struct tunnel *tunnel = malloc(sizeof *tunnel);
    if (!tunnel) {
        (void)fault_set(fault, STATUS_LOCAL, "connection to a proxy");
        return NULL;
    }
    const struct proxy_choice *proxy = &plan->proxy;
    tunnel->plan = plan;
    tunnel->fd = fd;
    tunnel->deadline = deadline;
    tunnel->pause_until = DEADLINE_NEVER;
    tunnel->sent = tunnel->owed = 0;
    tunnel->state = PROXY_GOES_ON;
    if (target)
        plan->domain->format(target, &tunnel->target);
    proxy_begin(&tunnel->talk, proxy->kind, target ? tunnel->target.host : plan->remote.host, proxy->port,
                proxy->user, proxy->password);
    return tunnel;
}

static bool
has_to_say(const struct tunnel *tunnel)
{
    return tunnel->owed == 0 && tunnel->talk.out_size > 0;
}

size_t
tunnel_interest(const struct tunnel *tunnel, struct pollfd *polls, int64_t *deadline)
{
    *deadline = deadline_sooner(tunnel->deadline, tunnel->pause_until);
    if (tunnel->pause_until != DEADLINE_NEVER)
        return 0;
    polls[0] = (struct pollfd){ .fd = tunnel->fd, .events = has_to_say(tunnel) ? POLLOUT : POLLIN };
    return 1;
}

/* EINPROGRESS: a connection that is only made by what is sent first (tcp.fastopen-connect). */
static bool
is_for_later(int error)
{
    return error == EAGAIN || error == EINPROGRESS || error == EINTR;
}

/* What there is to send. Returns 0, or an errno. */
static int
say(struct tunnel *tunnel)
{
    struct proxy_talk *talk = &tunnel->talk;
    while (tunnel->sent < talk->out_size) {
        ssize_t n = send(tunnel->fd, talk->out + tunnel->sent, talk->out_size - tunnel->sent, MSG_NOSIGNAL);
        if (n < 0 && (errno == ENOBUFS || errno == ENOMEM)) {
            tunnel->pause_until = deadline_after(deadline_now(), PAUSE_MS);
            return EAGAIN;
        }
        if (n < 0)
            return errno;
        tunnel->sent += (size_t)n;
    }
    talk->out_size = tunnel->sent = 0;
    return 0;
}

/* Look at what has come. Returns 0, or an errno. */
static int
hear(struct tunnel *tunnel)
{
    unsigned char bytes[HEAR_MAX];
    ssize_t n = recv(tunnel->fd, bytes, sizeof bytes, MSG_PEEK);
    if (n < 0)
        return errno;
    tunnel->state =
        n == 0 ? proxy_take_end(&tunnel->talk) : proxy_take(&tunnel->talk, bytes, (size_t)n, &tunnel->owed);
    return 0;
}

/* Take away what was the proxy's. Returns 0, or an errno. */
static int
take_away(struct tunnel *tunnel)
{
    unsigned char bytes[HEAR_MAX];
    ssize_t n = recv(tunnel->fd, bytes, tunnel->owed, 0);
    if (n < 0)
        return errno;
    tunnel->owed -= (size_t)n;
    return n > 0 ? 0 : ECONNRESET; /* it was there a moment ago */
}

static int
step(struct tunnel *tunnel)
{
    if (tunnel->owed > 0)
        return take_away(tunnel);
    return has_to_say(tunnel) ? say(tunnel) : hear(tunnel);
}

/* Record what has failed, as "connect to HOST port PORT through HOST port PORT (socks5)". */
static enum tunnel_state
fail(const struct tunnel *tunnel, enum status status, int error, const char *why, struct fault *fault)
{
    const struct socket_plan *plan = tunnel->plan;
    (void)fault_say(fault, status, why, "connect to %s port %s through %s port %s (%s)", plan->remote.host,
                    plan->remote.port, plan->proxy.at.host, plan->proxy.at.port, plan->proxy.kind->name);
    fault->error = error;
    return TUNNEL_FAILED;
}

/* Poll will tell when to go on, unless the time is over. */
static enum tunnel_state
wait_on(const struct tunnel *tunnel, struct fault *fault)
{
    if (!deadline_passed(tunnel->deadline, deadline_now()))
        return TUNNEL_RUNS;
    return fail(tunnel, STATUS_TIMEOUT, ETIMEDOUT,
                tunnel->talk.taken == 0 ? "timed out: the proxy does not answer"
                                        : "timed out: the proxy has not said yes or no",
                fault);
}

enum tunnel_state
tunnel_step(struct tunnel *tunnel, struct fault *fault)
{
    int error = 0;
    if (tunnel->pause_until != DEADLINE_NEVER && !deadline_passed(tunnel->pause_until, deadline_now()))
        return wait_on(tunnel, fault);
    tunnel->pause_until = DEADLINE_NEVER;
    while (error == 0 && (tunnel->state == PROXY_GOES_ON || tunnel->owed > 0))
        error = step(tunnel);
    if (is_for_later(error))
        return wait_on(tunnel, fault);
    if (error != 0)
        return fail(tunnel, STATUS_PROXY, error, strerror(error), fault);
    if (tunnel->state == PROXY_FAILED)
        return fail(tunnel, STATUS_PROXY, tunnel->talk.error, tunnel->talk.why, fault);
    return tunnel->state == PROXY_AGAIN ? TUNNEL_AGAIN : TUNNEL_THROUGH;
}

void
tunnel_again(struct tunnel *tunnel, int fd)
{
    tunnel->fd = fd;
    tunnel->sent = 0;
    tunnel->state = PROXY_GOES_ON;
    proxy_again(&tunnel->talk);
}

void
tunnel_free(struct tunnel *tunnel)
{
    if (!tunnel)
        return;
    explicit_bzero(&tunnel->talk, sizeof tunnel->talk);
    free(tunnel);
}
