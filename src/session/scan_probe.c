#include "session/scan_probe.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/source.h"
#include "session/scan_question.h"
#include <errno.h>
#include <string.h>

enum {
    BACKLOG_MS = 20,    /* nothing tells when a full backlog has room again */
    QUESTIONS = 3,      /* datagrams get lost */
    QUESTION_MS = 300,  /* from one to the next, unless -w says how long all of them may take */
    GREETING_MS = 2000, /* many services wait for the other side to begin */
    MORE_GREETING_MS = 200,
};

static enum scan_state
state_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
    case ENOPROTOOPT: /* no such protocol there (icmp(7)) */
    case ENOENT:
    case ENOTDIR:
        return SCAN_CLOSED;
    case ETIMEDOUT:
        return SCAN_FILTERED;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENONET:
        return SCAN_UNREACHABLE;
    default:
        return SCAN_FAILED;
    }
}

static void
over(struct scan_probe *probe, enum scan_state state, int error)
{
    probe->phase = PROBE_OVER;
    probe->state = state;
    probe->error = error;
}

static void
failed(struct scan_probe *probe)
{
    over(probe, state_of(errno), errno);
}

static void
ask(const struct scan *scan, struct scan_probe *probe)
{
    unsigned char bytes[SCAN_QUESTION_MAX];
    size_t size = scan_question(scan_port(scan, probe->target), bytes);
    int64_t limit = scan->run->request->connect_ms;
    int64_t pause = limit < 0 ? QUESTION_MS : limit / QUESTIONS + 1;
    probe->phase = PROBE_ASKING;
    if (probe->asked++ == QUESTIONS) {
        over(probe, SCAN_SILENT, 0);
        return;
    }
    probe->due = deadline_after(deadline_now(), pause);
    if (send(probe->fd, bytes, size, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != ENOBUFS)
        failed(probe);
}

/* It is open. Is there more to be known? */
static void
opened(const struct scan *scan, struct scan_probe *probe)
{
    struct fault fault;
    if (sockopt_apply(probe->fd, &scan->plan.options, PHASE_CONNECTED, STATUS_CONNECT, &fault) < 0) {
        over(probe, SCAN_FAILED, fault.error);
        return;
    }
    over(probe, SCAN_OPEN, 0);
    if (scan->run->request->scan.banner_size == 0)
        return;
    int64_t limit = scan->run->request->connect_ms;
    probe->phase = PROBE_HEARING;
    probe->due = probe->hears_until = deadline_after(deadline_now(), limit < 0 ? GREETING_MS : limit);
}

/* One that is bound by us keeps its port, and cannot have two connections from it. */
static void
connect_failed(const struct scan *scan, struct scan_probe *probe)
{
    probe->reconnects = errno == ECONNREFUSED && scan->plan.type->reconnects && scan->sources.count == 0;
    failed(probe);
}

/* connect(2), for the first time or to ask how it stands. */
static void
connect_on(const struct scan *scan, struct scan_probe *probe)
{
    const struct socket_plan *plan = &scan->plan;
    probe->due = DEADLINE_NEVER;
    if (domain_connect(plan->domain, probe->fd, plan->type, &probe->remote) < 0 && errno != EISCONN) {
        if (errno == EINPROGRESS || errno == EALREADY)
            return;
        if (errno == EAGAIN || errno == EINTR)
            probe->due = deadline_after(deadline_now(), BACKLOG_MS);
        else
            connect_failed(scan, probe);
        return;
    }
    if (source_is_peer(plan, probe->fd))
        over(probe, SCAN_CLOSED, ECONNREFUSED);
    else if (scan_asks(scan))
        ask(scan, probe);
    else
        opened(scan, probe);
}

/*
 * What became of a connect(2) that had begun. One that failed tells that to the next connect(2), if the type can
 * connect again; for the others that may begin anew, so they are asked for the error first.
 */
static void
connect_result(const struct scan *scan, struct scan_probe *probe)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (!scan->plan.type->reconnects &&
        (getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0))
        over(probe, state_of(error), error);
    else
        connect_on(scan, probe);
}

/* A socket for the probe. Returns 0, or -1 with scan->failure. */
static int
open_or_reuse(struct scan *scan, struct scan_probe *probe)
{
    if (scan->spare_fd >= 0 && scan->spare_family == probe->remote.name.ss_family) {
        probe->fd = scan->spare_fd;
        scan->spare_fd = -1;
        return 0;
    }
    struct fault fault;
    probe->fd = source_open(&scan->plan, &scan->sources, &probe->remote, &probe->source, &fault);
    if (probe->fd >= 0)
        return 0;
    scan->failure = fault;
    return -1;
}

int
probe_start(struct scan *scan, struct scan_probe *probe, size_t target, size_t address)
{
    *probe = (struct scan_probe){
        .phase = PROBE_CONNECTING,
        .fd = -1,
        .target = target,
        .address = address,
        .remote = scan_address(scan, target, address),
        .due = DEADLINE_NEVER,
    };
    if (open_or_reuse(scan, probe) < 0) {
        int error = scan->failure.error;
        over(probe, SCAN_FAILED, error);
        if (error != EMFILE && error != ENFILE)
            return 0;
        probe->phase = PROBE_FREE;
        return -1;
    }
    connect_on(scan, probe);
    /* on loopback the answer is there before connect(2) has returned */
    if (probe->phase == PROBE_CONNECTING && probe->due == DEADLINE_NEVER && scan->plan.type->reconnects)
        connect_on(scan, probe);
    return 0;
}

short
probe_events(const struct scan_probe *probe)
{
    if (probe->phase == PROBE_CONNECTING)
        return probe->due == DEADLINE_NEVER ? POLLOUT : 0;
    return probe->phase == PROBE_ASKING || probe->phase == PROBE_HEARING ? POLLIN : 0;
}

/* An answer to a question, or a refusal. */
static void
take_answer(const struct scan *scan, struct scan_probe *probe)
{
    size_t wanted = (size_t)scan->run->request->scan.banner_size;
    ssize_t size = recv(probe->fd, probe->banner, wanted, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size < 0) {
        failed(probe);
        return;
    }
    probe->banner_size = (size_t)size;
    over(probe, SCAN_OPEN, 0);
}

/* More of the banner: until it is long enough, has ended, or pauses. */
static void
hear(const struct scan *scan, struct scan_probe *probe)
{
    size_t wanted = (size_t)scan->run->request->scan.banner_size - probe->banner_size;
    ssize_t size = recv(probe->fd, probe->banner + probe->banner_size, wanted, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size > 0)
        probe->banner_size += (size_t)size;
    probe->due = deadline_sooner(probe->hears_until, deadline_after(deadline_now(), MORE_GREETING_MS));
    if (size <= 0 || (size_t)size == wanted)
        over(probe, SCAN_OPEN, 0);
}

void
probe_advance(const struct scan *scan, struct scan_probe *probe, short revents)
{
    bool is_due = deadline_passed(probe->due, deadline_now());
    switch (probe->phase) {
    case PROBE_CONNECTING:
        if (is_due)
            connect_on(scan, probe);
        else if (revents)
            connect_result(scan, probe);
        break;
    case PROBE_ASKING:
        if (revents)
            take_answer(scan, probe);
        else if (is_due)
            ask(scan, probe);
        break;
    case PROBE_HEARING:
        if (revents)
            hear(scan, probe);
        else if (is_due)
            over(probe, SCAN_OPEN, 0);
        break;
    case PROBE_FREE:
    case PROBE_OVER:
        break;
    }
}

void
probe_expire(struct scan_probe *probe)
{
    over(probe,
         probe->phase == PROBE_HEARING  ? SCAN_OPEN
         : probe->phase == PROBE_ASKING ? SCAN_SILENT
                                        : SCAN_FILTERED,
         0);
}

void
probe_end(struct scan *scan, struct scan_probe *probe)
{
    if (probe->reconnects && scan->spare_fd < 0) {
        scan->spare_fd = probe->fd;
        scan->spare_family = probe->remote.name.ss_family;
        probe->fd = -1;
    }
    (void)fd_close(&probe->fd); /* nothing more is to be known of it */
    source_release(&scan->plan, &probe->source);
    probe->phase = PROBE_FREE;
}
