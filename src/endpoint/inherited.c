#include "endpoint/inherited.h"

#include "base/fd.h"
#include "base/number.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

/*
 * A second description of a pipe or terminal, whose flags nobody shares. A packet pipe (O_DIRECT, pipe(2))
 * stays one. Returns -1 where it is refused: no /proc, another user's terminal, a pipe without its reader.
 */
static int
open_own(int original, int mode, int flags)
{
    char path[32];
    *number_write(stpcpy(path, "/proc/self/fd/"), (uint32_t)original) = '\0';
    int own = open(path, mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (own >= 0 && flags & O_DIRECT)
        (void)fcntl(own, F_SETFL, O_NONBLOCK | O_DIRECT); /* refused: messages join, as in a plain pipe */
    return own;
}

/*
 * Not where opening gives something else: the master of a pseudo-terminal is a new one each time (pts(4)), and
 * a pipe's reading end would become a writing end.
 */
static bool
may_open_own(int original, int mode, int flags)
{
    unsigned number;
    int held = flags & O_ACCMODE;
    return (held == mode || held == O_RDWR) && ioctl(original, TIOCGPTN, &number) != 0;
}

static bool
is_stream_socket(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static bool
is_lasting(const struct stat *facts)
{
    bool is_null = S_ISCHR(facts->st_mode) && facts->st_rdev == makedev(1, 3); /* null(4) */
    return S_ISREG(facts->st_mode) || is_null;
}

/*
 * Where the borders of writes are seen: in packet pipes and sockets that keep messages apart, and in devices that take
 * each as a record. Up to PIPE_BUF nobody else's bytes get into a write to a pipe (pipe(7)): it stays so of messages.
 */
static size_t
join_max(int fd, const struct stat *facts, int flags)
{
    if (is_lasting(facts) || isatty(fd))
        return SIZE_MAX;
    if (S_ISFIFO(facts->st_mode))
        return flags & O_DIRECT ? 0 : PIPE_BUF;
    return S_ISSOCK(facts->st_mode) && is_stream_socket(fd) ? SIZE_MAX : 0;
}

struct inherited
inherited_open(int original, int mode)
{
    struct inherited stream = { .original = original, .fd = original, .manner = MANNER_PLAIN };
    struct stat facts;
    int flags = fcntl(original, F_GETFL);
    if (fd_stat(original, &facts) != 0 || flags < 0)
        return stream;
    stream.join_max = join_max(original, &facts, flags);
    stream.is_file = S_ISREG(facts.st_mode);
    stream.is_lasting = is_lasting(&facts);
    stream.is_messages = S_ISSOCK(facts.st_mode) && !is_stream_socket(original);
    stream.is_packets = S_ISFIFO(facts.st_mode) || stream.is_messages;
    if (S_ISSOCK(facts.st_mode)) {
        stream.manner = MANNER_SOCKET;
    } else if (S_ISFIFO(facts.st_mode) || isatty(original)) {
        int own = may_open_own(original, mode, flags) ? open_own(original, mode, flags) : -1;
        if (own >= 0)
            stream.fd = own;
        else if (!(flags & O_NONBLOCK))
            stream.manner = MANNER_BOUNDED;
    }
    return stream;
}

/* Returns as read(2) does. */
static ssize_t
get(const struct inherited *in, void *data, size_t room, int flags)
{
    ssize_t n;
    do
        n = in->manner == MANNER_SOCKET ? recv(in->fd, data, room, MSG_DONTWAIT | flags)
                                        : read(in->fd, data, room);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Give what is left of a message. */
static ssize_t
get_rest(struct rest *rest, void *data, size_t room)
{
    size_t left = rest->size - rest->at;
    size_t size = left < room ? left : room;
    memcpy(data, rest->data + rest->at, size);
    rest->at += size;
    if (rest->at == rest->size) {
        free(rest->data);
        *rest = (struct rest){ .size = 0 };
    }
    return (ssize_t)size;
}

/* One message, of which the kernel would throw away what has no room: the rest is kept. Returns as read(2) does. */
static ssize_t
get_message(struct inherited *in, void *data, size_t room)
{
    ssize_t size = get(in, NULL, 0, MSG_PEEK | MSG_TRUNC);
    if (size < 0 || (size_t)size <= room)
        return size < 0 ? size : get(in, data, room, 0);
    char *whole = malloc((size_t)size);
    if (!whole)
        return -1;
    ssize_t n = get(in, whole, (size_t)size, 0);
    if (n <= 0) {
        int error = errno;
        free(whole);
        errno = error;
        return n;
    }
    in->rest = (struct rest){ .data = whole, .size = (size_t)n };
    return get_rest(&in->rest, data, room);
}

ssize_t
inherited_read(struct inherited *in, void *data, size_t room)
{
    if (!in->is_messages)
        return get(in, data, room, 0);
    return inherited_has_rest(in) ? get_rest(&in->rest, data, room) : get_message(in, data, room);
}

static ssize_t
put(const struct inherited *out, const struct iovec *pieces, size_t count)
{
    if (out->manner == MANNER_SOCKET) {
        const struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = count };
        return sendmsg(out->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return count == 1 ? write(out->fd, pieces->iov_base, pieces->iov_len)
                      : writev(out->fd, pieces, (int)count);
}

ssize_t
inherited_write(const struct inherited *out, const struct iovec *pieces, size_t count)
{
    ssize_t n;
    do
        n = put(out, pieces, count);
    while (n < 0 && errno == EINTR);
    return n;
}

int
inherited_close(struct inherited *stream)
{
    inherited_release(stream);
    stream->fd = -1;
    return fd_close(&stream->original);
}

void
inherited_release(struct inherited *stream)
{
    if (stream->fd != stream->original)
        (void)fd_close(&stream->fd); /* only a second name for the same file */
    free(stream->rest.data);
    stream->rest = (struct rest){ .size = 0 };
}
