#include "domain/inet_protocol.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#ifndef IPPROTO_MPTCP
enum { IPPROTO_MPTCP = 262 };
#endif

/* SCTP's one-to-many sockets: many associations on one socket, made by the first message (sctp(7)). */
static const struct type sctp_type = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .listens = true,
    .addressed = true,
    .help = "SCTP, one socket for many peers",
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

/* Its sockets take MSG_OOB and forget it (mptcp_sendmsg in net/mptcp/protocol.c). */
static const struct type mptcp_type = {
    .name = "mptcp stream",
    .value = SOCK_STREAM,
    .only_protocol = IPPROTO_MPTCP,
    .accepts = true,
    .half_closes = true,
    .help = "a connection that carries bytes in order, over several paths",
};

const struct type *const inet_types[] = {
    &stream_type, &mptcp_type,    &ping_type, &ping6_type, &dgram_type,
    &sctp_type,   &inet_raw_type, &dccp_type, NULL,
};

static const struct {
    const char *name;
    int number;
} known[] = {
    { "tcp", IPPROTO_TCP },   { "udp", IPPROTO_UDP },       { "mptcp", IPPROTO_MPTCP },
    { "sctp", IPPROTO_SCTP }, { "dccp", IPPROTO_DCCP },     { "udplite", IPPROTO_UDPLITE },
    { "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 },
};

enum { KNOWN = sizeof known / sizeof known[0] };

const char *const inet_protocol_words[] = { "tcp",     "udp",  "mptcp",  "sctp", "dccp",
                                            "udplite", "icmp", "icmpv6", NULL };

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
    default:
        return type->value == dccp_type.value ? IPPROTO_DCCP : 0;
    }
}

const char *
inet_protocol_name(const struct type *type, int protocol)
{
    int number = protocol != 0 ? protocol : usual(type);
    for (size_t i = 0; i < KNOWN; i++) {
        if (known[i].number == number)
            return known[i].name;
    }
    return type->name;
}

int
inet_protocol_find(const char *name)
{
    if (strncasecmp(name, "IPPROTO_", 8) == 0)
        name += 8;
    for (size_t i = 0; i < KNOWN; i++) {
        if (strcasecmp(known[i].name, name) == 0)
            return known[i].number;
    }
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
inet_socket_protocol(const struct type *type, int protocol)
{
    bool is_usual = protocol == 0 && type->value != SOCK_STREAM && type->value != SOCK_DGRAM;
    return is_usual ? usual(type) : protocol;
}
