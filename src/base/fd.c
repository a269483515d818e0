#include "base/fd.h"

#include "base/deadline.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

/* Links that the system itself keeps for a process's own descriptors. */
static bool
is_own_descriptor(const char *path)
{
    return strncmp(path, "/dev/fd/", 8) == 0 || strncmp(path, "/proc/self/fd/", 14) == 0 ||
           strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/dev/stderr") == 0;
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
    if (!is_own_descriptor(path))
        how |= O_NOFOLLOW;
    int fd = open(path, how, 0600);
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
fd_close(int *fd)
{
    if (*fd < 0)
        return 0;
    int closing = *fd;
    *fd = -1;
    int result = close(closing);
    return result < 0 && errno == EINTR ? 0 : result; /* on Linux it is gone even then: close(2), NOTES */
}
