#include "session/notify.h"

#include "base/deadline.h"
#include "base/fd.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The address in words: a path, or @ and a name in the abstract namespace. Returns its length, or 0. */
static socklen_t
read_address(const char *words, struct sockaddr_un *name)
{
    *name = (struct sockaddr_un){ .sun_family = AF_UNIX };
    size_t length = strlen(words);
    if ((words[0] != '/' && words[0] != '@') || length < 2 || length >= sizeof name->sun_path)
        return 0;
    memcpy(name->sun_path, words, length);
    if (words[0] == '@')
        name->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (words[0] == '/'));
}

int
notify_open(struct notify *notify, struct fault *fault)
{
    notify->fd = -1;
    const char *words = getenv("NOTIFY_SOCKET");
    if (!words || *words == '\0')
        return 0;
    struct sockaddr_un name;
    socklen_t length = read_address(words, &name);
    if (length == 0)
        return fault_say(fault, STATUS_LOCAL, "neither a path from / on nor @NAME", "NOTIFY_SOCKET %s",
                         words);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->fd < 0 || connect(notify->fd, (const struct sockaddr *)&name, length) < 0) {
        (void)fault_set(fault, STATUS_LOCAL, "NOTIFY_SOCKET %s", words);
        (void)fd_close(&notify->fd); /* nothing was sent */
        return -1;
    }
    (void)unsetenv("NOTIFY_SOCKET"); /* a good name cannot fail */
    return 0;
}

int
notify_say(const struct notify *notify, struct loop *loop, const char *words, int64_t deadline,
           struct fault *fault)
{
    while (notify->fd >= 0 && send(notify->fd, words, strlen(words), MSG_NOSIGNAL) < 0) {
        struct pollfd room = { .fd = notify->fd, .events = POLLOUT };
        if (errno != EAGAIN && errno != EINTR)
            return fault_set(fault, STATUS_LOCAL, "message to NOTIFY_SOCKET");
        if (deadline_passed(deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out", "message to NOTIFY_SOCKET");
        if (loop_wait(loop, &room, 1, deadline, fault) < 0)
            return -1;
    }
    return 0;
}

void
notify_close(struct notify *notify)
{
    static const char words[] = "STOPPING=1";
    if (notify->fd >= 0)
        (void)send(notify->fd, words, sizeof words - 1, MSG_NOSIGNAL); /* our end says it as well */
    (void)fd_close(&notify->fd);
}
