#include "session/session.h"

#include "base/deadline.h"
#include "dial/dial.h"
#include "session/report.h"

static int
join(const struct run *run, int fd, const struct address *peer, struct fault *fault)
{
    const struct socket_plan *plan = &run->request->socket;
    char name[REPORT_NAME_SIZE];
    report_connected(run->log, plan, peer);
    report_name(plan, peer, name, sizeof name);
    struct socket_choice choice = session_socket_choice(run);
    struct endpoint *far = socket_take(fd, plan->domain, plan->type, peer, &choice, name, fault);
    struct outcome outcome;
    return far ? session_run(run, far, &outcome, fault) : -1;
}

int
client_run(const struct run *run, struct fault *fault)
{
    const struct request *request = run->request;
    int64_t deadline = deadline_sooner(run->deadline, deadline_after(deadline_now(), request->connect_ms));
    struct address peer;
    struct binding source;
    int fd = dial(run->loop, &request->socket, deadline, &peer, &source, fault);
    if (fd < 0)
        return -1;
    int result = join(run, fd, &peer, fault);
    dial_release(&request->socket, &source);
    return result;
}
