#include "dial/open.h"

#include "base/fd.h"
#include "base/text.h"
#include "dial/netns.h"
#include "domain/other.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

bool
open_has_source(const struct socket_plan *plan)
{
    return plan->source.host || plan->source.port || plan->random_source_port;
}

/* Whom the socket itself connects to. */
static const struct target *
reached(const struct socket_plan *plan)
{
    return plan->proxy.kind ? &plan->proxy.at : &plan->remote;
}

struct resolve_query
open_query(const struct socket_plan *plan, enum purpose purpose)
{
    return (struct resolve_query){
        .family = plan->family,
        .target = purpose == PURPOSE_SOURCE ? plan->source : *reached(plan),
        .purpose = purpose,
        .type = plan->type,
        .protocol = plan->protocol,
        .numeric = plan->numeric,
        .keeps_headers = plan->keeps_headers,
        .promiscuous = plan->promiscuous,
        .groups = plan->groups,
        .netns = plan->netns,
    };
}

struct resolve_query
open_query_remote(const struct socket_plan *plan, enum purpose purpose)
{
    struct resolve_query query = open_query(plan, purpose);
    query.target = plan->remote;
    if (plan->proxy.kind) {
        query.family = plan->proxy.kind->only_ipv4 ? AF_INET : AF_UNSPEC;
        query.numeric = plan->numeric && plan->proxy.resolves_here;
    }
    return query;
}

/* The kernel's answers when it has no such family, type or protocol, or nothing that carries it (vsock). */
static bool
is_lacking(int error)
{
    return error == EAFNOSUPPORT || error == ESOCKTNOSUPPORT || error == EPROTONOSUPPORT || error == EINVAL ||
           error == ENODEV;
}

/* A protocol by the name that its domain has for it, which may be none. */
static void
protocol_words(const struct socket_plan *plan, char *words, size_t size)
{
    const char *name = domain_protocol_name(plan->domain, plan->type, plan->protocol);
    if (strcmp(name, plan->type->name) == 0 || !plan->domain->protocol_name)
        (void)snprintf(words, size, ", protocol %d", plan->protocol);
    else
        (void)snprintf(words, size, ", protocol %s", name);
}

/* socket(2) failed: which of the three it was, and what is missing for it. */
static int
socket_fault(const struct socket_plan *plan, int family, enum status status, struct fault *fault)
{
    int error = errno;
    const struct domain *domain = domain_of(family); /* of "either IPv4 or IPv6", the one that is missing */
    const struct other_name *other = domain ? NULL : other_name_of(family);
    const char *name = domain ? domain->name : other ? other->name : NULL;
    char words[128];
    int used = name ? snprintf(words, sizeof words, "%s, %s", name, plan->type->name)
                    : snprintf(words, sizeof words, "domain %d, %s", family, plan->type->name);
    if (plan->protocol != 0 && used > 0 && (size_t)used < sizeof words)
        protocol_words(plan, words + used, sizeof words - (size_t)used);
    errno = error;
    (void)fault_set(fault, status, "socket (%s)", words);
    const char *lacking =
        plan->domain->lacking ? plan->domain->lacking(plan->type, plan->protocol, error) : NULL;
    if (lacking)
        fault_add(fault, "; %s", lacking);
    else if (is_lacking(error) && domain && domain->kernel)
        fault_add(fault, "; needs a kernel with %s", domain->kernel);
    else if (error == EAFNOSUPPORT && other)
        fault_add(fault, "; needs a kernel with %s", other->kernel);
    else if (is_lacking(error) && plan->domain == &other_domain)
        fault_add(fault, "; this kernel lacks it");
    else if ((error == EPERM || error == EACCES) && plan->type->value != SOCK_STREAM)
        fault_add(fault, "; needs root, or CAP_NET_RAW: setcap cap_net_raw+ep $(command -v skt)");
    return -1;
}

void
open_explain(const struct socket_plan *plan, enum status status, struct fault *fault)
{
    if (fault->status != STATUS_LOOKUP || !plan->domain->kernel)
        return;
    int protocol = plan->domain->socket_protocol ? plan->domain->socket_protocol(plan->type, plan->protocol)
                                                 : plan->protocol;
    int fd = socket(plan->family, plan->type->value | SOCK_CLOEXEC, protocol);
    if (fd < 0 && is_lacking(errno))
        (void)socket_fault(plan, plan->family, status, fault);
    (void)fd_close(&fd); /* it was only asked for */
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
open_filter(const struct socket_plan *plan, int fd, enum status status, struct fault *fault)
{
    const char *from = plan->filter_file ? plan->filter_file : plan->filter_text;
    return plan->filter.steps ? filter_attach(fd, &plan->filter, from, status, fault) : 0;
}

/* open_socket, where the thread is. */
static int
open_here(const struct socket_plan *plan, int family, bool takes_port, enum status status,
          struct fault *fault)
{
    const struct type *type = plan->type;
    int protocol =
        plan->domain->socket_protocol ? plan->domain->socket_protocol(type, plan->protocol) : plan->protocol;
    if (plan->family != AF_UNSPEC)
        family = plan->family; /* RDS has addresses of another family */
    int fd = socket(family, type->value | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (fd < 0)
        return socket_fault(plan, family, status, fault);
    bool is_prepared =
        !plan->domain->prepare || plan->domain->prepare(fd, type, plan->protocol, status, fault) == 0;
    if (!is_prepared || (takes_port && set_reuse(plan, fd, status, fault) < 0) ||
        open_filter(plan, fd, status, fault) < 0 ||
        sockopt_apply(fd, &plan->options, PHASE_OPENED, status, fault) < 0)
        (void)fd_close(&fd); /* unused so far: nothing to lose */
    return fd;
}

int
open_socket(const struct socket_plan *plan, int family, bool takes_port, enum status status,
            struct fault *fault)
{
    int outside;
    if (netns_enter(plan->netns, &outside, fault) < 0)
        return -1;
    int fd = open_here(plan, family, takes_port, status, fault);
    if (netns_leave(&outside, fault) < 0)
        (void)fd_close(&fd); /* not in use yet */
    return fd;
}

int
open_join(const struct socket_plan *plan, int fd, enum purpose purpose, enum status status,
          struct fault *fault)
{
    const struct resolve_query query = open_query(plan, purpose);
    return plan->domain->join ? plan->domain->join(fd, &query, status, fault) : 0;
}

int
open_finish(const struct socket_plan *plan, int fd, bool is_prepared, enum status status, struct fault *fault)
{
    if (plan->domain->opened)
        plan->domain->opened(fd, plan->type, plan->protocol, is_prepared);
    if (sockopt_apply_again(fd, &plan->options, status, fault) < 0)
        return -1;
    return sockopt_apply(fd, &plan->options, PHASE_CONNECTED, status, fault);
}

bool
open_has_port(const struct socket_plan *plan)
{
    return plan->domain->has_port && !plan->type->portless;
}

/*
 * An interface has its name where the socket is, and the same number may be another one's where we are. Who may not go
 * there any more (--user) is left with that. Keeps errno.
 */
static void
visit(const struct socket_plan *plan, const struct address *address, int *outside)
{
    struct address_text text;
    struct fault told;
    int error = errno;
    *outside = -1;
    plan->domain->format(address, &text);
    if (!plan->domain->has_port || strchr(text.host, '%'))
        (void)netns_enter(plan->netns, outside, &told);
    errno = error;
}

static void
come_back(int *outside)
{
    struct fault told;
    (void)netns_leave(outside, &told); /* we were there just now */
}

static void
format_there(const struct socket_plan *plan, const struct address *address, struct address_text *text)
{
    int outside = -1;
    if (plan->netns)
        visit(plan, address, &outside);
    plan->domain->format(address, text);
    if (outside >= 0)
        come_back(&outside);
}

void
open_spell(const struct socket_plan *plan, const struct address *address, char *word, size_t size)
{
    int outside = -1;
    if (plan->netns)
        visit(plan, address, &outside);
    domain_spell(plan->domain, address, plan->type, word, size);
    if (outside >= 0)
        come_back(&outside);
}

void
open_format(const struct socket_plan *plan, const struct address *address, struct address_text *text)
{
    format_there(plan, address, text);
    if (!open_has_port(plan))
        text->port[0] = '\0';
}

bool
open_is_typed(const struct socket_plan *plan, const char *host)
{
    const char *typed = reached(plan)->host ? reached(plan)->host : "";
    size_t brackets = *typed == '[' ? 1 : 0, length = strlen(host);
    return plan->numeric ||
           (strlen(typed) == length + 2 * brackets && strncmp(typed + brackets, host, length) == 0);
}

void
open_words(const struct socket_plan *plan, const struct address *tried, char *words, size_t size)
{
    const struct target *remote = reached(plan);
    const char *host = remote->host ? remote->host : "";
    const char *kind = plan->proxy.kind ? "proxy " : "";
    struct address_text text = { .host = "", .port = "" };
    if (tried)
        format_there(plan, tried, &text);
    if (open_is_typed(plan, text.host))
        text.host[0] = '\0';
    const char *before = *text.host ? " (" : "", *after = *text.host ? ")" : "";
    if (!open_has_port(plan))
        (void)snprintf(words, size, "%s", *host ? host : plan->domain->name);
    else
        (void)snprintf(words, size, "%s%s%s%s%s%sport %s (%s)", kind, host, before, text.host, after,
                       *host ? " " : "", remote->port ? remote->port : "",
                       domain_protocol_name(plan->domain, plan->type, plan->protocol));
    if (plan->proxy.kind)
        text_add(words, size, " for %s port %s", plan->remote.host, plan->remote.port);
}
