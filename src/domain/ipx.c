#include "domain/ipx.h"

#include "domain/field.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    NODE_SIZE = 6,
    TYPE_MAX = 255,
    MESSAGE_MAX = 65535 - 30 - 1, /* all that 16 bits count, without a header (ipx_sendmsg) */
};

/* struct sockaddr_ipx of netipx/ipx.h, which not every libc has. */
struct ipx_name {
    sa_family_t family;
    uint16_t port;
    uint32_t network;
    unsigned char node[NODE_SIZE];
    uint8_t type;
    unsigned char zero;
};

struct parts {
    int64_t network, node, port;
};

static const char marks[] = ":/.";

static bool
read_parts(const char *text, struct parts *parts)
{
    const int64_t node_max = (INT64_C(1) << 8 * NODE_SIZE) - 1;
    return field_number(&text, marks, 16, UINT32_MAX, &parts->network) && field_mark(&text, marks) &&
           field_number(&text, marks, 16, node_max, &parts->node) && field_mark(&text, marks) &&
           field_number(&text, "", 16, UINT16_MAX, &parts->port);
}

static bool
read_port(const char *text, struct parts *parts)
{
    return field_number(&text, "", 16, UINT16_MAX, &parts->port);
}

static int
ipx_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *word = query->target.host;
    bool is_far = query->purpose == PURPOSE_CONNECT;
    struct parts parts = { .network = 0 };
    if (query->protocol > TYPE_MAX)
        return fault_say(fault, STATUS_USAGE, "an IPX packet type is 0 to 255", "protocol %d",
                         query->protocol);
    if (!word && is_far)
        return fault_say(fault, STATUS_USAGE, "connecting needs NETWORK:NODE:PORT", "missing operand");
    bool is_port = word && !is_far && word[strcspn(word, marks)] == '\0';
    if (word && !(is_port ? read_port(word, &parts) : read_parts(word, &parts)))
        return fault_say(
            fault, STATUS_USAGE,
            is_far ? "an IPX address is NETWORK:NODE:PORT, of up to 8, 12 and 4 hexadecimal digits"
                   : "an IPX address is NETWORK:NODE:PORT, of up to 8, 12 and 4 hexadecimal digits, or PORT",
            "address %s", *word ? word : "\"\"");
    struct ipx_name name = { .family = AF_IPX,
                             .port = htons((uint16_t)parts.port),
                             .network = htonl((uint32_t)parts.network),
                             .type = (uint8_t)query->protocol };
    for (int i = 0; i < NODE_SIZE; i++)
        name.node[i] = (unsigned char)(parts.node >> 8 * (NODE_SIZE - 1 - i));
    *address = (struct address){ .length = sizeof name };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

static struct ipx_name
name_of(const struct address *address)
{
    struct ipx_name name;
    memcpy(&name, &address->name, sizeof name);
    return name;
}

static void
ipx_format(const struct address *address, struct address_text *text)
{
    struct ipx_name name = name_of(address);
    (void)snprintf(text->host, sizeof text->host, "%08" PRIX32 ":%02X%02X%02X%02X%02X%02X:%04X",
                   ntohl(name.network), name.node[0], name.node[1], name.node[2], name.node[3], name.node[4],
                   name.node[5], ntohs(name.port));
    text->port[0] = '\0';
}

static int
ipx_socket_protocol(const struct type *type, int protocol)
{
    (void)type;
    (void)protocol;
    return 0; /* the packet type is part of the address */
}

static size_t
ipx_message_max(int fd, const struct type *type)
{
    (void)fd;
    (void)type;
    return MESSAGE_MAX;
}

/* The packet type is no part of who somebody is. */
static bool
ipx_same(const struct address *a, const struct address *b)
{
    struct ipx_name one = name_of(a), other = name_of(b);
    return one.port == other.port && one.network == other.network &&
           memcmp(one.node, other.node, sizeof one.node) == 0;
}

static const struct type *const types[] = { &bare_dgram_type, NULL };

const struct domain ipx_domain = {
    .name = "ipx",
    .aliases = "",
    .family = AF_IPX,
    .kernel = "CONFIG_IPX, module ipx (Linux had it up to 4.17), in the first network namespace",
    .types = types,
    .address_optional = true,
    .operands = "NETWORK:NODE:PORT",
    .help = "IPX datagrams",
    .read = ipx_read,
    .format = ipx_format,
    .socket_protocol = ipx_socket_protocol,
    .message_max = ipx_message_max,
    .same = ipx_same,
};
