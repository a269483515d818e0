#include "endpoint/child.h"

#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct child {
    struct endpoint base;
    struct child_choice choice;
    struct process process;
    bool started;
    int in, out; /* our ends of its standard input and output; -1: none, or closed */
    struct terminal terminal;
};

static bool
has_terminal(const struct child *child)
{
    return child->choice.terminal != TERMINAL_NONE;
}

/*
 * A pipe, or a pair of sockets that keeps messages apart. Our end does not block; the program's does, as it expects,
 * and only so can be: each end is a description of its own.
 */
static int
open_pair(bool messages, int pair[2], int ours)
{
    int result =
        messages ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) : pipe2(pair, O_CLOEXEC);
    if (result != 0)
        return -1;
    return fcntl(pair[ours], F_SETFL, fcntl(pair[ours], F_GETFL) | O_NONBLOCK);
}

static void
close_pair(int pair[2])
{
    (void)fd_close(&pair[0]);
    (void)fd_close(&pair[1]);
}

/* Run it, with these of its own ends. */
static int
run(struct child *child, int in, int out, struct fault *fault)
{
    const struct child_choice *choice = &child->choice;
    char **environment = choice->environment(choice->context, fault);
    if (!environment)
        return -1;
    const struct spawn_plan plan = {
        .path = choice->path,
        .words = choice->words,
        .environment = environment,
        .in = in,
        .out = out,
        .error = choice->takes_errors ? out : -1,
        .terminal = has_terminal(child) ? child->terminal.path : NULL,
    };
    return process_start(&child->process, &plan, fault);
}

static int
run_between_pipes(struct child *child, struct fault *fault)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 };
    int opened = child->choice.discards ? (in[0] = fd_empty(O_CLOEXEC)) < 0 : open_pair(false, in, 1);
    if (opened == 0)
        opened = open_pair(child->choice.messages, out, 0);
    int result = opened == 0 ? run(child, in[0], out[1], fault)
                             : fault_set(fault, STATUS_LOCAL, "pipes to %s", child->base.name);
    if (result != 0) {
        close_pair(in);
        close_pair(out);
        return -1;
    }
    (void)fd_close(&in[0]);
    (void)fd_close(&out[1]);
    child->in = in[1];
    child->out = out[0];
    return 0;
}

static int
start(struct child *child, struct fault *fault)
{
    if (child->started)
        return 0;
    int result = has_terminal(child) ? run(child, -1, -1, fault) : run_between_pipes(child, fault);
    child->started = result == 0;
    return result;
}

static size_t
child_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    struct child *child = (struct child *)endpoint;
    size_t count = 0;
    bool writes_at_once = !child->started || child->choice.discards;
    if (wants & WANT_WRITE && writes_at_once)
        *now = true;
    if (!child->started)
        return 0;
    if (has_terminal(child)) {
        short events = (short)((wants & WANT_READ ? POLLIN : 0) | (wants & WANT_WRITE ? POLLOUT : 0));
        polls[count++] = (struct pollfd){ .fd = wants ? child->terminal.master : -1, .events = events };
        polls[count++] = (struct pollfd){ .fd = child->terminal.resized, .events = POLLIN };
        return count;
    }
    polls[count++] = (struct pollfd){ .fd = wants & WANT_READ ? child->out : -1, .events = POLLIN };
    bool watches = wants & (WANT_WRITE | WANT_NOTICE);
    polls[count++] =
        (struct pollfd){ .fd = watches ? child->in : -1, .events = wants & WANT_WRITE ? POLLOUT : 0 };
    return count;
}

static unsigned
terminal_ready(struct child *child, unsigned wants, const struct pollfd *polls)
{
    short revents = polls[0].revents;
    unsigned ready = 0;
    if (polls[1].revents)
        terminal_resize(&child->terminal);
    if (wants & WANT_READ && revents & (POLLIN | POLLHUP | POLLERR))
        ready |= READY_READ;
    if (revents & POLLOUT)
        ready |= READY_WRITE;
    if (revents & (POLLHUP | POLLERR))
        ready |= READY_LOST;
    return ready;
}

static unsigned
child_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    struct child *child = (struct child *)endpoint;
    if (count == 0)
        return wants & WANT_WRITE ? READY_WRITE : 0;
    if (has_terminal(child))
        return terminal_ready(child, wants, polls);
    unsigned ready = child->choice.discards && wants & WANT_WRITE ? READY_WRITE : 0;
    if (polls[0].revents)
        ready |= READY_READ;
    if (polls[1].revents & POLLOUT)
        ready |= READY_WRITE;
    if (polls[1].revents & (POLLERR | POLLHUP))
        ready |= READY_LOST;
    return ready;
}

static enum io
child_failed(const struct child *child, struct fault *fault)
{
    (void)fault_set(fault, STATUS_LOCAL, "%s", child->base.name);
    return IO_FAILED;
}

static bool
has_hung_up(int fd)
{
    struct pollfd ask = { .fd = fd };
    return loop_hold(&ask, 1, 0) > 0 && ask.revents & POLLHUP;
}

/* One write of the program's, whole or not at all. */
static enum io
read_message(struct child *child, void *data, size_t room, size_t *got, struct fault *fault)
{
    ssize_t n;
    do
        n = recv(child->out, data, room, MSG_DONTWAIT | MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? IO_AGAIN : child_failed(child, fault);
    if (n == 0) /* writing nothing does nothing, as with a pipe */
        return has_hung_up(child->out) ? IO_ENDED : IO_AGAIN;
    *got = (size_t)n;
    if (*got <= room)
        return IO_DONE;
    (void)fault_say(fault, STATUS_LOCAL, "message too large", "%s: %zu bytes, at most %zu", child->base.name,
                    *got, room);
    return IO_FAILED;
}

static enum io
child_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct child *child = (struct child *)endpoint;
    if (!child->started)
        return IO_AGAIN;
    if (child->choice.messages && !has_terminal(child))
        return read_message(child, data, room, got, fault);
    ssize_t n;
    do
        n = read(has_terminal(child) ? child->terminal.master : child->out, data, room);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return IO_ENDED;
    if (n < 0 && has_terminal(child)) {
        enum io broke = terminal_broke(&child->terminal, errno, fault);
        return broke == IO_LOST ? IO_ENDED : broke;
    }
    if (n < 0)
        return errno == EAGAIN ? IO_AGAIN : child_failed(child, fault);
    *got = (size_t)n;
    return IO_DONE;
}

/* What a write, or the pump's own, has failed with. */
static enum io
not_written(const struct child *child, struct fault *fault)
{
    if (errno == EAGAIN)
        return IO_AGAIN;
    return errno == EPIPE ? IO_LOST : child_failed(child, fault);
}

static enum io
child_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct child *child = (struct child *)endpoint;
    *put = size;
    if (start(child, fault) != 0)
        return IO_FAILED;
    if (size == 0 || (child->choice.discards && !has_terminal(child)))
        return IO_DONE;
    if (has_terminal(child))
        return terminal_write(&child->terminal, data, size, put, fault);
    ssize_t n;
    do
        n = write(child->in, data, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return not_written(child, fault);
    *put = (size_t)n;
    return IO_DONE;
}

static enum io
child_broke(struct endpoint *endpoint, bool writing, int error, struct fault *fault)
{
    const struct child *child = (const struct child *)endpoint;
    errno = error;
    return writing ? not_written(child, fault) : child_failed(child, fault);
}

static enum io
child_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct child *child = (struct child *)endpoint;
    if (has_terminal(child))
        return child->started ? terminal_end(&child->terminal, fault) : IO_DONE;
    (void)fd_close(&child->in); /* a pipe: all that was written is there */
    return IO_DONE;
}

static enum io
child_lost(struct endpoint *endpoint, struct fault *fault)
{
    (void)endpoint;
    (void)fault;
    return IO_LOST;
}

static void
child_close(struct endpoint *endpoint)
{
    struct child *child = (struct child *)endpoint;
    (void)fd_close(&child->in);
    (void)fd_close(&child->out);
    if (has_terminal(child))
        terminal_close(&child->terminal);
    free(child);
}

static const struct endpoint_ops child_ops = {
    .interest = child_interest,
    .ready = child_ready,
    .read = child_read,
    .write = child_write,
    .broke = child_broke,
    .end_writing = child_end_writing,
    .lost = child_lost,
    .settle = endpoint_is_settled,
    .unsettled = endpoint_none_unsettled,
    .close = child_close,
};

const struct process *
child_process(const struct endpoint *endpoint)
{
    return &((const struct child *)endpoint)->process;
}

struct endpoint *
child_open(const struct child_choice *choice, struct loop *loop, struct fault *fault)
{
    struct child *child = malloc(sizeof *child);
    if (!child) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", choice->words[0]);
        return NULL;
    }
    *child = (struct child){
        .base = { .ops = &child_ops,
                  .name = choice->words[0],
                  .unit = UNIT_BYTES,
                  .ends = true,
                  .tells_end = true,
                  .is_told = true,
                  .message_max = SIZE_MAX,
                  .socket = -1,
                  .read_fd = -1,
                  .write_fd = -1 },
        .choice = *choice,
        .process = { .watch = -1 },
        .in = -1,
        .out = -1,
    };
    bool has_ends =
        !has_terminal(child) || terminal_open(&child->terminal, choice->terminal, loop, fault) == 0;
    if (!has_ends || (!choice->starts_late && start(child, fault) != 0)) {
        child_close(&child->base);
        return NULL;
    }
    if (!has_terminal(child)) { /* before a late start they are not there: then every byte goes through us */
        child->base.read_fd = choice->messages ? -1 : child->out;
        child->base.write_fd = child->in;
    }
    return &child->base;
}
