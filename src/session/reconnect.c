#include "session/reconnect.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/dial.h"
#include "endpoint/replay.h"
#include "pump/transfer.h"
#include "session/handshake.h"
#include "session/local.h"
#include "session/report.h"
#include "session/retry.h"
#include <inttypes.h>

struct reconnect {
    const struct run *run;
    const struct socket_plan *plan;
    struct pump_policy policy;
    struct endpoint *near; /* of all connections */
    struct retry retry;
    bool has_begun; /* one of them has */
};

/* What one connection has come to. */
struct end {
    int result;
    bool has_begun; /* its handshake is done */
    bool peer_ended;
    bool has_moved; /* it was good for something */
};

/* deadline: until when its handshake has to be done, if --ssl-timeout does not end sooner. */
static struct end
run_connection(struct reconnect *reconnect, int fd, const struct address *peer, int64_t deadline,
               struct fault *fault)
{
    const struct run *run = reconnect->run;
    const struct pump_setting setting = {
        .policy = &reconnect->policy,
        .deadline = run->deadline,
        .observers = run->observers,
        .log = run->log,
    };
    struct outcome outcome;
    struct endpoint *far = session_far(run, reconnect->plan, fd, peer, fault);
    if (!far)
        return (struct end){ .result = -1 };
    deadline = deadline_sooner(deadline, handshake_deadline(run, &run->request->tls));
    if (handshake_wait(run, far, deadline, fault) != 0) {
        far->ops->close(far);
        return (struct end){ .result = -1 };
    }
    replay_begin(reconnect->near, far);
    struct end end = { .has_begun = true };
    end.result = pump_run(run->loop, reconnect->near, far, &setting, &outcome, fault);
    uint64_t open = far->ops->unsettled(far), sent = outcome.sent.bytes;
    uint64_t arrived = sent > open ? sent - open : 0;
    replay_end(reconnect->near, arrived);
    session_tell_stats(run, far, &outcome);
    end.peer_ended = far->peer_ended;
    end.has_moved = arrived > 0 || outcome.received.bytes > 0;
    if (end.result == 0 && end.peer_ended)
        (void)fault_say(fault, STATUS_CONNECTION, "closed by the peer", "%s", far->name);
    far->ops->close(far);
    return end;
}

/* The first connection, with its handshake, has to succeed, unless --retry is there. */
static bool
has_failed_at_once(const struct reconnect *reconnect, const struct end *end)
{
    return !end->has_begun && !reconnect->has_begun && reconnect->run->request->retry.times == 0;
}

/* Is there something to go on with, and was it the connection that failed? */
static bool
goes_on(const struct reconnect *reconnect, const struct end *end, const struct fault *fault)
{
    bool is_done = replay_has_ended(reconnect->near) && replay_kept(reconnect->near) == 0;
    if (is_done || has_failed_at_once(reconnect, end) ||
        deadline_passed(reconnect->run->deadline, deadline_now()))
        return false;
    if (end->result == 0)
        return end->peer_ended;
    bool is_given_up = fault->status == STATUS_TIMEOUT &&
                       (end->peer_ended || !end->has_begun); /* it takes no more, or says nothing */
    return !fault->signal && (retry_is_loss(fault) || is_given_up);
}

/* The next connection. Returns its descriptor, or -1 with fault. *deadline is that of the try that was good. */
static int
dial_again(struct reconnect *reconnect, struct address *peer, struct binding *source, int64_t *deadline,
           struct fault *fault)
{
    const struct run *run = reconnect->run;
    int fd = -1;
    while (fd < 0) {
        if (retry_wait(&reconnect->retry, run, fault) < 0)
            return -1;
        *deadline = retry_deadline(&reconnect->retry, run);
        fd = dial(run->loop, reconnect->plan, *deadline, peer, source, fault);
    }
    report_connected(run->log, reconnect->plan, peer);
    report_options(run->log, reconnect->plan, fd, PHASE_OPENED, PHASE_CONNECTED);
    return fd;
}

/* Returns as reconnect_run. Each binding is released with its connection. */
static int
run_all(struct reconnect *reconnect, int fd, struct address peer, struct binding source, int64_t deadline,
        struct fault *fault)
{
    for (;;) {
        struct end end = run_connection(reconnect, fd, &peer, deadline, fault);
        dial_release(reconnect->plan, &source);
        if (!goes_on(reconnect, &end, fault))
            return end.result;
        reconnect->has_begun |= end.has_begun;
        if (end.has_moved) /* otherwise the delay goes on growing */
            retry_start_lost(&reconnect->retry, reconnect->run);
        source = (struct binding){ .owns_file = false };
        fd = dial_again(reconnect, &peer, &source, &deadline, fault);
        if (fd < 0) {
            dial_release(reconnect->plan, &source);
            return -1;
        }
    }
}

int
reconnect_run(const struct run *run, const struct socket_plan *plan, int fd, const struct address *peer,
              const struct binding *source, int64_t deadline, struct fault *fault)
{
    struct reconnect reconnect = { .run = run, .plan = plan, .policy = session_policy(run) };
    reconnect.policy.ends_with_peer = true; /* input that is not there yet is for the next connection */
    retry_start_lost(&reconnect.retry, run);
    struct endpoint *streams = local_open(run, NULL, fault);
    reconnect.near = streams ? replay_wrap(streams, TRANSFER_HELD_MAX, fault) : NULL;
    if (!reconnect.near) {
        (void)fd_close(&fd); /* nothing was sent */
        return -1;
    }
    int result = run_all(&reconnect, fd, *peer, *source, deadline, fault);
    uint64_t kept = replay_kept(reconnect.near);
    if (result != 0 && !fault->signal && kept > 0)
        fault_add(fault, "; %" PRIu64 " bytes of the input are not known to have arrived", kept);
    if (result == 0)
        result = replay_finish(reconnect.near, fault);
    reconnect.near->ops->close(reconnect.near);
    return result;
}
