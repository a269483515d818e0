#include "session/session.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/dial.h"
#include "session/report.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { PROBES = 3, PROBE_MS = 300 };

/* Put the ports in a random order (Fisher and Yates). */
static void
shuffle(uint16_t *ports, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        uint32_t random = 0;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return; /* no random order is no reason not to look */
        size_t j = random % i;
        uint16_t other = ports[i - 1];
        ports[i - 1] = ports[j];
        ports[j] = other;
    }
}

/*
 * A port without connections answers only what it understands, but a closed one is refused by ICMP: send a
 * little, more than once as datagrams get lost, and take silence for open, as nc does.
 */
static int
probe(const struct run *run, int fd, const char *port, struct fault *fault)
{
    for (int i = 0; i < PROBES; i++) {
        (void)send(fd, "X", 1, MSG_NOSIGNAL); /* a refusal shows below or at the next send */
        struct pollfd answer = { .fd = fd, .events = POLLIN };
        int64_t deadline = deadline_after(deadline_now(), PROBE_MS);
        if (loop_wait(run->loop, &answer, 1, deadline_sooner(deadline, run->deadline), fault) < 0)
            return -1;
        int error = 0;
        socklen_t size = sizeof error;
        (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        errno = error;
        if (error != 0)
            return fault_set(fault, STATUS_CONNECT, "connect to %s port %s (%s) failed",
                             run->request->socket.remote.host, port,
                             domain_protocol_name(run->request->socket.domain, run->request->socket.type,
                                                  run->request->socket.protocol));
        if (answer.revents & POLLIN)
            return 0;
    }
    return 0;
}

/* Try one port. Returns 0 if it answered, -1 with fault. */
static int
try_port(const struct run *run, uint16_t port, struct fault *fault)
{
    char word[8];
    (void)snprintf(word, sizeof word, "%u", (unsigned)port);
    struct socket_plan plan = run->request->socket;
    plan.remote.port = word;
    int64_t deadline =
        deadline_sooner(run->deadline, deadline_after(deadline_now(), run->request->connect_ms));
    struct address peer;
    struct binding source;
    int fd = dial(run->loop, &plan, deadline, &peer, &source, fault);
    if (fd < 0)
        return -1;
    int result = plan.type->accepts ? 0 : probe(run, fd, word, fault);
    if (result == 0)
        report_connected(run->log, &plan, &peer);
    dial_release(&plan, &source);
    (void)fd_close(&fd);
    return result;
}

/* No use to go on: a signal, a name that cannot be found, the time for all of it. */
static bool
ends_scan(const struct run *run, const struct fault *fault)
{
    return fault->signal || (fault->status != STATUS_CONNECT && fault->status != STATUS_TIMEOUT) ||
           deadline_passed(run->deadline, deadline_now());
}

/* --delay, as in nc: between two ports. */
static int
pause_between(const struct run *run, struct fault *fault)
{
    int64_t until = deadline_after(deadline_now(), run->request->pump.delay_ms);
    return loop_wait(run->loop, NULL, 0, deadline_sooner(until, run->deadline), fault);
}

/* Returns 0 if a port answered, -1 with fault if none did or the scan had to end. */
static int
try_all(const struct run *run, const uint16_t *ports, size_t count, struct fault *fault)
{
    size_t answered = 0;
    enum status status = STATUS_TIMEOUT;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && pause_between(run, fault) != 0)
            return -1;
        if (try_port(run, ports[i], fault) == 0) {
            answered++;
            continue;
        }
        if (count == 1 || ends_scan(run, fault))
            return -1;
        if (fault->status == STATUS_CONNECT)
            status = STATUS_CONNECT;
        if (run->log->level >= LOG_TALK)
            log_fault(run->log, fault);
    }
    if (answered > 0)
        return 0;
    return fault_say(fault, status, "no port answered", "scan of %s ports %u to %u",
                     run->request->socket.remote.host, (unsigned)run->request->scan_first,
                     (unsigned)run->request->scan_last);
}

int
scan_run(const struct run *run, struct fault *fault)
{
    const struct request *request = run->request;
    size_t count = (size_t)(request->scan_last - request->scan_first) + 1;
    uint16_t *ports = malloc(count * sizeof *ports);
    if (!ports)
        return fault_set(fault, STATUS_LOCAL, "%zu ports", count);
    for (size_t i = 0; i < count; i++)
        ports[i] = (uint16_t)(request->scan_first + i);
    if (request->socket.random_source_port)
        shuffle(ports, count);
    int result = try_all(run, ports, count, fault);
    free(ports);
    return result;
}
