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

struct peek {
    const struct run *run;
    const struct socket_plan *plan;
    const struct endpoint *far;
    int64_t until;    /* there has to be enough */
    int64_t pause_ms; /* until the next look; 0: there is nothing yet */
    char words[2 * PEEK_TOLD_MAX + 1];
    size_t got;
    size_t size; /* of data */
    char data[];
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

/* Look once. IO_DONE: there is enough, or no more will come. What was there is kept if nothing new is. */
static enum io
look(struct peek *peek, struct fault *fault)
{
    int fd = peek->far->socket;
    bool ended = has_ended(fd); /* before looking: what comes between the two is seen */
    ssize_t n = recv(fd, peek->data, peek->size, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        (void)fault_set(fault, STATUS_CONNECTION, "%s", peek->far->name);
        return IO_FAILED;
    }
    if (n > 0)
        peek->got = (size_t)n;
    bool is_enough =
        n == 0 || peek->got == peek->size || (n > 0 && (ended || peek->far->unit == UNIT_MESSAGES));
    return is_enough ? IO_DONE : IO_AGAIN;
}

struct peek *
peek_start(const struct run *run, const struct socket_plan *plan, const struct endpoint *far,
           struct fault *fault)
{
    size_t size = (size_t)run->request->peek_size + (far->unit == UNIT_MESSAGES ? HEADER_ROOM : 0);
    struct peek *peek = malloc(sizeof *peek + size);
    if (!peek) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", far->name);
        return NULL;
    }
    int64_t idle = deadline_after(deadline_now(), run->request->pump.idle_ms);
    *peek = (struct peek){
        .run = run, .plan = plan, .far = far, .until = deadline_sooner(run->deadline, idle), .size = size
    };
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
    enum io result = look(peek, fault);
    peek->pause_ms = next_pause(peek->pause_ms, before, peek->got);
    if (result != IO_AGAIN || !deadline_passed(peek->until, deadline_now()))
        return result;
    (void)fault_say(fault, STATUS_TIMEOUT, "timed out", "%s", peek->far->name);
    fault_add(fault, ": %zu of %" PRId64 " bytes are there", peek->got, peek->run->request->peek_size);
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

/* How many of the bytes are wanted, from the start of the data on: not the kernel's headers. */
static size_t
payload(struct peek *peek)
{
    const struct socket_plan *plan = peek->plan;
    size_t wanted = (size_t)peek->run->request->peek_size;
    if (plan->type->unit == UNIT_MESSAGES)
        peek->got = envelope_payload(plan->domain, peek->far->socket, plan->type, peek->data, peek->got);
    return peek->got < wanted ? peek->got : wanted;
}

const char *
peek_words(struct peek *peek)
{
    return hex_write(peek->data, payload(peek), peek->words, sizeof peek->words);
}

int
peek_show(struct peek *peek, struct fault *fault)
{
    const struct run *run = peek->run;
    const char *data = peek->data;
    size_t size = payload(peek);
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

void
peek_free(struct peek *peek)
{
    free(peek);
}
