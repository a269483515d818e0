#include "dial/source.h"

#include "base/fd.h"
#include <errno.h>
#include <sys/random.h>

enum {
    RANDOM_PORT_TRIES = 64,
    RANDOM_PORT_FIRST = 1024, /* those below take a privilege */
    RANDOM_PORT_LAST = 65535,
};

/* Bind to a port chosen at random that is free (RFC 6056 section 3.3.1). */
static int
bind_random_port(const struct socket_plan *plan, int fd, const struct address *source,
                 struct binding *binding, struct fault *fault)
{
    struct address address = *source;
    for (int i = 0; i < RANDOM_PORT_TRIES; i++) {
        uint32_t random;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return fault_set(fault, STATUS_CONNECT, "random source port");
        uint32_t range = RANDOM_PORT_LAST - RANDOM_PORT_FIRST + 1;
        plan->domain->set_port(&address, (uint16_t)(RANDOM_PORT_FIRST + random % range));
        if (domain_bind(plan->domain, fd, &address, 0600, binding, STATUS_CONNECT, fault) == 0)
            return 0;
        if (fault->error != EADDRINUSE)
            return -1;
    }
    return -1;
}

static const struct address *
source_for(const struct address_list *sources, const struct address *candidate)
{
    for (size_t i = 0; i < sources->count; i++) {
        if (sources->items[i].name.ss_family == candidate->name.ss_family)
            return &sources->items[i];
    }
    return NULL;
}

/* Bind the near end as the plan says. Returns 0, or -1 with fault. */
static int
bind_source(const struct socket_plan *plan, int fd, const struct address_list *sources,
            const struct address *remote, struct binding *binding, struct fault *fault)
{
    const struct domain *domain = plan->domain;
    if (sources->count == 0)
        return domain->bind_for_answers ? domain->bind_for_answers(fd, plan->type, remote, fault) : 0;
    const struct address *source = source_for(sources, remote);
    if (!source) {
        struct address_text text;
        domain->format(&sources->items[0], &text);
        (void)fault_say(fault, STATUS_CONNECT, "the address to connect to is of another family", "bind to %s",
                        text.host);
        fault->error = EAFNOSUPPORT;
        return -1;
    }
    if (plan->random_source_port && domain->set_port)
        return bind_random_port(plan, fd, source, binding, fault);
    mode_t mode = plan->path_mode < 0 ? 0600 : (mode_t)plan->path_mode;
    return domain_bind(domain, fd, source, mode, binding, STATUS_CONNECT, fault);
}

int
source_open(const struct socket_plan *plan, const struct address_list *sources, const struct address *remote,
            struct binding *binding, struct fault *fault)
{
    bool takes_port = sources->count > 0 && !plan->random_source_port;
    *binding = (struct binding){ .owns_file = false };
    int fd = open_socket(plan, remote->name.ss_family, takes_port, STATUS_CONNECT, fault);
    if (fd < 0)
        return -1;
    if (bind_source(plan, fd, sources, remote, binding, fault) < 0 ||
        sockopt_apply(fd, &plan->options, PHASE_BOUND, STATUS_CONNECT, fault) < 0) {
        (void)fd_close(&fd); /* it was never connected */
        source_release(plan, binding);
    }
    return fd;
}

void
source_release(const struct socket_plan *plan, struct binding *binding)
{
    if (plan->domain->unbind)
        plan->domain->unbind(binding);
}

bool
source_is_peer(const struct socket_plan *plan, int fd)
{
    struct address near = { .length = sizeof near.name }, far = { .length = sizeof far.name };
    return plan->type->accepts && plan->domain->port &&
           getsockname(fd, (struct sockaddr *)&near.name, &near.length) == 0 &&
           getpeername(fd, (struct sockaddr *)&far.name, &far.length) == 0 &&
           domain_same(plan->domain, &near, &far);
}
