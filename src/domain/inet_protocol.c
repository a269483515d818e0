#include "domain/inet_protocol.h"

#include "domain/inet_sctp.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#ifndef IPPROTO_MPTCP
enum { IPPROTO_MPTCP = 262 };
#endif

/*
 * As TCP's and UDP's, with a name of their own by which an address is spelled. Multipath TCP takes MSG_OOB and forgets
 * it (mptcp_sendmsg in net/mptcp/protocol.c).
 */
static const struct type mptcp_type = {
    .name = "stream",
    .value = SOCK_STREAM,
    .only_protocol = IPPROTO_MPTCP,
    .accepts = true,
    .half_closes = true,
};

static const struct type udplite_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .only_protocol = IPPROTO_UDPLITE,
};

static const struct type inet_raw_type = {
    .name = "raw",
    .value = SOCK_RAW,
    .unit = UNIT_MESSAGES,
    .portless = true,
    .help = "packets of one protocol",
};

/* Echo requests and replies without a privilege (icmp(7)): the kernel puts the port into their identifier. */
static const struct type ping_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .only_protocol = IPPROTO_ICMP,
    .portless = true,
};

static const struct type ping6_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .only_protocol = IPPROTO_ICMPV6,
    .portless = true,
};

const struct type *const inet_types[] = {
    &sctp_stream_type, &mptcp_type, &stream_type,   &ping_type, &ping6_type, &udplite_type,
    &dgram_type,       &sctp_type,  &inet_raw_type, &dccp_type, NULL,
};

const struct protocol inet_protocols[] = {
    { "tcp", IPPROTO_TCP },   { "udp", IPPROTO_UDP },       { "mptcp", IPPROTO_MPTCP },
    { "sctp", IPPROTO_SCTP }, { "dccp", IPPROTO_DCCP },     { "udplite", IPPROTO_UDPLITE },
    { "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 }, { NULL, 0 },
};

/* The types that these have; a raw socket takes any protocol. */
static const struct {
    int number;
    const struct type *types[2];
} known[] = {
    { .number = IPPROTO_TCP, .types = { &stream_type } },
    { .number = IPPROTO_UDP, .types = { &dgram_type } },
    { .number = IPPROTO_MPTCP, .types = { &stream_type } },
    { .number = IPPROTO_SCTP, .types = { &stream_type, &seqpacket_type } },
    { .number = IPPROTO_DCCP, .types = { &dccp_type } },
    { .number = IPPROTO_UDPLITE, .types = { &dgram_type } },
    { .number = IPPROTO_ICMP, .types = { &dgram_type } },
    { .number = IPPROTO_ICMPV6, .types = { &dgram_type } },
};

enum { KNOWN = sizeof known / sizeof known[0] };

/* The protocol that a type has when none is asked for. */
static int
usual(const struct type *type)
{
    switch (type->value) {
    case SOCK_STREAM:
        return IPPROTO_TCP;
    case SOCK_DGRAM:
        return IPPROTO_UDP;
    case SOCK_SEQPACKET:
        return IPPROTO_SCTP;
    case SOCK_RAW:
        return IPPROTO_RAW; /* only asked for: who opens one has to say which */
    default:
        return type->value == dccp_type.value ? IPPROTO_DCCP : 0;
    }
}

const char *
inet_protocol_name(const struct type *type, int protocol)
{
    int number = protocol != 0 ? protocol : type->only_protocol != 0 ? type->only_protocol : usual(type);
    const char *name = protocol_name(inet_protocols, number);
    return name ? name : type->name;
}

int
inet_protocol_find(const char *name)
{
    if (strncasecmp(name, "IPPROTO_", 8) == 0)
        name += 8;
    int number = protocol_number(inet_protocols, name);
    if (number >= 0)
        return number;
    char lower[64];
    size_t length = strlen(name);
    if (length >= sizeof lower)
        return -1;
    for (size_t i = 0; i <= length; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    const struct protoent *found = getprotobyname(lower);
    return found ? found->p_proto : -1;
}

int
inet_protocol_fits(const struct type *type, int protocol, struct fault *fault)
{
    size_t i = 0;
    while (i < KNOWN && known[i].number != protocol)
        i++;
    if (i == KNOWN || type->value == SOCK_RAW)
        return 0;
    const struct type *const *types = known[i].types;
    if (types[0]->value == type->value || (types[1] && types[1]->value == type->value))
        return 0;
    char why[64];
    (void)snprintf(why, sizeof why, "it has %s%s%s", types[0]->name, types[1] ? ", " : "",
                   types[1] ? types[1]->name : "");
    return fault_say(fault, STATUS_USAGE, why, "protocol %s has no type %s",
                     protocol_name(inet_protocols, protocol), type->name);
}

int
inet_socket_protocol(const struct type *type, int protocol)
{
    bool is_usual = protocol == 0 && type->value != SOCK_STREAM && type->value != SOCK_DGRAM;
    return is_usual ? usual(type) : protocol;
}

static bool
is_lacking(int error)
{
    return error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT || error == ENOPROTOOPT;
}

/* A protocol's own option and module, so that its absence can be mended. */
const char *
inet_lacking(const struct type *type, int protocol, int error)
{
    switch (protocol != 0 ? protocol : usual(type)) {
    case IPPROTO_SCTP:
        return is_lacking(error) ? "needs a kernel with CONFIG_IP_SCTP, module sctp" : NULL;
    case IPPROTO_DCCP:
        return is_lacking(error) ? "needs a kernel with CONFIG_IP_DCCP, modules dccp_ipv4 and dccp_ipv6"
                                 : NULL;
    case IPPROTO_UDPLITE:
        return is_lacking(error) ? "needs a kernel that has UDP-Lite" : NULL;
    case IPPROTO_MPTCP:
        if (error == ENOPROTOOPT)
            return "switched off: sysctl net.mptcp.enabled=1";
        return is_lacking(error) ? "needs a kernel with CONFIG_MPTCP" : NULL;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        if (error == EACCES && type->value == SOCK_DGRAM)
            return "needs our group in the range of sysctl net.ipv4.ping_group_range";
        return is_lacking(error) && type->value == SOCK_DGRAM ? "IPv4 has icmp, and IPv6 icmpv6" : NULL;
    default:
        return is_lacking(error) && type->value != SOCK_RAW ? "no such protocol for this type" : NULL;
    }
}
