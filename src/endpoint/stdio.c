#include "endpoint/stdio.h"

#include "base/fd.h"
#include "endpoint/batch.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

/* Nothing tells a process that is running that it has got the terminal. */
enum { LOOK_NS = 500 * 1000 * 1000 };

/* How one of the two descriptors is used without ever blocking on it. */
enum manner {
    MANNER_PLAIN,   /* read(2), write(2): a regular file, or a description of our own */
    MANNER_SOCKET,  /* recv(2), send(2) with MSG_DONTWAIT */
    MANNER_BOUNDED, /* somebody else's blocking description: ask poll, then move little */
};

struct stream {
    int inherited; /* 0 or 1 */
    int fd;        /* the inherited one or our own description of the same; -1: ended */
    enum manner manner;
    bool is_file;
    bool is_lasting;  /* nobody is at its other end who could leave: a file, /dev/null */
    bool is_packets;  /* what was written at once is read so, or may be: a pipe, a socket of messages */
    bool is_messages; /* a socket that keeps messages apart, always MANNER_SOCKET */
    size_t join_max;  /* of writes: see endpoint.h */
};

/* Of a message on standard input, where borders do not matter, what had no room in the read that took it. */
struct rest {
    char *data;
    size_t at, size; /* data is there while at < size */
};

struct stdio {
    struct endpoint base;
    struct stdio_choice choice;
    struct stream in, out;
    struct rest rest;
    struct sequel sequel;
    int look_fd;    /* timerfd(2), of the terminal that controls us; -1: none */
    bool used;      /* something was read or written */
    bool out_ended; /* no more is to be written; it stays open until it is used */
};

/*
 * A second description of a pipe or terminal, whose flags nobody shares. A packet pipe (O_DIRECT, pipe(2))
 * stays one. Returns -1 where it is refused: no /proc, another user's terminal, a pipe without its reader.
 */
static int
open_own(int inherited, int mode, int flags)
{
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", inherited);
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
may_open_own(int inherited, int mode, int flags)
{
    unsigned number;
    int held = flags & O_ACCMODE;
    return (held == mode || held == O_RDWR) && ioctl(inherited, TIOCGPTN, &number) != 0;
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

static struct stream
stream_open(int inherited, int mode)
{
    struct stream stream = { .inherited = inherited, .fd = inherited, .manner = MANNER_PLAIN };
    struct stat facts;
    int flags = fcntl(inherited, F_GETFL);
    if (fstat(inherited, &facts) != 0 || flags < 0)
        return stream;
    stream.join_max = join_max(inherited, &facts, flags);
    stream.is_file = S_ISREG(facts.st_mode);
    stream.is_lasting = is_lasting(&facts);
    stream.is_messages = S_ISSOCK(facts.st_mode) && !is_stream_socket(inherited);
    stream.is_packets = S_ISFIFO(facts.st_mode) || stream.is_messages;
    if (S_ISSOCK(facts.st_mode)) {
        stream.manner = MANNER_SOCKET;
    } else if (S_ISFIFO(facts.st_mode) || isatty(inherited)) {
        int own = may_open_own(inherited, mode, flags) ? open_own(inherited, mode, flags) : -1;
        if (own >= 0)
            stream.fd = own;
        else if (!(flags & O_NONBLOCK))
            stream.manner = MANNER_BOUNDED;
    }
    return stream;
}

static int
stream_close(struct stream *stream)
{
    if (stream->fd != stream->inherited)
        (void)fd_close(&stream->fd); /* only a second name for the same file */
    stream->fd = -1;
    return fd_close(&stream->inherited);
}

static enum io
io_failed(const char *name, struct fault *fault)
{
    (void)fault_set(fault, STATUS_LOCAL, "%s", name);
    return IO_FAILED;
}

/* Another terminal stops nobody, nor does the master of a pseudo-terminal, which answers for whom that controls. */
static bool
controls_us(int terminal)
{
    return tcgetsid(terminal) == getsid(0);
}

/*
 * Has somebody else the terminal, as a shell that has started us with "&"? What is typed is for that one, and who reads it all
 * the same is stopped by SIGTTIN (termios(3)).
 */
static bool
is_in_background(const struct stdio *stdio)
{
    pid_t front = stdio->look_fd >= 0 ? tcgetpgrp(stdio->in.inherited) : -1;
    return front >= 0 && front != getpgrp();
}

/* The inherited one: our own never hears of the end of a FIFO whose writers were gone before (pipe.c) */
static int
input_to_poll(const struct stdio *stdio)
{
    const struct itimerspec in_a_moment = { .it_value.tv_nsec = LOOK_NS };
    if (!is_in_background(stdio))
        return stdio->in.inherited;
    (void)timerfd_settime(stdio->look_fd, 0, &in_a_moment, NULL); /* a good time cannot fail */
    return stdio->look_fd;
}

/* Is there something to be read that no descriptor tells of? */
static bool
has_more(const struct stdio *stdio)
{
    return stdio->sequel.result != IO_DONE || stdio->rest.at < stdio->rest.size;
}

static size_t
stdio_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    size_t count = 0;
    *now = *now || (wants & WANT_READ && has_more(stdio));
    if (wants & WANT_READ && !stdio->choice.no_input)
        polls[count++] = (struct pollfd){ .fd = input_to_poll(stdio), .events = POLLIN };
    if (stdio->choice.discards) {
        *now = *now || wants & WANT_WRITE;
        return count;
    }
    if (wants & WANT_WRITE || (wants & WANT_NOTICE && !stdio->out.is_lasting))
        polls[count++] = (struct pollfd){ .fd = stdio->out.fd, .events = wants & WANT_WRITE ? POLLOUT : 0 };
    return count;
}

static unsigned
stdio_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    unsigned ready = stdio->choice.discards && wants & WANT_WRITE ? READY_WRITE : 0;
    size_t i = 0;
    if (wants & WANT_READ && has_more(stdio))
        ready |= READY_READ;
    if (wants & WANT_READ && !stdio->choice.no_input && polls[i++].revents)
        ready |= READY_READ;
    if (i == count)
        return ready;
    if (polls[i].revents & POLLOUT)
        ready |= READY_WRITE;
    if (polls[i].revents & (POLLERR | POLLHUP | POLLNVAL))
        ready |= READY_LOST;
    return ready;
}

/* The next program of the pipeline sees its end; what close(2) has to say about a file is heard. */
static enum io
close_output(struct stdio *stdio, struct fault *fault)
{
    stdio->out_ended = false;
    if (stdio->out.manner == MANNER_SOCKET)
        (void)shutdown(stdio->out.fd, SHUT_WR); /* standard input may be the same socket and stay open */
    if (stream_close(&stdio->out) != 0 && errno != EINTR)
        return io_failed("standard output", fault);
    return fd_reserve_standard(fault) == 0 ? IO_DONE : IO_FAILED;
}

/* Returns as read(2) does. */
static ssize_t
get(const struct stream *in, void *data, size_t room, int flags)
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
get_message(struct stdio *stdio, void *data, size_t room)
{
    const struct stream *in = &stdio->in;
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
    stdio->rest = (struct rest){ .data = whole, .size = (size_t)n };
    return get_rest(&stdio->rest, data, room);
}

static enum io
stdio_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    struct stream *in = &stdio->in;
    if (stdio->rest.at < stdio->rest.size) {
        *got = (size_t)get_rest(&stdio->rest, data, room);
        return IO_DONE;
    }
    if ((in->manner == MANNER_BOUNDED && !fd_is_ready(in->fd, POLLIN)) || is_in_background(stdio))
        return IO_AGAIN;
    ssize_t n = in->is_messages ? get_message(stdio, data, room) : get(in, data, room, 0);
    if (n < 0)
        return errno == EAGAIN ? IO_AGAIN : io_failed("standard input", fault);
    if (stdio->choice.reads_messages && stdio->rest.size > 0) {
        (void)fault_say(fault, STATUS_LOCAL, "message too large", "standard input: %zu bytes, at most %zu",
                        stdio->rest.size, room);
        return IO_FAILED;
    }
    *got = (size_t)n;
    if (n == 0)
        return IO_ENDED;
    stdio->used = true;
    return stdio->out_ended ? close_output(stdio, fault) : IO_DONE;
}

/* Each read is a message. What is there now is read, until a read would wait. */
static enum io
stdio_read_batch(struct endpoint *endpoint, struct batch *batch, struct fault *fault)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    if (stdio->sequel.result != IO_DONE)
        return sequel_tell(&stdio->sequel, fault);
    enum io result = IO_DONE;
    size_t used = 0;
    while (result == IO_DONE && batch->count < BATCH_MESSAGES_MAX &&
           used + batch->message_max <= BATCH_SIZE) {
        size_t got;
        result = stdio_read(endpoint, batch->data + used, batch->message_max, &got, fault);
        if (result == IO_DONE) {
            batch_add(batch, batch->data + used, got, got);
            used += got;
        }
    }
    if (batch->count == 0)
        return result;
    if (result == IO_ENDED || result == IO_FAILED)
        sequel_keep(&stdio->sequel, result, fault);
    return IO_DONE;
}

/* One write(2) or send(2) of all pieces. Returns as they do. */
static ssize_t
put_pieces(const struct stream *out, const struct iovec *pieces, size_t count)
{
    const struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = count };
    ssize_t n;
    do
        n = out->manner == MANNER_SOCKET ? sendmsg(out->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
            : count == 1                 ? write(out->fd, pieces->iov_base, pieces->iov_len)
                                         : writev(out->fd, pieces, (int)count);
    while (n < 0 && errno == EINTR);
    return n;
}

/* What came of such a call. */
static enum io
written(struct stdio *stdio, ssize_t n, size_t *put, struct fault *fault)
{
    if (n < 0)
        return errno == EAGAIN ? IO_AGAIN : io_failed("standard output", fault);
    stdio->used = true;
    *put = (size_t)n;
    return IO_DONE;
}

static enum io
stdio_write_vector(struct endpoint *endpoint, const struct iovec *pieces, size_t count, size_t *put,
                   struct fault *fault)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    struct stream *out = &stdio->out;
    struct iovec first = pieces[0];
    *put = 0;
    if (stdio->choice.discards) {
        for (size_t i = 0; i < count; i++)
            *put += pieces[i].iov_len;
        return IO_DONE;
    }
    if (out->manner == MANNER_BOUNDED) {
        if (!fd_is_ready(out->fd, POLLOUT))
            return IO_AGAIN;
        /* after POLLOUT so much never blocks: pipe(7) */
        first.iov_len = first.iov_len < PIPE_BUF ? first.iov_len : PIPE_BUF;
        pieces = &first;
        count = 1;
    }
    ssize_t n = put_pieces(out, pieces, count);
    while (n < 0 && errno == EMSGSIZE && !stdio->choice.has_borders && first.iov_len > 1) {
        first.iov_len /= 2; /* a socket of messages takes no more at once than its send buffer holds */
        n = put_pieces(out, &first, 1);
    }
    return written(stdio, n, put, fault);
}

static enum io
stdio_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    if (stdio->out.manner != MANNER_PLAIN || stdio->choice.discards) {
        const struct iovec piece = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
        return stdio_write_vector(endpoint, &piece, 1, put, fault);
    }
    ssize_t n;
    do
        n = write(stdio->out.fd, data, size);
    while (n < 0 && errno == EINTR);
    return written(stdio, n, put, fault);
}

static enum io
stdio_broke(struct endpoint *endpoint, bool writing, int error, struct fault *fault)
{
    (void)endpoint;
    errno = error;
    return io_failed(writing ? "standard output" : "standard input", fault);
}

static enum io
stdio_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    enum output_end end = stdio->choice.output_end;
    if (end == OUTPUT_KEPT || stdio->choice.discards)
        return IO_DONE;
    stdio->out_ended = end == OUTPUT_CLOSED_IF_USED && !stdio->used;
    return stdio->out_ended ? IO_DONE : close_output(stdio, fault);
}

static enum io
stdio_lost(struct endpoint *endpoint, struct fault *fault)
{
    (void)endpoint;
    errno = EPIPE;
    return io_failed("standard output", fault);
}

/* The inherited descriptors stay open: a server's next session uses them again. */
static void
stdio_close(struct endpoint *endpoint)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    if (stdio->in.fd != stdio->in.inherited)
        (void)fd_close(&stdio->in.fd);
    if (stdio->out.fd != stdio->out.inherited)
        (void)fd_close(&stdio->out.fd);
    (void)fd_close(&stdio->look_fd); /* only a clock */
    sequel_free(&stdio->sequel);
    free(stdio->rest.data);
    free(stdio);
}

static const struct endpoint_ops stdio_ops = {
    .interest = stdio_interest,
    .ready = stdio_ready,
    .read = stdio_read,
    .write = stdio_write,
    .read_batch = stdio_read_batch,
    .write_vector = stdio_write_vector,
    .broke = stdio_broke,
    .end_writing = stdio_end_writing,
    .lost = stdio_lost,
    .settle = endpoint_is_settled,
    .unsettled = endpoint_none_unsettled,
    .close = stdio_close,
};

struct endpoint *
stdio_open(const struct stdio_choice *choice, struct fault *fault)
{
    struct stdio *stdio = malloc(sizeof *stdio);
    if (!stdio) {
        (void)fault_set(fault, STATUS_LOCAL, "standard streams");
        return NULL;
    }
    *stdio = (struct stdio){
        .base = { .ops = &stdio_ops, .name = "standard output", .unit = UNIT_BYTES, .ends = true },
        .choice = *choice,
        .in = stream_open(STDIN_FILENO, O_RDONLY),
        .out = stream_open(STDOUT_FILENO, O_WRONLY),
    };
    stdio->base.person = !choice->no_input && isatty(STDIN_FILENO);
    bool is_ours = stdio->base.person && controls_us(STDIN_FILENO);
    stdio->look_fd = is_ours ? timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK) : -1;
    stdio->base.silent = choice->no_input;
    stdio->base.message_max = SIZE_MAX;
    stdio->base.reads_batches = stdio->in.is_packets && stdio->in.manner != MANNER_BOUNDED;
    stdio->base.join_max = choice->discards ? SIZE_MAX : stdio->out.join_max;
    stdio->base.reads_file = stdio->in.is_file;
    stdio->base.socket = -1;
    stdio->base.read_fd =
        choice->no_input || stdio->in.is_messages ? -1 : stdio->in.fd; /* splice(2) would cut */
    stdio->base.write_fd = choice->discards || stdio->out.is_messages ? -1 : stdio->out.fd;
    return &stdio->base;
}
