#include "session/urgent.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/inherit.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int
urgent_open(struct loop *loop, const char *to, int64_t deadline, struct urgent_sink *sink,
            struct fault *fault)
{
    int number = inherit_number(to);
    int fd = number >= 0 ? number : fd_create(loop, to, false, deadline, fault);
    if (fd < 0)
        return -1;
    *sink = (struct urgent_sink){ .fd = fd, .name = to };
    return 0;
}

void
urgent_close(struct urgent_sink *sink)
{
    if (sink->fd >= 0 && inherit_number(sink->name) < 0)
        (void)fd_close(&sink->fd); /* each byte was written at once, and that was checked */
}

/* All of it, however slow the far end is. */
static int
send_all(const struct run *run, int fd, const char *data, size_t size, int flags, const char *name,
         struct fault *fault)
{
    int64_t deadline =
        deadline_sooner(run->deadline, deadline_after(deadline_now(), run->request->pump.idle_ms));
    while (size > 0) {
        ssize_t n = send(fd, data, size, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            data += n;
            size -= (size_t)n;
            continue;
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return fault_set(fault, STATUS_CONNECTION, "urgent data to %s", name);
        if (deadline_passed(deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out", "urgent data to %s", name);
        struct pollfd room = { .fd = fd, .events = POLLOUT };
        if (loop_wait(run->loop, &room, 1, deadline, fault) < 0)
            return -1;
    }
    return 0;
}

int
urgent_send(const struct run *run, int fd, const char *name, struct fault *fault)
{
    const char *text = run->request->urgent_text;
    size_t size = strlen(text);
    /* TCP marks the last byte of a call (RFC 6093 section 3.2): so only that goes in a call that marks. */
    if (send_all(run, fd, text, size - 1, 0, name, fault) != 0 ||
        send_all(run, fd, text + size - 1, 1, MSG_OOB, name, fault) != 0)
        return -1;
    const struct sight sight = { .direction = DIRECTION_SENT, .data = text, .size = size };
    return observer_show(run->observers, &sight, fault);
}
