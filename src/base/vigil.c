#include "base/vigil.h"

#include "base/fd.h"
#include <errno.h>
#include <unistd.h>

enum {
    WAITS_BEFORE = 100
}; /* opening, filling and closing the two descriptors costs about as much as they save by then */

/*
 * A terminal's hang-up wakes only those who wait for room as well, and epoll looks at none that was not woken; a person is in
 * no such hurry.
 */
static bool
may_hang_up(const struct pollfd *poll)
{
    return poll->events == 0 && isatty(poll->fd);
}

/* Returns 0, or -1. poll(2) and epoll(7) have the same bits. Each is told of as long as it is ready, as by poll. */
static int
watch(int epoll, int fd, short wanted, uint64_t place)
{
    struct epoll_event event = { .events = (uint16_t)wanted, .data.u64 = place };
    int result = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    bool tells_nothing = result != 0 && wanted == 0 && errno == EPERM; /* a file, or /dev/null */
    return result == 0 || tells_nothing ? 0 : -1;
}

static int
watch_all(struct vigil *vigil, const struct loop *loop, struct pollfd *polls, nfds_t count)
{
    if (count > VIGIL_POLLS_MAX)
        return -1;
    vigil->epoll = epoll_create1(EPOLL_CLOEXEC);
    vigil->pending = loop_pending_fd(loop);
    if (vigil->epoll < 0 || vigil->pending < 0 ||
        watch(vigil->epoll, vigil->pending, POLLIN, LOOP_PENDING) != 0)
        return -1;
    for (nfds_t i = 0; i < count; i++) {
        polls[i].revents = 0;
        if (polls[i].fd >= 0 &&
            (may_hang_up(&polls[i]) || watch(vigil->epoll, polls[i].fd, polls[i].events, i) != 0))
            return -1;
    }
    vigil->ready = 0;
    return 0;
}

static int
wait_on_epoll(struct vigil *vigil, struct loop *loop, struct pollfd *polls, int64_t deadline,
              struct fault *fault)
{
    for (int i = 0; i < vigil->ready; i++)
        polls[vigil->events[i].data.u64].revents = 0;
    vigil->ready = loop_wait_told(loop, vigil->epoll, vigil->events, VIGIL_POLLS_MAX + 1, deadline, fault);
    for (int i = 0; i < vigil->ready; i++)
        polls[vigil->events[i].data.u64].revents = (short)vigil->events[i].events;
    return vigil->ready;
}

int
vigil_wait(struct vigil *vigil, struct loop *loop, struct pollfd *polls, nfds_t count, int64_t deadline,
           struct fault *fault)
{
    if (vigil->epoll >= 0)
        return wait_on_epoll(vigil, loop, polls, deadline, fault);
    if (vigil->waits++ == WAITS_BEFORE && !vigil->is_refused) {
        vigil->is_refused = watch_all(vigil, loop, polls, count) != 0;
        if (!vigil->is_refused)
            return wait_on_epoll(vigil, loop, polls, deadline, fault);
        vigil_end(vigil);
    }
    return loop_wait(loop, polls, count, deadline, fault);
}

void
vigil_end(struct vigil *vigil)
{
    vigil->waits = 0;
    if (vigil->epoll >= 0)
        (void)fd_close(&vigil->epoll); /* neither holds data */
    if (vigil->pending >= 0)
        (void)fd_close(&vigil->pending);
}
