#include "domain/appletalk.h"

#include "base/number.h"
#include "domain/field.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h> /* linux/atalk.h needs sa_family_t */

#include <linux/atalk.h>

enum {
    NODE_MAX = 255, /* all nodes */
    TYPE_MAX = 255,
    TYPE_USUAL = 16,  /* 0 is none, and 1 to 15 are Apple's own (Inside AppleTalk, chapter 4) */
    HEADER_SIZE = 12, /* of DDP, without its type (struct ddpehdr in the kernel) */
};

static const struct protocol ddp_types[] = {
    { "rtmp", 1 }, { "nbp", 2 },  { "atp", 3 }, { "aep", 4 },
    { "zip", 6 },  { "adsp", 7 }, { "ip", 22 }, { NULL, 0 },
};

/* The kernel's sockets know nothing of types. */
static int
appletalk_socket_protocol(const struct type *type, int protocol)
{
    (void)type;
    (void)protocol;
    return 0;
}

struct parts {
    int64_t net, node, socket;
    bool has_node, has_socket;
};

/* NET.NODE, or with the two halves of NET, HIGH.LOW.NODE. */
static bool
read_node(const char **text, struct parts *parts)
{
    static const char marks[] = ".:";
    int64_t more = 0;
    if (!field_number(text, marks, NUMBER_DECIMAL_OR_HEX, UINT16_MAX, &parts->net) ||
        !field_mark(text, ".") || !field_number(text, marks, NUMBER_DECIMAL_OR_HEX, NODE_MAX, &parts->node))
        return false;
    parts->has_node = true;
    if (!field_mark(text, "."))
        return true;
    if (parts->net > UINT8_MAX || !field_number(text, marks, NUMBER_DECIMAL_OR_HEX, NODE_MAX, &more))
        return false;
    parts->net = parts->net << 8 | parts->node;
    parts->node = more;
    return true;
}

static bool
read_parts(const char *text, struct parts *parts)
{
    *parts = (struct parts){ .net = 0 };
    if (*text == '*' || *text == ':')
        text += *text == '*';
    else if (!read_node(&text, parts))
        return false;
    if (!field_mark(&text, ":"))
        return *text == '\0';
    parts->has_socket = field_number(&text, "", NUMBER_DECIMAL_OR_HEX, ATPORT_LAST, &parts->socket);
    return parts->has_socket;
}

static int
appletalk_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *word = query->target.host;
    bool is_far = query->purpose == PURPOSE_CONNECT;
    struct parts parts = { .net = 0 };
    if (query->protocol > TYPE_MAX)
        return fault_say(fault, STATUS_USAGE, "a DDP type is 1 to 255", "protocol %d", query->protocol);
    if (!word && is_far)
        return fault_say(fault, STATUS_USAGE, "connecting needs NET.NODE:SOCKET", "missing operand");
    bool is_good = !word || read_parts(word, &parts);
    if (!is_good || (is_far && (!parts.has_node || !parts.has_socket || parts.socket == 0)))
        return fault_say(
            fault, STATUS_USAGE,
            is_far ? "an AppleTalk address is NET.NODE:SOCKET, up to 65535.255:254"
                   : "an AppleTalk address is NET.NODE:SOCKET, NET.NODE or :SOCKET, up to 65535.255:254",
            "address %s", *word ? word : "\"\"");
    struct sockaddr_at name = {
        .sat_family = AF_APPLETALK,
        .sat_port = (uint8_t)parts.socket,
        .sat_addr = { .s_net = htons((uint16_t)parts.net), .s_node = (uint8_t)parts.node },
    };
    *address = (struct address){ .length = sizeof name };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

static struct sockaddr_at
name_of(const struct address *address)
{
    struct sockaddr_at name;
    memcpy(&name, &address->name, sizeof name);
    return name;
}

static void
appletalk_format(const struct address *address, struct address_text *text)
{
    struct sockaddr_at name = name_of(address);
    (void)snprintf(text->host, sizeof text->host, "%u.%u:%u", ntohs(name.sat_addr.s_net),
                   name.sat_addr.s_node, name.sat_port);
    text->port[0] = '\0';
}

static bool
appletalk_same(const struct address *a, const struct address *b)
{
    struct sockaddr_at one = name_of(a), other = name_of(b);
    return one.sat_port == other.sat_port && one.sat_addr.s_net == other.sat_addr.s_net &&
           one.sat_addr.s_node == other.sat_addr.s_node;
}

/* The type is the first byte of the kernel's data (atalk_sendmsg). People who say dgram mean what comes after it. */
static size_t
appletalk_put_header(const struct type *type, int protocol, unsigned char *bytes)
{
    if (type->value != SOCK_DGRAM)
        return 0;
    bytes[0] = (unsigned char)(protocol == 0 ? TYPE_USUAL : protocol);
    return 1;
}

/* A raw socket receives the header before the type as well, and does not send one (atalk_recvmsg). */
static size_t
appletalk_header_size(int fd, const struct type *type, const void *message, size_t size)
{
    (void)fd;
    (void)message;
    (void)size;
    return type->value == SOCK_RAW ? HEADER_SIZE : 1;
}

static size_t
appletalk_message_max(int fd, const struct type *type)
{
    (void)fd;
    return DDP_MAXSZ - (type->value == SOCK_DGRAM ? 1 : 0);
}

static const struct type *const types[] = { &bare_dgram_type, &bare_raw_type, NULL };

const struct domain appletalk_domain = {
    .name = "appletalk",
    .aliases = "atalk ddp",
    .family = AF_APPLETALK,
    .kernel = "CONFIG_ATALK, module appletalk, in the first network namespace",
    .types = types,
    .address_optional = true,
    .operands = "NET.NODE:SOCKET",
    .help = "AppleTalk datagrams (DDP)",
    .read = appletalk_read,
    .format = appletalk_format,
    .protocols = ddp_types,
    .socket_protocol = appletalk_socket_protocol,
    .put_header = appletalk_put_header,
    .header_size = appletalk_header_size,
    .message_max = appletalk_message_max,
    .same = appletalk_same,
};
