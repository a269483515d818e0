#include "session/peek.h"

#include "base/deadline.h"
#include "endpoint/envelope.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PAUSE_MS = 20,     /* between two looks at a socket that is readable, but has too little yet */
    WRITE_MAX = 4096,  /* after POLLOUT so much never blocks in a pipe: pipe(7), PIPE_BUF */
    HEADER_ROOM = 256, /* for the kernel's headers before a message */
};

/* Has the peer ended or broken the connection, so that no more will come? */
static bool
has_ended(int fd)
{
    struct pollfd ask = { .fd = fd, .events = POLLRDHUP };
    return poll(&ask, 1, 0) > 0;
}

/*
 * Wait for more than there is. The kernel reports a socket as readable from the first byte on, and SO_RCVLOWAT, which
 * would change that, is not known to all families: so with some bytes there only a pause is left.
 */
static int
wait_for_more(const struct run *run, int fd, bool has_some, int64_t deadline, struct fault *fault)
{
    struct pollfd input = { .fd = fd, .events = has_some ? POLLRDHUP : POLLIN };
    if (has_some)
        deadline = deadline_sooner(deadline, deadline_after(deadline_now(), PAUSE_MS));
    return loop_wait(run->loop, &input, 1, deadline, fault) < 0 ? -1 : 0;
}

/* Look until there is enough. Returns 0 with *got (at most `wanted` of a stream), or -1; *got is set either way. */
static int
look(const struct run *run, int fd, enum unit unit, char *data, size_t size, size_t *got, const char *name,
     struct fault *fault)
{
    int64_t deadline =
        deadline_sooner(run->deadline, deadline_after(deadline_now(), run->request->pump.idle_ms));
    *got = 0;
    for (;;) {
        bool ended = has_ended(fd); /* before looking: what comes between the two is seen */
        ssize_t n = recv(fd, data, size, MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return fault_set(fault, STATUS_CONNECTION, "%s", name);
        if (n > 0)
            *got = (size_t)n;
        if (n == 0 || *got == size || (n > 0 && (ended || unit == UNIT_MESSAGES)))
            return 0;
        if (deadline_passed(deadline, deadline_now())) {
            (void)fault_say(fault, STATUS_TIMEOUT, "timed out", "%s", name);
            fault_add(fault, ": %zu of %" PRId64 " bytes are there", *got, run->request->peek_size);
            return -1;
        }
        if (wait_for_more(run, fd, *got > 0, deadline, fault) != 0)
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
