#include "domain/inet_udp.h"

#include "base/fd.h"
#include "domain/inet_name.h"
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { RECEIVE_BUFFER = 32 * 1024 * 1024 };

void
udp_prepare(int fd)
{
    const int bytes = RECEIVE_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* net.core.rmem_max bounds it */
}

/* Is an option known, and not set? */
static bool
is_off(int fd, int option)
{
    int value = 1;
    socklen_t size = sizeof value;
    return getsockopt(fd, IPPROTO_UDP, option, &value, &size) == 0 && value == 0;
}

bool
udp_has_trains(int fd)
{
    return is_off(fd, UDP_SEGMENT) && is_off(fd, UDP_CORK);
}

static bool
is_bound_to_all(int fd)
{
    struct address bound = { .length = sizeof bound.name };
    if (getsockname(fd, (struct sockaddr *)&bound.name, &bound.length) != 0)
        return false;
    const union inet_name name = inet_name(&bound);
    return name.any.sa_family == AF_INET ? name.ipv4.sin_addr.s_addr == htonl(INADDR_ANY)
                                         : IN6_IS_ADDR_UNSPECIFIED(&name.ipv6.sin6_addr);
}

static bool
tells(int fd, int level, int option, bool is_shared)
{
    int on = 1;
    socklen_t size = sizeof on;
    return is_shared ? getsockopt(fd, level, option, &on, &size) == 0 && on != 0
                     : setsockopt(fd, level, option, &on, sizeof on) == 0;
}

/* A socket of IPv6 that takes IPv4, too, tells both; only IPv4's own says which address answers for a group or a broadcast. */
bool
udp_tell_origins(int fd, bool is_shared)
{
    if (!is_bound_to_all(fd))
        return false;
    bool six = tells(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, is_shared);
    bool four = tells(fd, IPPROTO_IP, IP_PKTINFO, is_shared);
    return six || four;
}

static void
set_origin(struct origin *origin, int level, int type, const void *data, size_t size)
{
    struct cmsghdr head = { .cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size) };
    memset(origin->control, 0, sizeof origin->control);
    memcpy(origin->control, &head, sizeof head);
    memcpy(CMSG_DATA((struct cmsghdr *)(void *)origin->control), data, size);
    origin->size = CMSG_SPACE(size);
}

_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) <= sizeof((struct origin *)NULL)->control, "no room");
_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo)) <=
                   ORIGIN_RECEIVE_SIZE,
               "no room");

/* The route decides by which interface, but for an address that has a meaning only there. What was sent to a group has no
 * address of ours; IPv4 says which one would answer that (ip(7), ipi_spec_dst). */
void
udp_origin(struct msghdr *message, struct origin *origin)
{
    origin->size = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(part), sizeof info);
            info.ipi_ifindex = 0;
            set_origin(origin, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(part), sizeof info);
            if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr) || IN6_IS_ADDR_V4MAPPED(&info.ipi6_addr))
                continue;
            if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                info.ipi6_ifindex = 0;
            set_origin(origin, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
        }
    }
}

/* Where the route to the peer begins; false: there is no telling. */
static bool
route_begins(const struct address *peer, struct address *source)
{
    int fd = socket(((const struct sockaddr *)&peer->name)->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    source->length = sizeof source->name;
    bool is_known = fd >= 0 && connect(fd, (const struct sockaddr *)&peer->name, peer->length) == 0 &&
                    getsockname(fd, (struct sockaddr *)&source->name, &source->length) == 0;
    (void)fd_close(&fd); /* nothing was sent */
    return is_known;
}

bool
udp_is_usual_origin(const struct origin *origin, const struct address *peer)
{
    struct address source;
    if (origin->size == 0)
        return true;
    if (!route_begins(peer, &source))
        return false;
    const struct cmsghdr *part = (const struct cmsghdr *)(const void *)origin->control;
    const union inet_name name = inet_name(&source);
    bool is_six = name.any.sa_family == AF_INET6;
    if (part->cmsg_level == IPPROTO_IPV6) {
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(part), sizeof info);
        return is_six && IN6_ARE_ADDR_EQUAL(&name.ipv6.sin6_addr, &info.ipi6_addr);
    }
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(part), sizeof info);
    const void *bytes = is_six ? (const void *)(name.ipv6.sin6_addr.s6_addr + 12) /* mapped (RFC 4291) */
                               : (const void *)&name.ipv4.sin_addr;
    return memcmp(bytes, &info.ipi_spec_dst, sizeof info.ipi_spec_dst) == 0;
}
