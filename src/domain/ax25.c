#include "domain/ax25.h"

#include "domain/callsign.h"
#include "domain/unsent.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h> /* linux/ax25.h needs sa_family_t */

#include <linux/ax25.h>

#ifndef SOL_AX25
#define SOL_AX25 257
#endif

enum {
    PID_TEXT = 0xf0, /* "no layer 3 protocol": what terminals speak (AX.25 2.2, section 3.4) */
    PID_MAX = 255,
    VIA_OURS_MAX = 1,
};

/* Stands for any device in bind(2) (null_ax25_address). */
static const unsigned char any_device[CALLSIGN_BYTES] = { 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0 };

static const struct protocol pids[] = {
    { "text", PID_TEXT }, { "netrom", 0xcf }, { "flexnet", 0xce }, { "arp", 0xcd },
    { "ip", 0xcc },       { "rose", 0x01 },   { NULL, 0 },
};

/* The kernel has a usual PID for all types but raw. */
static int
ax25_socket_protocol(const struct type *type, int protocol)
{
    return type->value == SOCK_RAW && protocol == 0 ? PID_TEXT : protocol;
}

static int
bad_address(const struct resolve_query *query, const char *why, struct fault *fault)
{
    const char *word = query->target.host;
    return fault_say(fault, STATUS_USAGE, why, "address %s", word && *word ? word : "\"\"");
}

static const char separators[] = ", \t";

/* `via` between the station and its path, as in axcall(1), says nothing new. */
static bool
is_via(const char *word, size_t length)
{
    return (length == 3 && strncasecmp(word, "via", 3) == 0) ||
           (length == 1 && strncasecmp(word, "v", 1) == 0);
}

/* One more callsign at the end of the name. Returns what is wrong with it, or NULL. */
static const char *
add_call(struct full_sockaddr_ax25 *name, size_t count, const char *word, size_t length, bool is_ours)
{
    bool is_any = is_ours && count == 1 && length == 1 && *word == '*';
    unsigned char call[CALLSIGN_BYTES];
    if (is_any)
        memcpy(call, any_device, sizeof call);
    else if (!callsign_read(word, length, call))
        return "a callsign is up to 6 letters and digits, and -0 to -15";
    if (count == 0) {
        memcpy(&name->fsa_ax25.sax25_call, call, sizeof call);
        return NULL;
    }
    if (is_ours && count > VIA_OURS_MAX)
        return "an address of our own is CALL, or CALL,DEVICE";
    if (count > AX25_MAX_DIGIS)
        return "a path has at most 8 digipeaters";
    memcpy(&name->fsa_digipeater[count - 1], call, sizeof call);
    name->fsa_ax25.sax25_ndigis = (int)count;
    return NULL;
}

static int
ax25_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *rest = query->target.host ? query->target.host : "";
    bool is_ours = query->purpose != PURPOSE_CONNECT;
    if (query->purpose == PURPOSE_LISTEN && query->type->value == SOCK_DGRAM)
        return fault_say(
            fault, STATUS_USAGE,
            "hears only the station that it is connected to: connect from both ends, or use --type raw",
            "-l --type dgram");
    if (query->protocol > PID_MAX)
        return fault_say(fault, STATUS_USAGE, "a PID is 1 to 255", "protocol %d", query->protocol);
    struct full_sockaddr_ax25 name = { .fsa_ax25 = { .sax25_family = AF_AX25 } };
    size_t count = 0;
    bool lacks_digipeater = false;
    for (rest += strspn(rest, separators); *rest; rest += strspn(rest, separators)) {
        size_t length = strcspn(rest, separators);
        lacks_digipeater = count == 1 && is_via(rest, length);
        const char *problem = lacks_digipeater ? NULL : add_call(&name, count++, rest, length, is_ours);
        if (problem)
            return bad_address(query, problem, fault);
        rest += length;
    }
    if (lacks_digipeater)
        return bad_address(query, "after via comes a digipeater", fault);
    if (count == 0)
        return bad_address(query, "a callsign is up to 6 letters and digits, and -0 to -15", fault);
    *address = (struct address){ .length = count > 1 ? sizeof name : sizeof name.fsa_ax25 };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

static struct full_sockaddr_ax25
name_of(const struct address *address)
{
    struct full_sockaddr_ax25 name = { .fsa_ax25 = { .sax25_ndigis = 0 } };
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    if (address->length < sizeof name || name.fsa_ax25.sax25_ndigis < 0)
        name.fsa_ax25.sax25_ndigis = 0;
    if (name.fsa_ax25.sax25_ndigis > AX25_MAX_DIGIS)
        name.fsa_ax25.sax25_ndigis = AX25_MAX_DIGIS;
    return name;
}

static const unsigned char *
call_of(const ax25_address *call)
{
    return (const unsigned char *)call->ax25_call;
}

static void
ax25_format(const struct address *address, struct address_text *text)
{
    struct full_sockaddr_ax25 name = name_of(address);
    callsign_write(call_of(&name.fsa_ax25.sax25_call), text->host);
    for (int i = 0; i < name.fsa_ax25.sax25_ndigis; i++) {
        const unsigned char *call = call_of(&name.fsa_digipeater[i]);
        char word[CALLSIGN_TEXT_SIZE] = "*";
        if (memcmp(call, any_device, sizeof any_device) != 0)
            callsign_write(call, word);
        size_t used = strlen(text->host);
        (void)snprintf(text->host + used, sizeof text->host - used, ",%s", word);
    }
    text->port[0] = '\0';
}

/* What others call: not our device. */
static void
ax25_spell(const struct address *address, const struct type *type, char *word, size_t size)
{
    (void)type;
    struct full_sockaddr_ax25 name = name_of(address);
    char call[CALLSIGN_TEXT_SIZE];
    callsign_write(call_of(&name.fsa_ax25.sax25_call), call);
    (void)snprintf(word, size, "ax25:%s", call);
}

/* Which digipeaters a frame has passed says nothing about who sent it. */
static bool
ax25_same(const struct address *a, const struct address *b)
{
    struct full_sockaddr_ax25 one = name_of(a), other = name_of(b);
    return callsign_same(call_of(&one.fsa_ax25.sax25_call), call_of(&other.fsa_ax25.sax25_call));
}

/* getsockname(2) always adds a device, so that an address would not be what was typed. */
static int
ax25_bind(int fd, const struct address *address, mode_t mode, struct binding *binding, enum status status,
          struct fault *fault)
{
    (void)mode;
    if (bind(fd, (const struct sockaddr *)&address->name, address->length) == 0) {
        *binding = (struct binding){ .address = *address };
        return 0;
    }
    (void)domain_bind_fault(&ax25_domain, address, status, fault);
    if (fault->error == EADDRNOTAVAIL)
        fault_add(fault, "; no device that is up has this callsign: CALL,DEVICE names one that has");
    return -1;
}

/*
 * Without AX25_PIDINCL the kernel takes the first byte of every datagram received for a protocol number (PID) that is
 * no longer there (ax25_rcv, ax25_recvmsg). With it, what is sent begins with one: see ax25_put_header.
 */
static int
ax25_prepare(int fd, const struct type *type, int protocol, enum status status, struct fault *fault)
{
    (void)protocol;
    const int on = 1;
    if (type->value != SOCK_DGRAM || setsockopt(fd, SOL_AX25, AX25_PIDINCL, &on, sizeof on) == 0)
        return 0;
    return fault_set(fault, status, "socket option AX25_PIDINCL");
}

static size_t
ax25_put_header(const struct type *type, int protocol, unsigned char *bytes)
{
    if (type->value != SOCK_DGRAM)
        return 0;
    bytes[0] = (unsigned char)(protocol == 0 ? PID_TEXT : protocol);
    return 1;
}

/* A raw socket receives the PID as well (ax25_send_to_raw). */
static size_t
ax25_header_size(int fd, const struct type *type, const void *message, size_t size)
{
    (void)fd;
    (void)message;
    (void)size;
    return type->value == SOCK_RAW ? 1 : 0;
}

/* More would be cut into several frames (ax25_output). */
static size_t
ax25_message_max(int fd, const struct type *type)
{
    int length = 0;
    socklen_t size = sizeof length;
    if (getsockopt(fd, SOL_AX25, AX25_PACLEN, &length, &size) < 0 || length < 1)
        return SIZE_MAX;
    return (size_t)length - (type->value == SOCK_DGRAM ? 1 : 0);
}

static uint64_t
ax25_unsettled(int fd, const struct type *type)
{
    return type->accepts ? unsent(fd) : 0;
}

static const struct type connection_type = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .no_flags = MSG_NOSIGNAL,
    .accepts = true,
    .unread_lost = true,
    .end_error = ENOTCONN,
    .help = "connections, which keep records apart",
};

static const struct type *const types[] = { &connection_type, &bare_dgram_type, &bare_raw_type, NULL };

const struct domain ax25_domain = {
    .name = "ax25",
    .aliases = "ax.25",
    .family = AF_AX25,
    .kernel = "CONFIG_AX25, module ax25, in the first network namespace",
    .types = types,
    .needs_source = true,
    .operands = "CALL[-SSID][,DIGIPEATER...]",
    .help = "packet radio",
    .read = ax25_read,
    .format = ax25_format,
    .spell = ax25_spell,
    .protocols = pids,
    .socket_protocol = ax25_socket_protocol,
    .prepare = ax25_prepare,
    .bind = ax25_bind,
    .message_max = ax25_message_max,
    .header_size = ax25_header_size,
    .put_header = ax25_put_header,
    .unsettled = ax25_unsettled,
    .ended_badly = unsent_unread,
    .same = ax25_same,
};
