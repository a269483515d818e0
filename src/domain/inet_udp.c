#include "domain/inet_udp.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { RECEIVE_BUFFER = 4 * 1024 * 1024 };

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
