#include "dial/open.h"

#include "base/fd.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct resolve_query
open_query(const struct socket_plan *plan, enum purpose purpose)
{
    return (struct resolve_query){
        .family = plan->domain->family,
        .target = purpose == PURPOSE_SOURCE ? plan->source : plan->remote,
        .purpose = purpose,
        .type = plan->type,
        .protocol = plan->protocol,
        .numeric = plan->numeric,
    };
}

/*
 * SO_REUSEADDR for connections only: a listener can come back while connections of its last life linger in
 * TIME_WAIT (tcp(7)). Datagram sockets that have it share a port, and the newest takes all that comes.
 */
static int
set_reuse(const struct socket_plan *plan, int fd, enum status status, struct fault *fault)
{
    const int on = 1;
    if (plan->type->accepts && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return fault_set(fault, status, "socket option SO_REUSEADDR");
    if (plan->reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0)
        return fault_set(fault, status, "socket option SO_REUSEPORT");
    return 0;
}

int
open_socket(const struct socket_plan *plan, int family, bool takes_port, enum status status,
            struct fault *fault)
{
    const struct type *type = plan->type;
    int fd = socket(family, type->value | SOCK_CLOEXEC | SOCK_NONBLOCK, plan->protocol);
    if (fd < 0) {
        const struct domain *domain =
            domain_of(family); /* of "either IPv4 or IPv6", the one that is missing */
        return fault_set(fault, status, "socket (%s, %s)", domain ? domain->name : plan->domain->name,
                         type->name);
    }
    if ((takes_port && set_reuse(plan, fd, status, fault) < 0) ||
        sockopt_apply(fd, &plan->options, PHASE_OPENED, status, fault) < 0)
        (void)fd_close(&fd); /* unused so far: nothing to lose */
    return fd;
}

int
open_finish(const struct socket_plan *plan, int fd, enum status status, struct fault *fault)
{
    if (plan->domain->opened)
        plan->domain->opened(fd, plan->type);
    if (sockopt_apply_again(fd, &plan->options, status, fault) < 0)
        return -1;
    return sockopt_apply(fd, &plan->options, PHASE_CONNECTED, status, fault);
}

bool
open_is_typed(const struct socket_plan *plan, const char *host)
{
    const char *typed = plan->remote.host ? plan->remote.host : "";
    size_t brackets = *typed == '[' ? 1 : 0, length = strlen(host);
    return plan->numeric ||
           (strlen(typed) == length + 2 * brackets && strncmp(typed + brackets, host, length) == 0);
}

void
open_words(const struct socket_plan *plan, const struct address *tried, char *words, size_t size)
{
    const struct target *remote = &plan->remote;
    const char *host = remote->host ? remote->host : "";
    struct address_text text = { .host = "", .port = "" };
    if (tried)
        plan->domain->format(tried, &text);
    if (open_is_typed(plan, text.host))
        text.host[0] = '\0';
    const char *before = *text.host ? " (" : "", *after = *text.host ? ")" : "";
    if (!plan->domain->has_port)
        (void)snprintf(words, size, "%s", host);
    else
        (void)snprintf(words, size, "%s%s%s%s%sport %s (%s)", host, before, text.host, after,
                       *host ? " " : "", remote->port ? remote->port : "",
                       plan->domain->protocol_name(plan->type, plan->protocol));
}
