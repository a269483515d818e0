#include "endpoint/urgent.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static int
put(const struct urgent_sink *sink, char byte, struct fault *fault)
{
    struct pollfd room = { .fd = sink->fd, .events = POLLOUT };
    if (poll(&room, 1, 0) == 0)
        errno = EAGAIN;
    else if (write(sink->fd, &byte, sizeof byte) == 1)
        return 0;
    if (errno == EAGAIN)
        return fault_say(fault, STATUS_LOCAL, "takes no more, and urgent data cannot wait", "%s", sink->name);
    return fault_set(fault, STATUS_LOCAL, "%s", sink->name);
}

static void
pass_on(struct urgent *urgent, char byte)
{
    struct fault fault;
    urgent->lost = put(&urgent->sink, byte, &fault) != 0;
    urgent->fault = urgent->lost ? fault_keep(&fault) : NULL;
}

bool
urgent_takes(const struct urgent *urgent)
{
    return urgent->sink.fd >= 0 && !urgent->lost;
}

void
urgent_take(struct urgent *urgent, int socket)
{
    char byte;
    /* EINVAL: there is none; EAGAIN: announced, but not here yet. Errors of the connection show in recv(2). */
    while (urgent_takes(urgent) && recv(socket, &byte, sizeof byte, MSG_OOB | MSG_DONTWAIT) == 1)
        pass_on(urgent, byte);
}

bool
urgent_is_behind(int socket)
{
    char byte;
    ssize_t n = recv(socket, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    if (n >= 0 || errno != EAGAIN)
        return true;
    /* A Unix socket is readable as long as the place of urgent data is in its queue; this takes it away. */
    (void)recv(socket, &byte, 0, MSG_DONTWAIT);
    return false;
}
