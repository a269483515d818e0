#include "domain/inet_socket.h"

#include "base/fd.h"
#include "domain/inet_dccp.h"
#include "domain/inet_name.h"
#include "domain/inet_protocol.h"
#include "domain/inet_sctp.h"
#include "domain/inet_udp.h"
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

/* A UDP datagram's size is 16 bits with its own 8 bytes, and in IPv4 with the header's 20: RFC 768, 791. */
enum { UDP4_MAX = 65535 - 20 - 8, UDP6_MAX = 65535 - 8 };

enum { IPV4_HEADER_MIN = 20 };

static int
bind_fault(const struct address *address, enum status status, struct fault *fault)
{
    int error = errno;
    struct address_text text;
    inet_format(address, &text);
    errno = error;
    if (inet_get_port(address) == 0)
        return fault_set(fault, status, "bind to %s", text.host);
    return fault_set(fault, status, "bind to %s port %s", text.host, text.port);
}

/* Raw sockets of IPv6 hear no IPv4, and the kernel refuses them the option that says so (do_ipv6_setsockopt). */
static bool
may_take_ipv4(int fd, const struct address *address)
{
    int type = 0;
    socklen_t size = sizeof type;
    return inet_name(address).any.sa_family == AF_INET6 &&
           (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_RAW);
}

/* v6only is said either way: net.ipv6.bindv6only must not change what a listener takes (ipv6(7)). */
static int
bind_name(int fd, const struct address *address, int v6only, struct binding *binding, enum status status,
          struct fault *fault)
{
    if (may_take_ipv4(fd, address) && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only) < 0)
        return bind_fault(address, status, fault);
    struct binding bound = { .address.length = sizeof bound.address.name };
    if (bind(fd, (const struct sockaddr *)&address->name, address->length) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound.address.name, &bound.address.length) < 0)
        return bind_fault(address, status, fault);
    *binding = bound;
    return 0;
}

int
inet46_bind(int fd, const struct address *address, mode_t mode, struct binding *binding, enum status status,
            struct fault *fault)
{
    (void)mode; /* no files here */
    return bind_name(fd, address, 0, binding, status, fault);
}

int
inet_bind(int fd, const struct address *address, mode_t mode, struct binding *binding, enum status status,
          struct fault *fault)
{
    (void)mode;
    return bind_name(fd, address, 1, binding, status, fault);
}

static int
protocol_of(int fd)
{
    int protocol = 0;
    socklen_t size = sizeof protocol;
    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 ? protocol : 0;
}

/* What we write goes out at once, and a peer that has vanished is noticed some day. */
static void
set_up_stream(int fd, const struct type *type)
{
    const int on = 1;
    if (type == &sctp_stream_type)
        sctp_opened(fd);
    else
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

/* Linux has TCP's accept(2) hand over what the listening socket was told: it need not be said for each. */
static bool
hands_over(const struct type *type, int protocol)
{
    return type == &stream_type && (protocol == 0 || protocol == IPPROTO_TCP);
}

int
inet_prepare(int fd, const struct type *type, int protocol, enum status status, struct fault *fault)
{
    if (type->value == SOCK_DGRAM && !type->portless)
        udp_prepare(fd);
    if (hands_over(type, protocol))
        set_up_stream(fd, type);
    return type == &sctp_type ? sctp_prepare(fd, status, fault) : 0;
}

int
inet_connect(int fd, const struct type *type, const struct address *remote)
{
    return type == &sctp_type ? sctp_connect(fd, remote)
                              : connect(fd, (const struct sockaddr *)&remote->name, remote->length);
}

void
inet_opened(int fd, const struct type *type, int protocol, bool is_prepared)
{
    if (type->value == SOCK_STREAM && !(is_prepared && hands_over(type, protocol)))
        set_up_stream(fd, type);
}

bool
inet_has_trains(int fd, const struct type *type)
{
    return type->value == SOCK_DGRAM && protocol_of(fd) == IPPROTO_UDP && udp_has_trains(fd);
}

bool
inet_gather(int fd, const struct type *type, int bytes)
{
    int before = 0;
    socklen_t size = sizeof before;
    if (type != &stream_type || protocol_of(fd) != IPPROTO_TCP || /* tcp_poll is the one that minds it */
        getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &before, &size) != 0 || (bytes > 1 && before > 1))
        return false;
    return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes) == 0;
}

/* Others, as SCTP and DCCP, do not know the flag in every kernel. */
bool
inet_clear_errors(int fd, const struct type *type)
{
    static const int protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_ICMP,
                                     IPPROTO_ICMPV6 };
    int protocol = protocol_of(fd);
    bool has_queue = type->value == SOCK_RAW;
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        has_queue = has_queue || protocol == protocols[i];
    if (has_queue)
        fd_clear_errors(fd);
    return has_queue;
}

bool
inet_tell_origins(int fd, const struct type *type, bool is_shared)
{
    bool is_raw = type->value == SOCK_RAW; /* IP_PKTINFO is not UDP's alone */
    return (is_raw || (type->value == SOCK_DGRAM && !type->portless)) && udp_tell_origins(fd, is_shared);
}

void
inet_origin(struct msghdr *message, struct origin *origin)
{
    udp_origin(message, origin);
}

static size_t
datagram_max(const struct address *peer)
{
    union inet_name given = inet_name(peer);
    return inet_unmapped(&given).any.sa_family == AF_INET6 ? UDP6_MAX : UDP4_MAX;
}

size_t
inet_message_max(int fd, const struct type *type)
{
    if (protocol_of(fd) == IPPROTO_DCCP)
        return dccp_message_max(fd);
    if (type->value != SOCK_DGRAM || type->portless)
        return SIZE_MAX; /* that is the protocol's or the interface's matter */
    struct address end = { .length = sizeof end.name };
    if (getpeername(fd, (struct sockaddr *)&end.name, &end.length) < 0) { /* whoever writes is answered */
        int only_ipv6 = 0;
        socklen_t size = sizeof only_ipv6;
        (void)getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, &size); /* sockets of IPv4 have none */
        return only_ipv6 ? UDP6_MAX : UDP4_MAX;
    }
    return datagram_max(&end);
}

size_t
inet_message_max_to(int fd, const struct type *type, const struct address *peer)
{
    bool is_datagram = type->value == SOCK_DGRAM && !type->portless && protocol_of(fd) != IPPROTO_DCCP;
    return is_datagram ? datagram_max(peer) : inet_message_max(fd, type);
}

/* Raw sockets of IPv4 receive the IP header as well (raw(7)); its length is in 32-bit words (RFC 791). */
size_t
inet_header_size(int fd, const struct type *type, const void *message, size_t size)
{
    int family = AF_UNSPEC;
    socklen_t length = sizeof family;
    if (type->value != SOCK_RAW || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) < 0 ||
        family != AF_INET || size < IPV4_HEADER_MIN)
        return 0;
    return (size_t)(*(const unsigned char *)message & 0x0f) * 4;
}

/*
 * SCTP and DCCP have no SIOCOUTQ. Of SCTP a message takes memory until it is acknowledged, of DCCP until it has left:
 * more is not known of messages that may be lost.
 */
static uint64_t
memory_queued(int fd)
{
    uint32_t memory[SK_MEMINFO_VARS] = { 0 };
    socklen_t size = sizeof memory;
    return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0 ? memory[SK_MEMINFO_WMEM_ALLOC] : 0;
}

/* Once the peer has ended nothing goes out any more, but for the end itself, sent again and again for a while. */
static uint64_t
dccp_queued(int fd)
{
    struct pollfd hang_up = { .fd = fd, .events = 0 };
    return poll(&hang_up, 1, 0) > 0 ? 0 : memory_queued(fd);
}

/* SIOCOUTQ: what we sent, our end included, and the peer's kernel has not acknowledged (tcp(7)). */
uint64_t
inet_unsettled(int fd, const struct type *type)
{
    if (type == &dccp_type)
        return dccp_queued(fd);
    if (type == &sctp_stream_type || type == &sctp_type)
        return memory_queued(fd);
    int bytes = 0;
    if (!type->accepts || ioctl(fd, SIOCOUTQ, &bytes) < 0 || bytes < 0)
        return 0;
    return (uint64_t)bytes;
}
