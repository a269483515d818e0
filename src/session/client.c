#include "session/session.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/dial.h"
#include "dial/inherit.h"
#include "session/handshake.h"
#include "session/pass.h"
#include "session/privilege.h"
#include "session/reconnect.h"
#include "session/report.h"
#include "session/retry.h"

/* A descriptor from standard input, which says itself what kind of socket it is. */
static int
receive(const struct run *run, struct socket_plan *plan, int64_t deadline, struct fault *fault)
{
    const char word[] = "the descriptor received";
    const struct inherit_wish wish = { .domain = run->request->asked_domain, .type = plan->type };
    int fd = inherit_receive(run->loop, deadline, fault);
    if (fd < 0 || inherit_describe(fd, word, &wish, plan, STATUS_LOCAL, fault) == 0)
        return fd;
    (void)fd_close(&fd); /* not for us */
    return -1;
}

/* A socket that is connected already. */
static int
take_connected(const struct run *run, struct socket_plan *plan, int64_t deadline, struct address *peer,
               struct fault *fault)
{
    int fd =
        plan->inherited >= 0 ? inherit_take(plan->inherited, fault) : receive(run, plan, deadline, fault);
    if (fd < 0 || inherit_finish(plan, fd, peer, fault) == 0)
        return fd;
    (void)fd_close(&fd); /* nothing was sent */
    return -1;
}

/* Connect, as often as --retry says. *deadline is that of the try that was good. */
static int
dial_again(const struct run *run, const struct socket_plan *plan, struct address *peer,
           struct binding *source, int64_t *deadline, struct fault *fault)
{
    struct retry retry;
    retry_start(&retry, run);
    for (;;) {
        *deadline = retry_deadline(&retry, run);
        int fd = dial(run->loop, plan, *deadline, peer, source, fault);
        if (fd >= 0 || retry_wait(&retry, run, fault) < 0)
            return fd;
    }
}

int
client_run(const struct run *run, struct fault *fault)
{
    const struct request *request = run->request;
    int64_t deadline = deadline_sooner(run->deadline, deadline_after(deadline_now(), request->connect_ms));
    struct socket_plan plan = request->socket;
    struct address peer;
    struct binding source = { .owns_file = false };
    struct privilege privilege;
    if (request->passes && pass_check(fault) != 0)
        return -1;
    if (privilege_look_up(&privilege, run->loop, request, deadline, fault) != 0)
        return -1;
    int fd = plan.inherited >= 0 || request->receives
                 ? take_connected(run, &plan, deadline, &peer, fault)
                 : dial_again(run, &plan, &peer, &source, &deadline, fault);
    int dropped = fd < 0 ? -1 : privilege_drop(&privilege, fault);
    privilege_free(&privilege);
    if (dropped != 0) {
        (void)fd_close(&fd); /* nothing was sent */
        dial_release(&plan, &source);
        return -1;
    }
    if (!admission_takes(run->admission, &plan, &peer, &fd))
        return 0; /* not one of ours: done, as for a listener */
    report_connected(run->log, &plan, &peer);
    report_options(run->log, &plan, fd, PHASE_OPENED, PHASE_CONNECTED);
    if (request->reconnects)
        return reconnect_run(run, &plan, fd, &peer, &source, deadline, fault);
    struct outcome outcome;
    deadline = deadline_sooner(deadline, handshake_deadline(run, &request->tls));
    int result = session_join(run, &plan, fd, &peer, deadline, &outcome, fault);
    dial_release(&plan, &source);
    return result;
}
