#include "domain/unsent.h"

#include <stdio.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Unlike that of TCP, their SIOCOUTQ tells the room that is free (x25_ioctl, ax25_ioctl). */
uint64_t
unsent(int fd)
{
    int room = 0, free_room = 0;
    socklen_t size = sizeof room;
    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &size) < 0 || ioctl(fd, SIOCOUTQ, &free_room) < 0)
        return 0; /* nothing can be known: not a reason to wait for ever */
    return room > free_room ? (uint64_t)(room - free_room) : 0;
}

/* Their SIOCINQ tells the size of the first message alone, with headers. */
bool
unsent_unread(int fd, char *words, size_t size)
{
    int first = 0;
    if (ioctl(fd, SIOCINQ, &first) < 0 || first <= 0)
        return false;
    (void)snprintf(words, size, "what had come in was lost when the other side cleared");
    return true;
}
