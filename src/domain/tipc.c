#include "domain/tipc.h"

#include "base/number.h"
#include "domain/field.h"
#include <errno.h>
#include <linux/tipc.h>
#include <stdio.h>
#include <string.h>

/* What a word says. */
struct service {
    int64_t type, lower, upper;
    int64_t node; /* 0: any */
    bool is_range;
};

static const char form[] = "an address is TYPE:INSTANCE[@NODE], {TYPE,INSTANCE} or TYPE:LOWER:UPPER";

/* Two or three numbers, with commas in braces or with colons. Returns where they end, or NULL. */
static const char *
read_numbers(const char *text, struct service *service)
{
    bool braces = field_mark(&text, "{");
    const char *mark = braces ? "," : ":";
    const char *ends = braces ? ",}" : ":@";
    if (!field_number(&text, ends, NUMBER_DECIMAL, UINT32_MAX, &service->type) || !field_mark(&text, mark) ||
        !field_number(&text, ends, NUMBER_DECIMAL, UINT32_MAX, &service->lower))
        return NULL;
    service->upper = service->lower;
    service->is_range = field_mark(&text, mark);
    if (service->is_range && !field_number(&text, ends, NUMBER_DECIMAL, UINT32_MAX, &service->upper))
        return NULL;
    return braces && !field_mark(&text, "}") ? NULL : text;
}

static bool
read_service(const char *text, struct service *service)
{
    *service = (struct service){ .node = 0 };
    text = read_numbers(text, service);
    if (text && field_mark(&text, "@") && !field_number(&text, "", 16, UINT32_MAX, &service->node))
        return false;
    return text && *text == '\0';
}

/* Why an address cannot be bound, or NULL. */
static const char *
unbindable(const struct service *service)
{
    if (service->type < TIPC_RESERVED_TYPES)
        return "types below 64 are TIPC's own";
    if (service->node != 0)
        return "services are offered on this node: leave out @NODE";
    return NULL;
}

/* Why an address cannot be reached, or NULL. */
static const char *
unreachable(const struct service *service, const struct type *type)
{
    if (service->is_range && type->accepts)
        return "a connection is to one instance: TYPE:INSTANCE";
    if (service->is_range && service->node != 0)
        return "a range is for all nodes: leave out @NODE";
    if (service->type == 0 && service->is_range)
        return "a socket is 0:REFERENCE@NODE";
    return NULL;
}

static int
tipc_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *word = query->target.host;
    struct service service;
    if (!word || !read_service(word, &service))
        return fault_say(fault, STATUS_USAGE, form, "address %s", word && *word ? word : "\"\"");
    if (service.lower > service.upper)
        return fault_say(fault, STATUS_USAGE, "a range begins with its lower instance", "address %s", word);
    bool binds = query->purpose != PURPOSE_CONNECT;
    const char *problem = binds ? unbindable(&service) : unreachable(&service, query->type);
    if (problem)
        return fault_say(fault, STATUS_USAGE, problem, "address %s", word);
    struct sockaddr_tipc name = { .family = AF_TIPC, .scope = binds ? TIPC_CLUSTER_SCOPE : 0 };
    if (binds || service.is_range) {
        name.addrtype = TIPC_SERVICE_RANGE;
        name.addr.nameseq = (struct tipc_service_range){ (uint32_t)service.type, (uint32_t)service.lower,
                                                         (uint32_t)service.upper };
    } else if (service.type == 0) {
        name.addrtype = TIPC_SOCKET_ADDR;
        name.addr.id = (struct tipc_socket_addr){ (uint32_t)service.lower, (uint32_t)service.node };
    } else {
        name.addrtype = TIPC_SERVICE_ADDR;
        name.addr.name.name = (struct tipc_service_addr){ (uint32_t)service.type, (uint32_t)service.lower };
        name.addr.name.domain = (uint32_t)service.node;
    }
    *address = (struct address){ .length = sizeof name };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

/* As tipc_ntoa and tipc_rtoa of libtipc, but for a range of one, which is what skt takes back to connect. */
static void
tipc_format(const struct address *address, struct address_text *text)
{
    struct sockaddr_tipc name = { .family = AF_TIPC };
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    const struct tipc_service_range *range = &name.addr.nameseq;
    text->port[0] = '\0';
    if (name.addrtype == TIPC_SOCKET_ADDR)
        (void)snprintf(text->host, sizeof text->host, "0:%010u@%x", name.addr.id.ref, name.addr.id.node);
    else if (name.addrtype == TIPC_SERVICE_ADDR)
        (void)snprintf(text->host, sizeof text->host, "%u:%u@%x", name.addr.name.name.type,
                       name.addr.name.name.instance, name.addr.name.domain);
    else if (range->lower == range->upper)
        (void)snprintf(text->host, sizeof text->host, "%u:%u@0", range->type, range->lower);
    else
        (void)snprintf(text->host, sizeof text->host, "%u:%u:%u@0", range->type, range->lower, range->upper);
}

/*
 * Unless asked not to, the kernel throws away what nobody takes. Of rdm, which is meant to arrive, it comes back
 * instead, without its bytes.
 */
static int
tipc_prepare(int fd, const struct type *type, int protocol, enum status status, struct fault *fault)
{
    (void)protocol;
    const unsigned off = 0;
    if (type->value != SOCK_RDM || setsockopt(fd, SOL_TIPC, TIPC_DEST_DROPPABLE, &off, sizeof off) == 0)
        return 0;
    return fault_set(fault, status, "socket option TIPC_DEST_DROPPABLE");
}

static size_t
tipc_message_max(int fd, const struct type *type)
{
    (void)fd;
    (void)type;
    return TIPC_MAX_USER_MSG_SIZE;
}

/*
 * tipc_shutdown in the kernel knows SHUT_RDWR alone. The peer of one that just closes reads ECONNRESET, and so does
 * the peer of one whose node is gone: which of the two, nothing tells.
 */
static const struct type tipc_stream_type = {
    .name = "stream",
    .value = SOCK_STREAM,
    .accepts = true,
    .shuts_both = true,
    .end_error = ECONNRESET,
    .help = "a connection that carries bytes in order",
};

static const struct type tipc_seqpacket_type = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .accepts = true,
    .shuts_both = true,
    .no_empty = true,
    .end_error = ECONNRESET,
    .help = "a connection that carries messages in order",
};

static const struct type tipc_rdm_type = {
    .name = "rdm",
    .value = SOCK_RDM,
    .unit = UNIT_MESSAGES,
    .no_empty = true,
    .help = "messages that arrive or come back, without a connection",
};

static const struct type tipc_dgram_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .no_empty = true,
    .help = "messages without a connection",
};

static const struct type *const types[] = {
    &tipc_stream_type, &tipc_seqpacket_type, &tipc_rdm_type, &tipc_dgram_type, NULL,
};

const struct domain tipc_domain = {
    .name = "tipc",
    .aliases = "",
    .family = AF_TIPC,
    .kernel = "CONFIG_TIPC, module tipc",
    .types = types,
    .keeps_address = true, /* the socket's own address is none that it could be bound to: the service is */
    .operands = "TYPE:INSTANCE",
    .help = "services of a cluster, by type and instance",
    .read = tipc_read,
    .format = tipc_format,
    .prepare = tipc_prepare,
    .message_max = tipc_message_max,
};
