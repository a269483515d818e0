#include "domain/rds.h"

#include "base/fd.h"
#include "domain/inet.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* The same question about IPv4. */
static struct resolve_query
inet_query(const struct resolve_query *query)
{
    struct resolve_query inet = *query;
    inet.family = AF_INET;
    inet.type = &dgram_type;
    inet.protocol = 0;
    return inet;
}

static int
rds_check(const struct resolve_query *query, struct fault *fault)
{
    struct resolve_query inet = inet_query(query);
    if (!query->target.host && query->purpose != PURPOSE_CONNECT)
        return fault_say(fault, STATUS_USAGE, "RDS is bound to one address: 127.0.0.1, for instance",
                         "no host");
    return inet4_domain.check(&inet, fault);
}

static int
rds_resolve(const struct resolve_query *query, struct address_list *list, struct fault *fault)
{
    struct resolve_query inet = inet_query(query);
    return rds_check(query, fault) < 0 ? -1 : inet4_domain.resolve(&inet, list, fault);
}

static bool
rds_needs_lookup(const struct resolve_query *query)
{
    struct resolve_query inet = inet_query(query);
    return inet4_domain.needs_lookup(&inet);
}

static void
rds_format(const struct address *address, struct address_text *text)
{
    inet4_domain.format(address, text);
}

static uint16_t
rds_port(const struct address *address)
{
    return inet4_domain.port(address);
}

static void
rds_set_port(struct address *address, uint16_t port)
{
    inet4_domain.set_port(address, port);
}

static bool
rds_same(const struct address *a, const struct address *b)
{
    return inet4_domain.same(a, b);
}

/* The address that packets to `remote` leave from: connect(2) of UDP asks the routes, and sends nothing. */
static int
local_address(const struct address *remote, struct address *local)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    local->length = sizeof local->name;
    int result = connect(fd, (const struct sockaddr *)&remote->name, remote->length);
    if (result == 0)
        result = getsockname(fd, (struct sockaddr *)&local->name, &local->length);
    int error = errno;
    (void)fd_close(&fd); /* nothing was sent */
    errno = error;
    return result;
}

/* A socket that is not bound sends nothing: ENOTCONN. */
static int
rds_bind_for_answers(int fd, const struct type *type, const struct address *remote, struct fault *fault)
{
    (void)type;
    struct address local = { .length = 0 };
    if (local_address(remote, &local) < 0)
        return fault_set(fault, STATUS_CONNECT, "route to the other end");
    inet4_domain.set_port(&local, 0);
    if (bind(fd, (const struct sockaddr *)&local.name, local.length) < 0)
        return fault_set(fault, STATUS_CONNECT, "bind to an address to come from");
    return 0;
}

/* rds_sendmsg in the kernel takes half of the buffer, which SO_SNDBUF tells with the kernel's own share. */
static size_t
rds_message_max(int fd, const struct type *type)
{
    (void)type;
    int bytes = 0;
    socklen_t size = sizeof bytes;
    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &size) < 0 || bytes <= 0)
        return SIZE_MAX;
    return (size_t)bytes / 2;
}

/* rds_sendmsg refuses every flag but MSG_DONTWAIT. There is no SIGPIPE without a connection. */
static const struct type rds_type = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .no_flags = MSG_NOSIGNAL,
    .help = "messages that arrive, in order, without a connection",
};

static const struct type *const types[] = { &rds_type, NULL };

const struct domain rds_domain = {
    .name = "rds",
    .aliases = "",
    .family = AF_RDS,
    .kernel = "CONFIG_RDS and CONFIG_RDS_TCP, modules rds and rds_tcp",
    .types = types,
    .has_port = true,
    .operands = "HOST PORT",
    .help = "reliable datagrams, from an IPv4 address to another",
    .check = rds_check,
    .resolve = rds_resolve,
    .needs_lookup = rds_needs_lookup,
    .format = rds_format,
    .bind_for_answers = rds_bind_for_answers,
    .message_max = rds_message_max,
    .same = rds_same,
    .port = rds_port,
    .set_port = rds_set_port,
};
