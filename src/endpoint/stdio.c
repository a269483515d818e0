#include "endpoint/stdio.h"

#include "base/fd.h"
#include "endpoint/batch.h"
#include "endpoint/inherited.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

/* Nothing tells a process that is running that it has got the terminal. */
enum { LOOK_NS = 500 * 1000 * 1000 };

struct stdio {
    struct endpoint base;
    struct stdio_choice choice;
    struct inherited in, out;
    struct sequel sequel;
    int look_fd;    /* timerfd(2), of the terminal that controls us; -1: none */
    bool used;      /* something was read or written */
    bool out_ended; /* no more is to be written; it stays open until it is used */
};

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
    pid_t front = stdio->look_fd >= 0 ? tcgetpgrp(stdio->in.original) : -1;
    return front >= 0 && front != getpgrp();
}

/* The inherited one: our own never hears of the end of a FIFO whose writers were gone before (pipe.c) */
static int
input_to_poll(const struct stdio *stdio)
{
    const struct itimerspec in_a_moment = { .it_value.tv_nsec = LOOK_NS };
    if (!is_in_background(stdio))
        return stdio->in.original;
    (void)timerfd_settime(stdio->look_fd, 0, &in_a_moment, NULL); /* a good time cannot fail */
    return stdio->look_fd;
}

/* Is there something to be read that no descriptor tells of? */
static bool
has_more(const struct stdio *stdio)
{
    return stdio->sequel.result != IO_DONE || inherited_has_rest(&stdio->in);
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
    if (inherited_close(&stdio->out) != 0 && errno != EINTR)
        return io_failed("standard output", fault);
    return fd_reserve_standard(fault) == 0 ? IO_DONE : IO_FAILED;
}

static enum io
stdio_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    struct inherited *in = &stdio->in;
    if ((in->manner == MANNER_BOUNDED && !fd_is_ready(in->fd, POLLIN)) || is_in_background(stdio))
        return IO_AGAIN;
    ssize_t n = inherited_read(in, data, room);
    if (n < 0)
        return errno == EAGAIN ? IO_AGAIN : io_failed("standard input", fault);
    if (stdio->choice.reads_messages && inherited_has_rest(in)) {
        (void)fault_say(fault, STATUS_LOCAL, "message too large", "standard input: %zu bytes, at most %zu",
                        in->rest.size, room);
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
    struct inherited *out = &stdio->out;
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
    ssize_t n = inherited_write(out, pieces, count);
    while (n < 0 && errno == EMSGSIZE && !stdio->choice.has_borders && first.iov_len > 1) {
        first.iov_len /= 2; /* a socket of messages takes no more at once than its send buffer holds */
        n = inherited_write(out, &first, 1);
    }
    return written(stdio, n, put, fault);
}

static enum io
stdio_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct stdio *stdio = (struct stdio *)endpoint;
    const struct iovec piece = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
    if (stdio->out.manner != MANNER_PLAIN || stdio->choice.discards) {
        return stdio_write_vector(endpoint, &piece, 1, put, fault);
    }
    return written(stdio, inherited_write(&stdio->out, &piece, 1), put, fault);
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
    inherited_release(&stdio->in);
    inherited_release(&stdio->out);
    (void)fd_close(&stdio->look_fd); /* only a clock */
    sequel_free(&stdio->sequel);
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
        .in = inherited_open(STDIN_FILENO, O_RDONLY),
        .out = inherited_open(STDOUT_FILENO, O_WRONLY),
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
