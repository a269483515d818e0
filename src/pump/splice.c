#include "pump/splice.h"

#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    PIPE_SIZE = 1024 * 1024,   /* with the usual 64 KiB splicing may be slower than copying */
    MOVE_SIZE = 1024 * 1024,   /* by one call */
    FILE_SIZE = 4 * MOVE_SIZE, /* the same of a file: more, and its disk may hold up all else for long */
    WORTH_DIRECT = PIPE_SIZE / 2,
    WORTH_PIPED = PIPE_SIZE / 4, /* with more, our own pipe is empty too often */
};

enum kind { KIND_OTHER, KIND_FILE, KIND_PIPE, KIND_SOCKET, KIND_NULL };

static enum kind
kind_of(int fd)
{
    struct stat facts;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fd_stat(fd, &facts) != 0)
        return KIND_OTHER;
    if (S_ISREG(facts.st_mode) && !(flags & O_APPEND)) /* splice(2): EINVAL */
        return KIND_FILE;
    if (S_ISFIFO(facts.st_mode) && !(flags & O_DIRECT)) /* packets would join */
        return KIND_PIPE;
    if (S_ISSOCK(facts.st_mode) && flags & O_NONBLOCK) /* SPLICE_F_NONBLOCK is about pipes only */
        return KIND_SOCKET;
    if (S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(1, 3))
        return KIND_NULL;
    return KIND_OTHER;
}

struct splice
splice_plan(int source, int sink)
{
    struct splice splice = splice_none;
    splice.source = source;
    splice.sink = sink;
    enum kind from = kind_of(source);
    enum kind to = kind_of(sink);
    splice.sink_is_socket = to == KIND_SOCKET;
    if (from == KIND_FILE && to == KIND_SOCKET)
        splice.way = SPLICE_FILE;
    else if ((from == KIND_PIPE && to == KIND_SOCKET) || (from == KIND_SOCKET && to == KIND_PIPE))
        splice.way = SPLICE_DIRECT;
    else if (from == KIND_SOCKET && (to == KIND_FILE || to == KIND_NULL || to == KIND_SOCKET))
        splice.way = SPLICE_PIPED;
    return splice;
}

/* Returns the size that a pipe had if it is larger now, or 0: it was large enough, is none, or may not grow. */
static int
grow(int fd)
{
    int size = fcntl(fd, F_GETPIPE_SZ);
    if (size < 0 || size >= PIPE_SIZE)
        return 0;
    return fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE) > 0 ? size : 0;
}

int
splice_begin(struct splice *splice)
{
    splice->begun = true;
    if (splice->way == SPLICE_PIPED) {
        if (pipe2(splice->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
            splice->way = SPLICE_NONE;
            return -1;
        }
        (void)grow(splice->pipe[0]); /* a smaller one is slower, and no worse */
    } else if (splice->way == SPLICE_DIRECT) {
        splice->source_size = grow(splice->source);
        splice->sink_size = grow(splice->sink);
    }
    splice->pending = splice->way == SPLICE_FILE;
    return 0;
}

/* EBUSY: it holds more than it could then; whoever reads it has a large pipe for the rest of its life. */
static void
shrink(int fd, int *size)
{
    if (*size > 0)
        (void)fcntl(fd, F_SETPIPE_SZ, *size);
    *size = 0;
}

/* Bytes from where a file is read to its end. */
static uint64_t
file_rest(int fd)
{
    struct stat facts;
    off_t place = lseek(fd, 0, SEEK_CUR);
    return place >= 0 && fd_stat(fd, &facts) == 0 && facts.st_size > place ? (uint64_t)(facts.st_size - place)
                                                                           : 0;
}

uint64_t
splice_waiting(const struct splice *splice)
{
    int waiting = 0;
    if (splice->way == SPLICE_FILE)
        return file_rest(splice->source);
    return ioctl(splice->source, FIONREAD, &waiting) == 0 && waiting > 0 ? (uint64_t)waiting : 0;
}

int
splice_worth(const struct splice *splice)
{
    return splice->way == SPLICE_DIRECT ? WORTH_DIRECT : WORTH_PIPED;
}

void
splice_end(struct splice *splice)
{
    splice->held = splice_left(splice); /* it is lost, and stays counted */
    shrink(splice->source, &splice->source_size);
    shrink(splice->sink, &splice->sink_size);
    (void)fd_close(&splice->pipe[0]); /* our own: nothing is written back */
    (void)fd_close(&splice->pipe[1]);
    splice->way = SPLICE_NONE;
    splice->pending = false;
}

bool
splice_has_room(const struct splice *splice)
{
    return splice->way == SPLICE_PIPED ? !splice->full && !splice->refused : !splice->pending;
}

bool
splice_has_next(const struct splice *splice)
{
    return splice->way == SPLICE_PIPED ? splice->held > 0 : splice->pending;
}

/* Does errno say that these two cannot be spliced, or not now, rather than that something has gone wrong for good? */
static bool
is_refusal(void)
{
    return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM || errno == ESPIPE ||
           errno == ENOMEM || errno == ENOBUFS;
}

static enum splice_result
refuse(struct splice *splice)
{
    splice->refused = true;
    splice->pending = false;
    if (splice->held == 0)
        splice_end(splice);
    return SPLICE_REFUSED;
}

/* EAGAIN: one of the two is not ready. Both were asked before, so the second time in a row it is something else. */
static enum splice_result
put_off(struct splice *splice)
{
    if (splice->follows_sink) { /* the sink was ready: it is the source that has no more */
        splice->follows_sink = splice->pending = false;
        return SPLICE_AGAIN;
    }
    bool again = splice->put_off;
    splice->put_off = true;
    if (!again)
        return SPLICE_AGAIN;
    splice->put_off = splice->pending = false;
    return SPLICE_ASK;
}

static ssize_t
move(int from, int to, size_t size)
{
    ssize_t n;
    do
        n = splice(from, NULL, to, NULL, size, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    while (n < 0 && errno == EINTR);
    return n;
}

enum splice_result
splice_fill(struct splice *splice, size_t *moved)
{
    *moved = 0;
    if (splice->way != SPLICE_PIPED) {
        splice->pending = true;
        return SPLICE_MOVED;
    }
    ssize_t n = move(splice->source, splice->pipe[1], MOVE_SIZE);
    if (n > 0) {
        *moved = (size_t)n;
        splice->held += (size_t)n;
        splice->put_off = false;
        return SPLICE_MOVED;
    }
    if (n < 0 && is_refusal())
        return refuse(splice);
    if (n < 0 && errno != EAGAIN)
        return SPLICE_SOURCE_FAILED;
    splice->full = splice->held > 0; /* or the source has no more: either way what is held goes first */
    if (splice->full)
        return SPLICE_AGAIN;
    return n == 0 ? SPLICE_ASK : put_off(splice);
}

static enum splice_result
drain_pipe(struct splice *splice, size_t *moved)
{
    ssize_t n = move(splice->pipe[0], splice->sink, (size_t)splice->held);
    if (n > 0) {
        *moved = (size_t)n;
        splice->held -= (size_t)n;
        splice->full = false;
        return SPLICE_MOVED;
    }
    if (n == 0 || is_refusal())
        return refuse(splice);
    return errno == EAGAIN ? SPLICE_AGAIN : SPLICE_SINK_FAILED;
}

static ssize_t
send_file(const struct splice *splice)
{
    ssize_t n;
    do
        n = sendfile(splice->sink, splice->source, NULL, FILE_SIZE);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Straight from source to sink. A pipe's own troubles are told again by the plain calls, a socket's only once. */
static enum splice_result
drain_source(struct splice *splice, size_t *moved)
{
    bool is_file = splice->way == SPLICE_FILE;
    ssize_t n = is_file ? send_file(splice) : move(splice->source, splice->sink, MOVE_SIZE);
    if (n > 0) {
        *moved = (size_t)n;
        splice->follows_sink = splice->follows_sink || splice->put_off;
        splice->pending = is_file || splice->follows_sink;
        splice->put_off = false;
        return SPLICE_MOVED;
    }
    if (n < 0 && is_refusal())
        return refuse(splice);
    if (n < 0 && errno == EAGAIN)
        return is_file ? SPLICE_AGAIN : put_off(splice);
    bool is_sink = n < 0 && (splice->sink_is_socket || errno == EPIPE) && !(is_file && errno == EIO);
    if (is_sink)
        return SPLICE_SINK_FAILED; /* what waits in the source is left there */
    splice->pending = false;
    return n == 0 || is_file ? SPLICE_ASK : SPLICE_SOURCE_FAILED;
}

enum splice_result
splice_drain(struct splice *splice, size_t *moved)
{
    *moved = 0;
    return splice->way == SPLICE_PIPED ? drain_pipe(splice, moved) : drain_source(splice, moved);
}

size_t
splice_rescue(struct splice *splice, void *data, size_t room)
{
    ssize_t n;
    do
        n = read(splice->pipe[0], data, room);
    while (n < 0 && errno == EINTR);
    splice->held -= n > 0 ? (uint64_t)n : splice->held; /* a pipe of our own that holds bytes gives them */
    if (splice->held == 0)
        splice_end(splice);
    return n > 0 ? (size_t)n : 0;
}
