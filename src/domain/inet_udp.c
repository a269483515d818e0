#include "domain/inet_udp.h"

#include <sys/socket.h>

enum { RECEIVE_BUFFER = 4 * 1024 * 1024 };

void
udp_prepare(int fd)
{
    const int bytes = RECEIVE_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* net.core.rmem_max bounds it */
}
