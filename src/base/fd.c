#include "base/fd.h"

#include "base/deadline.h"
#include "base/number.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ERRORS_MAX = 1000 }; /* taken at once; more wait for the next time */

enum { READER_WAIT_MS = 20 };

int
fd_empty(int flags)
{
    int fd = open("/dev/null", O_RDONLY | flags);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    int ends[2]; /* chroot(2) has left no /dev: a pipe that nobody can write to is as empty */
    if (pipe2(ends, flags) != 0)
        return -1;
    (void)fd_close(&ends[1]); /* nothing was written */
    return ends[0];
}

int
fd_reserve_standard(struct fault *fault)
{
    /*
     * 1 is opened for reading only: who writes to a standard output that was closed gets EBADF and can say
     * so. open(2) takes the lowest free number, so going upwards fills exactly the one that is missing.
     */
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        if ((fd == 2 ? open("/dev/null", O_WRONLY) : fd_empty(0)) != fd)
            return fault_set(fault, STATUS_LOCAL, "/dev/null in place of closed descriptor %d", fd);
    }
    return 0;
}

/* Links that the system itself keeps for a process's own descriptors: which one, or -1. */
static int
own_descriptor(const char *path)
{
    static const struct {
        const char *begin;
        int fd; /* -1: the rest says */
    } links[] = { { "/dev/stdout", 1 }, { "/dev/stderr", 2 }, { "/dev/fd/", -1 }, { "/proc/self/fd/", -1 } };
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        size_t size = strlen(links[i].begin);
        if (links[i].fd >= 0 && strcmp(path, links[i].begin) == 0)
            return links[i].fd;
        if (links[i].fd < 0 && strncmp(path, links[i].begin, size) == 0 && number_digits(path + size) > 0)
            return atoi(path + size);
    }
    return -1;
}

/* What stands in the place of a standard output that was closed could be opened, and would take everything. */
static bool
is_for_reading(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) == O_RDONLY;
}

/* Somebody may come to read it. Other files say ENXIO, too, for good: a socket, a device that is not there. */
static bool
is_fifo(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

int
fd_create_now(const char *path, bool append, struct fault *fault)
{
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (append ? O_APPEND : O_TRUNC);
    int own = own_descriptor(path);
    if (own < 0)
        how |= O_NOFOLLOW;
    errno = EBADF;
    int fd = is_for_reading(own) ? -1 : open(path, how, 0600);
    if (fd >= 0)
        return fd;
    return errno == ELOOP
               ? fault_say(fault, STATUS_LOCAL, "is a symbolic link, and those are not followed", "%s", path)
               : fault_set(fault, STATUS_LOCAL, "%s", path);
}

int
fd_create(struct loop *loop, const char *path, bool append, int64_t deadline, struct fault *fault)
{
    for (;;) {
        int fd = fd_create_now(path, append, fault);
        if (fd >= 0)
            return fd;
        bool waits = fault->error == ENXIO && is_fifo(path);
        if (!waits && fault->error != EINTR)
            return -1;
        if (deadline_passed(deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: nobody reads it", "%s", path);
        /* a FIFO that nobody reads yet (fifo(7)), and nothing tells when somebody does */
        int64_t again = deadline_after(deadline_now(), READER_WAIT_MS);
        if (loop_wait(loop, NULL, 0, deadline_sooner(deadline, again), fault) < 0)
            return -1;
    }
}

int
fd_write_all(int fd, const void *data, size_t size)
{
    const char *rest = data;
    while (size > 0) {
        ssize_t n = write(fd, rest, size);
        if (n < 0 && errno == EAGAIN) { /* somebody else has made it non-blocking, and it is full */
            struct pollfd room = { .fd = fd, .events = POLLOUT };
            (void)poll(&room, 1, -1); /* whatever it says, write(2) says it again */
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        rest += n;
        size -= (size_t)n;
    }
    return 0;
}

void
fd_clear_errors(int fd)
{
    for (int i = 0; i < ERRORS_MAX; i++) {
        struct msghdr message = { .msg_iovlen = 0 };
        if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0 && errno != EINTR)
            return;
    }
}

bool
fd_is_ready(int fd, short events)
{
    struct pollfd ask = { .fd = fd, .events = events };
    return poll(&ask, 1, 0) > 0;
}

int
fd_stat(int fd, struct stat *facts)
{
    static const char path[] = ""; /* among what else is read of this file, as a literal is not */
    return fstatat(fd, path, facts, AT_EMPTY_PATH);
}

int
fd_close(int *fd)
{
    if (*fd < 0)
        return 0;
    int closing = *fd;
    *fd = -1;
    int result = close(closing);
    return result < 0 && errno == EINTR ? 0 : result; /* on Linux it is gone even then: close(2), NOTES */
}
