#include "session/crowd.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "base/poller.h"
#include "session/local.h"
#include "session/report.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Clients taken in before those that are there have their turn. */
enum { CLIENTS_AT_ONCE = 64 };

struct member {
    struct watch watch; /* first: a watch that is no door is a member's */
    struct member *next, *before;
    struct pump *pump;
    struct endpoint *near, *far;
};

struct crowd {
    const struct run *run;
    struct listener *listener;
    struct pump_policy policy;
    struct poller *poller;
    struct watch door; /* the listening sockets */
    struct member *members;
    uint64_t count;
    int64_t accept_deadline;
};

static bool
is_full(const struct crowd *crowd)
{
    return crowd->count >= (uint64_t)crowd->run->request->max_conns;
}

/* What the door waits for: clients, if there is room for them. */
static int
watch_door(struct crowd *crowd, struct fault *fault)
{
    struct pollfd polls[LISTENER_SOCKETS_MAX];
    int64_t deadline = deadline_sooner(crowd->run->deadline, crowd->accept_deadline);
    bool waits = is_full(crowd) && !crowd->run->request->refuses_when_full;
    size_t count = waits ? 0 : listener_interest(crowd->listener, polls, &deadline);
    return poller_set(crowd->poller, &crowd->door, polls, count, deadline, fault);
}

static void
end_member(struct crowd *crowd, struct member *member)
{
    bool was_full = is_full(crowd);
    const struct run *run = crowd->run;
    struct outcome outcome;
    struct fault fault;
    poller_drop(crowd->poller, &member->watch);
    if (member->pump && pump_end(member->pump, &outcome, &fault) != 0)
        log_fault(run->log, &fault);
    if (member->near)
        member->near->ops->close(member->near);
    if (member->far)
        member->far->ops->close(member->far);
    *(member->before ? &member->before->next : &crowd->members) = member->next;
    if (member->next)
        member->next->before = member->before;
    free(member);
    crowd->count--;
    crowd->accept_deadline = deadline_after(deadline_now(), run->request->accept_ms);
    if (was_full) /* somebody may wait outside */
        poller_wake(crowd->poller, &crowd->door);
}

/* Say what the member waits for. Without memory for that it ends. */
static void
watch_member(struct crowd *crowd, struct member *member)
{
    struct pollfd polls[PUMP_POLLS_MAX];
    int64_t deadline;
    struct fault fault;
    size_t count = pump_interest(member->pump, polls, &deadline);
    if (poller_set(crowd->poller, &member->watch, polls, count, deadline, &fault) == 0)
        return;
    log_fault(crowd->run->log, &fault);
    end_member(crowd, member);
}

static void
step_member(struct crowd *crowd, struct member *member)
{
    if (pump_step(member->pump, member->watch.polls)) {
        end_member(crowd, member);
        return;
    }
    pump_rest(member->pump);
    watch_member(crowd, member);
}

/* A session of its own for a client. What is missing for it is said, and the client goes. */
static void
add_member(struct crowd *crowd, int fd, const struct address *peer)
{
    const struct run *run = crowd->run;
    const struct pump_setting setting = {
        .policy = &crowd->policy,
        .deadline = run->deadline,
        .observers = run->observers,
        .log = run->log,
    };
    struct fault fault;
    struct member *member = calloc(1, sizeof *member);
    if (!member) {
        (void)fault_set(&fault, STATUS_LOCAL, "session");
        log_fault(run->log, &fault);
        (void)fd_close(&fd); /* nothing was sent */
        return;
    }
    member->next = crowd->members;
    if (member->next)
        member->next->before = member;
    crowd->members = member;
    crowd->count++;
    member->far = session_far(run, crowd->listener->plan, fd, peer, &fault);
    member->near = member->far ? local_open(run, &fault) : NULL;
    member->pump = member->near ? pump_start(member->near, member->far, &setting, &fault) : NULL;
    if (member->pump) {
        watch_member(crowd, member);
        return;
    }
    log_fault(run->log, &fault);
    end_member(crowd, member);
}

/* Returns 0, or -1 when no more can be taken. */
static int
take_clients(struct crowd *crowd, struct fault *fault)
{
    const struct run *run = crowd->run;
    for (int i = 0; i < CLIENTS_AT_ONCE && (!is_full(crowd) || run->request->refuses_when_full); i++) {
        struct address peer;
        int fd;
        if (listener_take_ready(crowd->listener, crowd->door.polls, &fd, &peer, fault) != 0)
            return -1;
        if (fd < 0)
            break;
        if (!admission_takes(run->admission, crowd->listener->plan, &peer, &fd))
            continue;
        report_client(run->log, crowd->listener, &peer);
        report_options(run->log, crowd->listener->plan, fd, PHASE_CONNECTED, PHASE_CONNECTED);
        if (is_full(crowd)) {
            log_line(run->log, LOG_TALK, "Connection refused: there are %" PRIu64 " already", crowd->count);
            (void)fd_close(&fd); /* nothing was sent */
            continue;
        }
        add_member(crowd, fd, &peer);
    }
    return 0;
}

/* Returns 0, or -1: nobody came in time, or time is over. */
static int
open_door(struct crowd *crowd, struct fault *fault)
{
    int64_t now = deadline_now();
    if (deadline_passed(crowd->run->deadline, now))
        return fault_say(fault, STATUS_TIMEOUT, "timed out: the time for all of it is over", "accept");
    if (crowd->count > 0)
        crowd->accept_deadline = deadline_after(now, crowd->run->request->accept_ms);
    else if (deadline_passed(crowd->accept_deadline, now))
        return fault_say(fault, STATUS_TIMEOUT, "timed out: no client came", "accept");
    if (take_clients(crowd, fault) != 0)
        return -1;
    return watch_door(crowd, fault);
}

/* A descriptor a client, and a few for what else is open. The limit is soft so that select(2) works, which is not used. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE,
                    &limit); /* refused: fewer clients; running out of them is waited through */
}

static int
run_crowd(struct crowd *crowd, struct fault *fault)
{
    if (watch_door(crowd, fault) != 0)
        return -1;
    for (;;) {
        struct watch *watch = poller_next(crowd->poller, crowd->run->loop, fault);
        if (!watch)
            return -1;
        if (watch != &crowd->door)
            step_member(crowd, (struct member *)watch);
        else if (open_door(crowd, fault) != 0)
            return -1;
    }
}

int
crowd_serve(const struct run *run, struct listener *listener, struct fault *fault)
{
    struct crowd crowd = {
        .run = run,
        .listener = listener,
        .policy = session_policy(run),
        .poller = poller_open(fault),
        .accept_deadline = deadline_after(deadline_now(), run->request->accept_ms),
    };
    if (!crowd.poller)
        return -1;
    raise_descriptor_limit();
    int result = run_crowd(&crowd, fault);
    while (crowd.members)
        end_member(&crowd, crowd.members);
    poller_drop(crowd.poller, &crowd.door);
    poller_close(crowd.poller);
    return result;
}
