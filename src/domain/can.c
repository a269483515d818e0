#include "domain/can.h"

#include "base/number.h"
#include "domain/field.h"
#include "domain/interface.h"
#include <linux/can.h>
#include <linux/can/j1939.h>
#include <linux/can/raw.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 * How much of struct sockaddr_can each protocol uses. The kernel gives addresses of these lengths, and takes longer
 * ones too: so the length tells whose an address is.
 */
enum {
    PLAIN_SIZE = offsetof(struct sockaddr_can, can_addr),
    ISOTP_SIZE = PLAIN_SIZE + sizeof((struct sockaddr_can *)NULL)->can_addr.tp,
    J1939_SIZE = sizeof(struct sockaddr_can),
};

enum {
    SHORT_DIGITS = 3, /* more mean an identifier of 29 bits, as in cansend(1) */
    ISOTP_MAX = 8200, /* MAX_MSG_LENGTH of net/can/isotp.c; newer kernels may be told to take more */
    NAME_DIGITS = 16,
    XL_FRAMES = 7,            /* CAN_RAW_XL_FRAMES of linux/can/raw.h since Linux 6.2 */
    XL_FRAME_MAX = 12 + 2048, /* CANXL_MTU of linux/can.h since then */
};

struct reader {
    struct sockaddr_can name;
    socklen_t length;
    size_t interface; /* characters of its name */
};

/* An identifier of a frame. */
static bool
read_id(const char **text, const char *ends, canid_t *id)
{
    size_t digits = strcspn(*text, ends);
    int64_t number = 0;
    int64_t most = digits > SHORT_DIGITS ? CAN_EFF_MASK : CAN_SFF_MASK;
    if (!field_number(text, ends, 16, most, &number))
        return false;
    *id = (canid_t)number | (digits > SHORT_DIGITS ? CAN_EFF_FLAG : 0);
    return true;
}

static bool
read_isotp(const char *text, struct reader *reader)
{
    reader->length = ISOTP_SIZE;
    return field_mark(&text, ",") && read_id(&text, ",", &reader->name.can_addr.tp.tx_id) &&
           field_mark(&text, ",") && read_id(&text, "", &reader->name.can_addr.tp.rx_id);
}

/* The name of a control unit: 64 bits in hexadecimal, which a field's number has no room for. */
static bool
read_unit_name(const char *text, __u64 *name)
{
    text += strncmp(text, "0x", 2) == 0 ? 2 : 0;
    size_t digits = strspn(text, "0123456789abcdefABCDEF");
    unsigned long long value = 0;
    return digits > 0 && digits <= NAME_DIGITS && text[digits] == '\0' && sscanf(text, "%llx", &value) == 1 &&
           (*name = value, true);
}

static bool
is_empty_field(const char *text)
{
    return *text == ',' || *text == '\0';
}

static bool
read_j1939(const char *text, struct reader *reader)
{
    int64_t address = J1939_NO_ADDR, group = J1939_NO_PGN;
    __u64 name = J1939_NO_NAME;
    bool ok = *text == '\0' || field_mark(&text, ":");
    if (ok && !is_empty_field(text))
        ok = field_number(&text, ",", NUMBER_DECIMAL_OR_HEX, J1939_NO_ADDR, &address);
    if (ok && field_mark(&text, ",") && !is_empty_field(text))
        ok = field_number(&text, ",", NUMBER_DECIMAL_OR_HEX, J1939_NO_PGN, &group);
    if (ok && field_mark(&text, ","))
        ok = read_unit_name(text, &name);
    else
        ok = ok && *text == '\0';
    reader->length = J1939_SIZE;
    reader->name.can_addr.j1939.addr = (__u8)address;
    reader->name.can_addr.j1939.pgn = (__u32)group;
    reader->name.can_addr.j1939.name = name;
    return ok;
}

static int
socket_protocol(const struct type *type, int protocol)
{
    return protocol != 0 ? protocol : type->value == SOCK_RAW ? CAN_RAW : CAN_ISOTP;
}

/* Why what is well-formed cannot be used so, or NULL. */
static const char *
misused(const struct resolve_query *query, int protocol, const struct reader *reader)
{
    bool is_any = reader->interface == strlen("any") && strncmp(query->target.host, "any", 3) == 0;
    if (is_any && (query->purpose == PURPOSE_CONNECT || protocol != CAN_RAW))
        return "every interface can only be listened on, for raw frames";
    if (protocol == CAN_BCM && query->purpose == PURPOSE_LISTEN)
        return "the broadcast manager takes only connections: leave out -l";
    if (protocol != CAN_J1939 && query->purpose == PURPOSE_SOURCE)
        return "only j1939 has an address to come from";
    if (protocol == CAN_J1939 && query->purpose == PURPOSE_CONNECT &&
        reader->name.can_addr.j1939.pgn == J1939_NO_PGN)
        return "where to send is INTERFACE:ADDR,PGN";
    return NULL;
}

/* All but the interface's index. */
static int
can_parse(const struct resolve_query *query, struct reader *reader, struct fault *fault)
{
    const char *word = query->target.host ? query->target.host : "";
    int protocol = socket_protocol(query->type, query->protocol);
    const char *form = "an address is the name of an interface, as can0";
    *reader = (struct reader){ .name.can_family = AF_CAN, .length = PLAIN_SIZE };
    reader->interface = strcspn(word, protocol == CAN_J1939 ? ":" : ",");
    const char *rest = word + reader->interface;
    bool reads = *rest == '\0';
    if (protocol == CAN_ISOTP) {
        reads = read_isotp(rest, reader);
        form = "an address is INTERFACE,TXID,RXID, as can0,123,321";
    } else if (protocol == CAN_J1939) {
        reads = read_j1939(rest, reader);
        form = "an address is INTERFACE:ADDR,PGN,NAME, as can0:0x80,0x12300";
    }
    if (!reads || reader->interface == 0)
        return fault_say(fault, STATUS_USAGE, form, "address %s", *word ? word : "\"\"");
    const char *problem = misused(query, protocol, reader);
    if (problem)
        return fault_say(fault, STATUS_USAGE, problem, "address %s", word);
    return interface_check(word, reader->interface, fault);
}

static int
can_check(const struct resolve_query *query, struct fault *fault)
{
    struct reader reader;
    return can_parse(query, &reader, fault);
}

static int
can_resolve(const struct resolve_query *query, struct address_list *list, struct fault *fault)
{
    struct reader reader;
    if (can_parse(query, &reader, fault) < 0)
        return -1;
    const char *word = query->target.host;
    bool is_any = reader.interface == strlen("any") && strncmp(word, "any", reader.interface) == 0;
    if (!is_any && interface_index(word, reader.interface, &reader.name.can_ifindex, fault) < 0)
        return -1;
    if (address_list_add(list, (const struct sockaddr *)&reader.name, reader.length) < 0)
        return fault_set(fault, STATUS_LOCAL, "list of addresses");
    return 0;
}

static void
write_id(canid_t id, char *text, size_t size)
{
    if (id & CAN_EFF_FLAG)
        (void)snprintf(text, size, ",%08X", id & CAN_EFF_MASK);
    else
        (void)snprintf(text, size, ",%03X", id & CAN_SFF_MASK);
}

static void
write_j1939(const struct sockaddr_can *name, char *text, size_t size)
{
    int used = snprintf(text, size, ":0x%02x", name->can_addr.j1939.addr);
    if (name->can_addr.j1939.pgn != J1939_NO_PGN || name->can_addr.j1939.name != J1939_NO_NAME)
        used += snprintf(text + used, size - (size_t)used, ",0x%05x", name->can_addr.j1939.pgn);
    if (name->can_addr.j1939.name != J1939_NO_NAME)
        (void)snprintf(text + used, size - (size_t)used, ",0x%016llx",
                       (unsigned long long)name->can_addr.j1939.name);
}

static void
can_format(const struct address *address, struct address_text *text)
{
    struct sockaddr_can name = { .can_family = AF_CAN };
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    char interface[IF_NAMESIZE + 12], ids[64] = "";
    interface_name(name.can_ifindex, interface, sizeof interface);
    text->port[0] = '\0';
    if (address->length > ISOTP_SIZE) {
        write_j1939(&name, ids, sizeof ids);
    } else if (address->length > PLAIN_SIZE && (name.can_addr.tp.tx_id | name.can_addr.tp.rx_id) != 0) {
        write_id(name.can_addr.tp.tx_id, ids, sizeof ids); /* a sender has none */
        size_t used = strlen(ids);
        write_id(name.can_addr.tp.rx_id, ids + used, sizeof ids - used);
    }
    (void)snprintf(text->host, sizeof text->host, "%s%s", interface, ids);
}

/*
 * A control unit is one by its address and name, whatever group it writes to. The kernel leaves out the interface of a
 * sender whose message came in parts.
 */
static bool
can_same(const struct address *a, const struct address *b)
{
    struct sockaddr_can names[2];
    memcpy(&names[0], &a->name, sizeof names[0]);
    memcpy(&names[1], &b->name, sizeof names[1]);
    bool known = names[0].can_ifindex != 0 && names[1].can_ifindex != 0;
    bool is_j1939 = a->length > ISOTP_SIZE;
    if (a->length != b->length || !is_j1939)
        return a->length == b->length && memcmp(&a->name, &b->name, a->length) == 0;
    return (!known || names[0].can_ifindex == names[1].can_ifindex) &&
           names[0].can_addr.j1939.addr == names[1].can_addr.j1939.addr &&
           names[0].can_addr.j1939.name == names[1].can_addr.j1939.name;
}

static const struct protocol protocols[] = {
    { "raw", CAN_RAW }, { "bcm", CAN_BCM }, { "isotp", CAN_ISOTP }, { "j1939", CAN_J1939 }, { NULL, 0 },
};

static int
can_protocol_find(const char *name)
{
    bool has_prefix = strncasecmp(name, "can-", 4) == 0 || strncasecmp(name, "CAN_", 4) == 0;
    return protocol_number(protocols, has_prefix ? name + 4 : name);
}

static const char *
can_protocol_name(const struct type *type, int protocol)
{
    const char *name = protocol_name(protocols, socket_protocol(type, protocol));
    return name ? name : "can";
}

/* Raw frames and ISO-TP know no peer but the interface, or the pair of identifiers, that they are bound to. */
static int
can_connect(int fd, const struct type *type, const struct address *remote)
{
    const struct sockaddr *name = (const struct sockaddr *)&remote->name;
    bool connects = type->only_protocol == CAN_BCM || type->only_protocol == CAN_J1939;
    return connects ? connect(fd, name, remote->length) : bind(fd, name, remote->length);
}

static bool
is_on(int fd, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_CAN_RAW, option, &value, &size) == 0 && value != 0;
}

/* Longer frames are sent as they are received: by who has asked for them. */
static size_t
frame_max(int fd)
{
    if (is_on(fd, XL_FRAMES))
        return XL_FRAME_MAX;
    return is_on(fd, CAN_RAW_FD_FRAMES) ? CANFD_MTU : CAN_MTU;
}

static size_t
can_message_max(int fd, const struct type *type)
{
    if (type->value == SOCK_RAW)
        return frame_max(fd);
    return type->only_protocol == CAN_BCM || type->only_protocol == CAN_J1939 ? SIZE_MAX : ISOTP_MAX;
}

static const struct type can_raw_type = {
    .name = "raw",
    .value = SOCK_RAW,
    .unit = UNIT_MESSAGES,
    .no_empty = true,
    .help = "frames of 16 bytes, as struct can_frame has them",
};

/* The usual protocol of dgram, with and without being asked for. */
#define ISOTP_COLUMNS                                                                                        \
    .name = "dgram", .value = SOCK_DGRAM, .unit = UNIT_MESSAGES, .no_empty = true,                           \
    .help = "messages of ISO 15765-2, between two identifiers"

static const struct type can_isotp_type = { ISOTP_COLUMNS, .only_protocol = CAN_ISOTP };
static const struct type can_dgram_type = { ISOTP_COLUMNS };

static const struct type can_j1939_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .only_protocol = CAN_J1939,
    .needs_source = true,
    .no_flags = MSG_TRUNC,
    .help = "messages of SAE J1939, between control units",
};

static const struct type can_bcm_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .only_protocol = CAN_BCM,
    .no_empty = true,
    .help = "orders to the kernel's broadcast manager",
};

static const struct type *const types[] = {
    &can_raw_type, &can_isotp_type, &can_j1939_type, &can_bcm_type, &can_dgram_type, NULL,
};

const struct domain can_domain = {
    .name = "can",
    .aliases = "",
    .family = AF_CAN,
    .kernel = "CONFIG_CAN, module can_raw, can_isotp, can_j1939 or can_bcm",
    .types = types,
    .operands = "INTERFACE",
    .help = "controller area networks",
    .check = can_check,
    .resolve = can_resolve,
    .format = can_format,
    .protocol_name = can_protocol_name,
    .protocol_find = can_protocol_find,
    .protocols = protocols,
    .socket_protocol = socket_protocol,
    .connect = can_connect,
    .message_max = can_message_max,
    .same = can_same,
};
