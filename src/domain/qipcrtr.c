#include "domain/qipcrtr.h"

#include "base/number.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/qrtr.h>

#ifndef AF_QIPCRTR
enum { AF_QIPCRTR = 42 };
#endif

enum { MESSAGE_MAX = 65535 }; /* qrtr_sendmsg in the kernel */

static const char node_form[] = "a node is 0 to 4294967295";
static const char port_form[] = "a port is 0 to 4294967295";

/* A number of 32 bits. `missing` takes the place of none. */
static int
read_number(const char *what, const char *text, uint32_t missing, const char *form, uint32_t *number,
            struct fault *fault)
{
    int64_t value = missing;
    if (text && (number_whole(text, NUMBER_DECIMAL_OR_HEX, &value) != NUMBER_FOUND || value > UINT32_MAX))
        return fault_say(fault, STATUS_USAGE, form, "%s %s", what, *text ? text : "\"\"");
    *number = (uint32_t)value;
    return 0;
}

static int
qipcrtr_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    struct sockaddr_qrtr name = { .sq_family = AF_QIPCRTR };
    bool connects = query->purpose == PURPOSE_CONNECT;
    const char *host = query->target.host, *port = query->target.port;
    if (read_number("node", host, QRTR_NODE_BCAST, node_form, &name.sq_node, fault) < 0 ||
        read_number("port", port, 0, port_form, &name.sq_port, fault) < 0)
        return -1;
    if (connects && (!host || !port || name.sq_port == 0))
        return fault_say(fault, STATUS_USAGE, "can only be listened on", "port %s", port ? port : "0");
    *address = (struct address){ .length = sizeof name };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

static struct sockaddr_qrtr
name_of(const struct address *address)
{
    struct sockaddr_qrtr name = { .sq_family = AF_QIPCRTR };
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    return name;
}

static void
qipcrtr_format(const struct address *address, struct address_text *text)
{
    struct sockaddr_qrtr name = name_of(address);
    (void)snprintf(text->host, sizeof text->host, "%u", name.sq_node);
    (void)snprintf(text->port, sizeof text->port, "%u", name.sq_port);
}

static void
qipcrtr_spell(const struct address *address, const struct type *type, char *word, size_t size)
{
    (void)type;
    struct address_text text;
    qipcrtr_format(address, &text);
    (void)snprintf(word, size, "qipcrtr:%s:%s", text.host, text.port);
}

/* Only our own node can be bound; a socket that is not bound yet tells its number. */
static int
qipcrtr_bind(int fd, const struct address *address, mode_t mode, struct binding *binding, enum status status,
             struct fault *fault)
{
    (void)mode;
    struct sockaddr_qrtr name = name_of(address), own = { .sq_family = AF_QIPCRTR };
    socklen_t size = sizeof own;
    if (name.sq_node == QRTR_NODE_BCAST && getsockname(fd, (struct sockaddr *)&own, &size) == 0)
        name.sq_node = own.sq_node;
    struct binding bound = { .address.length = sizeof bound.address.name };
    if (bind(fd, (const struct sockaddr *)&name, sizeof name) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound.address.name, &bound.address.length) < 0)
        return fault_set(fault, status, "bind to %u port %u", name.sq_node, name.sq_port);
    *binding = bound;
    return 0;
}

static size_t
qipcrtr_message_max(int fd, const struct type *type)
{
    (void)fd;
    (void)type;
    return MESSAGE_MAX;
}

/* qrtr_sendmsg refuses every flag but MSG_DONTWAIT. There is no SIGPIPE without a connection. */
static const struct type qipcrtr_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .no_flags = MSG_NOSIGNAL,
    .help = "messages without a connection",
};

static const struct type *const types[] = { &qipcrtr_type, NULL };

const struct domain qipcrtr_domain = {
    .name = "qipcrtr",
    .aliases = "qrtr",
    .family = AF_QIPCRTR,
    .kernel = "CONFIG_QRTR, module qrtr, in the first network namespace",
    .types = types,
    .has_port = true,
    .operands = "NODE PORT",
    .help = "processors of one device, by Qualcomm's IPC router",
    .read = qipcrtr_read,
    .format = qipcrtr_format,
    .spell = qipcrtr_spell,
    .bind = qipcrtr_bind,
    .message_max = qipcrtr_message_max,
};
