#include "session/peek.h"

#include "base/deadline.h"
#include "base/hex.h"
#include "endpoint/envelope.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PAUSE_FIRST_MS = 20, /* between two looks at a socket that is readable, but has too little yet */
    PAUSE_LAST_MS = 320, /* twice as long each time, as there may be a thousand who say no more */
    WRITE_MAX = 4096,    /* after POLLOUT so much never blocks in a pipe: pipe(7), PIPE_BUF */
    HEADER_ROOM = 256,   /* for the kernel's headers before a message */
};

/* Has the peer ended or broken the connection, so that no more will come? */
static bool
has_ended(int fd)
{
    struct pollfd ask = { .fd = fd, .events = POLLRDHUP };
    return poll(&ask, 1, 0) > 0;
}

/*
 * What to wait for if there is not enough. The kernel reports a socket as readable from the first byte on, and
 * SO_RCVLOWAT, which would change that, is not known to all families: so with some bytes there only a pause is left.
 */
static struct pollfd
what_for(int fd, int64_t pause_ms, int64_t *deadline)
{
    if (pause_ms > 0)
        *deadline = deadline_sooner(*deadline, deadline_after(deadline_now(), pause_ms));
    return (struct pollfd){ .fd = fd, .events = pause_ms > 0 ? POLLRDHUP : POLLIN };
}

/* The next pause, after a look that has found something, or no more than the one before. 0: there is nothing yet. */
static int64_t
next_pause(int64_t pause_ms, size_t before, size_t now)
{
    if (now == 0)
        return 0;
    if (now != before)
        return PAUSE_FIRST_MS;
    return pause_ms * 2 < PAUSE_LAST_MS ? pause_ms * 2 : PAUSE_LAST_MS;
}

/* Until when there has to be enough. */
static int64_t
limit(const struct run *run)
{
    return deadline_sooner(run->deadline, deadline_after(deadline_now(), run->request->pump.idle_ms));
}

/* Look once. IO_DONE: there is enough, or no more will come. *got (at most `size`) is kept if nothing new is there. */
static enum io
look_once(int fd, enum unit unit, char *data, size_t size, size_t *got, const char *name, struct fault *fault)
{
    bool ended = has_ended(fd); /* before looking: what comes between the two is seen */
    ssize_t n = recv(fd, data, size, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        (void)fault_set(fault, STATUS_CONNECTION, "%s", name);
        return IO_FAILED;
    }
    if (n > 0)
        *got = (size_t)n;
    bool is_enough = n == 0 || *got == size || (n > 0 && (ended || unit == UNIT_MESSAGES));
    return is_enough ? IO_DONE : IO_AGAIN;
}

static void
say_too_late(const struct run *run, size_t got, const char *name, struct fault *fault)
{
    (void)fault_say(fault, STATUS_TIMEOUT, "timed out", "%s", name);
    fault_add(fault, ": %zu of %" PRId64 " bytes are there", got, run->request->peek_size);
}

/* Look until there is enough. Returns 0 with *got, or -1; *got is set either way. */
static int
look(const struct run *run, int fd, enum unit unit, char *data, size_t size, size_t *got, const char *name,
     struct fault *fault)
{
    const int64_t until = limit(run);
    int64_t pause_ms = 0;
    *got = 0;
    for (;;) {
        size_t before = *got;
        enum io result = look_once(fd, unit, data, size, got, name, fault);
        if (result != IO_AGAIN)
            return result == IO_DONE ? 0 : -1;
        if (deadline_passed(until, deadline_now())) {
            say_too_late(run, *got, name, fault);
            return -1;
        }
        int64_t deadline = until;
        pause_ms = next_pause(pause_ms, before, *got);
        struct pollfd input = what_for(fd, pause_ms, &deadline);
        if (loop_wait(run->loop, &input, 1, deadline, fault) < 0)
            return -1;
    }
}

static int
show(const struct run *run, const char *data, size_t size, struct fault *fault)
{
    while (size > 0) {
        struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
        if (loop_wait(run->loop, &output, 1, run->deadline, fault) < 0)
            return -1;
        if (deadline_passed(run->deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: nobody takes it", "standard output");
        ssize_t n = write(STDOUT_FILENO, data, size < WRITE_MAX ? size : WRITE_MAX);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return fault_set(fault, STATUS_LOCAL, "standard output");
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

int
peek_run(const struct run *run, const struct socket_plan *plan, int fd, const char *name, struct fault *fault)
{
    size_t wanted = (size_t)run->request->peek_size;
    size_t size = plan->type->unit == UNIT_MESSAGES ? wanted + HEADER_ROOM : wanted;
    char *data = malloc(size);
    if (!data)
        return fault_set(fault, STATUS_LOCAL, "%zu bytes", size);
    size_t got;
    int result = look(run, fd, plan->type->unit, data, size, &got, name, fault);
    if (plan->type->unit == UNIT_MESSAGES)
        got = envelope_payload(plan->domain, fd, plan->type, data, got);
    struct fault writing;
    if (show(run, data, got < wanted ? got : wanted, &writing) != 0 && result == 0) {
        *fault = writing;
        result = -1;
    }
    free(data);
    return result;
}

/* --- for a program ----------------------------------------------------------------------------------------------- */

struct peek {
    const struct run *run;
    const struct endpoint *far;
    int64_t until, pause_ms;
    size_t got;
    char data[PEEK_TOLD_MAX];
    char words[2 * PEEK_TOLD_MAX + 1];
};

struct peek *
peek_start(const struct run *run, const struct endpoint *far, struct fault *fault)
{
    struct peek *peek = malloc(sizeof *peek);
    if (!peek) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", far->name);
        return NULL;
    }
    *peek = (struct peek){ .run = run, .far = far, .until = limit(run) };
    return peek;
}

struct pollfd
peek_interest(const struct peek *peek, int64_t *deadline)
{
    *deadline = peek->until;
    return what_for(peek->far->socket, peek->pause_ms, deadline);
}

enum io
peek_step(struct peek *peek, struct fault *fault)
{
    size_t before = peek->got;
    enum io result = look_once(peek->far->socket, peek->far->unit, peek->data,
                               (size_t)peek->run->request->peek_size, &peek->got, peek->far->name, fault);
    peek->pause_ms = next_pause(peek->pause_ms, before, peek->got);
    if (result != IO_AGAIN || !deadline_passed(peek->until, deadline_now()))
        return result;
    say_too_late(peek->run, peek->got, peek->far->name, fault);
    return IO_FAILED;
}

int
peek_wait(struct peek *peek, struct fault *fault)
{
    for (;;) {
        enum io result = peek_step(peek, fault);
        if (result != IO_AGAIN)
            return result == IO_DONE ? 0 : -1;
        int64_t deadline;
        struct pollfd input = peek_interest(peek, &deadline);
        if (loop_wait(peek->run->loop, &input, 1, deadline, fault) < 0)
            return -1;
    }
}

const char *
peek_words(struct peek *peek)
{
    return hex_write(peek->data, peek->got, peek->words, sizeof peek->words);
}

void
peek_free(struct peek *peek)
{
    free(peek);
}
