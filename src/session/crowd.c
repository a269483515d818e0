#include "session/crowd.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "base/poller.h"
#include "endpoint/hub.h"
#include "observe/stats.h"
#include "session/local.h"
#include "session/relay.h"
#include "session/report.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Clients taken in before those that are there have their turn. */
enum { CLIENTS_AT_ONCE = 64 };

enum { MEMBER_POLLS_MAX = (int)RELAY_POLLS_MAX > (int)PUMP_POLLS_MAX ? RELAY_POLLS_MAX : PUMP_POLLS_MAX };

struct member {
    struct watch watch; /* first: a watch that is no door is a member's */
    struct member *next, *before;
    struct pump *pump;
    struct endpoint *near, *far;
    struct relay *relay; /* makes the near end; until that is there, there is no pump */
    char *label;         /* whose session it is, where that is shown or told; otherwise NULL */
    bool is_streams;     /* joins the standard streams with the hub */
};

struct crowd {
    const struct run *run;
    struct listener *listener;
    struct pump_policy policy, streams_policy;
    struct poller *poller;
    struct watch door;    /* the listening sockets */
    struct watch clock;   /* the hub's */
    struct hub *hub;      /* NULL: each client has an end for itself */
    int64_t hub_deadline; /* that the clock is set to */
    struct member *members;
    uint64_t count;  /* clients */
    uint64_t number; /* of the last one */
    int64_t accept_deadline;
    bool is_over; /* this side has failed, by the fault */
    struct fault fault;
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

/* What has gone wrong with one ends that one. What all share are the standard streams, and copies of the traffic. */
static void
note_failure(struct crowd *crowd, const struct member *member, const struct fault *fault)
{
    bool is_ours = fault->status == STATUS_LOCAL && observer_has_failed(crowd->run->observers);
    if (!crowd->is_over && (member->is_streams || is_ours)) {
        crowd->is_over = true;
        crowd->fault = *fault;
    } else {
        log_fault(crowd->run->log, fault);
    }
}

/* End its session, and tell of it. */
static void
end_session(struct crowd *crowd, struct member *member)
{
    const struct run *run = crowd->run;
    struct outcome outcome;
    struct fault fault;
    int result = pump_end(member->pump, &outcome, &fault);
    session_part(run, member->near, member->far);
    member->pump = NULL;
    bool is_empty = !member->is_streams && session_was_empty(run, &outcome);
    if (result != 0 && (!is_empty || fault.status == STATUS_LOCAL))
        note_failure(crowd, member, &fault);
    else if (is_empty)
        log_line(run->log, LOG_TALK, "Connection closed without a byte");
    if (!is_empty)
        crowd->accept_deadline = deadline_after(deadline_now(), run->request->accept_ms);
    if (run->request->stats && !member->is_streams)
        stats_print(run->log, member->label, &outcome.sent, &outcome.received,
                    run->request->socket.type->unit == UNIT_MESSAGES, outcome.ended - outcome.started);
}

static void
end_member(struct crowd *crowd, struct member *member)
{
    bool was_full = is_full(crowd);
    poller_drop(crowd->poller, &member->watch);
    if (member->pump)
        end_session(crowd, member);
    if (member->near)
        member->near->ops->close(member->near);
    if (member->far)
        member->far->ops->close(member->far);
    relay_end(member->relay);
    *(member->before ? &member->before->next : &crowd->members) = member->next;
    if (member->next)
        member->next->before = member->before;
    crowd->count -= !member->is_streams;
    free(member->label);
    free(member);
    if (was_full) /* somebody may wait outside */
        poller_wake(crowd->poller, &crowd->door);
}

/* Say what the member waits for. Without memory for that it ends. */
static void
watch_member(struct crowd *crowd, struct member *member)
{
    struct pollfd polls[MEMBER_POLLS_MAX];
    int64_t deadline;
    struct fault fault;
    size_t count = member->pump ? pump_interest(member->pump, polls, &deadline)
                                : relay_interest(member->relay, polls, &deadline);
    if (poller_set(crowd->poller, &member->watch, polls, count, deadline, &fault) == 0)
        return;
    note_failure(crowd, member, &fault);
    end_member(crowd, member);
}

/* Both ends are there. Returns 0, or -1 with STATUS_LOCAL. */
static int
start_session(struct crowd *crowd, struct member *member, struct fault *fault)
{
    const struct run *run = crowd->run;
    const struct pump_setting setting = {
        .policy = &crowd->policy,
        .deadline = run->deadline,
        .observers = run->observers,
        .who = member->label,
        .log = run->log,
    };
    member->pump = pump_start(member->near, member->far, &setting, fault);
    return member->pump ? 0 : -1;
}

/* The near end is still being made. */
static void
step_relay(struct crowd *crowd, struct member *member)
{
    struct fault fault;
    enum relay_state state = relay_step(member->relay, member->watch.polls, &member->near, &fault);
    bool goes_on =
        state == RELAY_DIALS || (state == RELAY_JOINED && start_session(crowd, member, &fault) == 0);
    if (goes_on) {
        poller_drop(crowd->poller,
                    &member->watch); /* what was closed may have left its number to what is new */
        watch_member(crowd, member);
        return;
    }
    note_failure(crowd, member, &fault);
    end_member(crowd, member);
}

static void
step_member(struct crowd *crowd, struct member *member)
{
    if (!member->pump) {
        step_relay(crowd, member);
        return;
    }
    bool is_over = pump_step(member->pump, member->watch.polls);
    if (is_over || (member->is_streams && pump_has_failed_reading(member->pump))) {
        end_member(crowd, member);
        return;
    }
    pump_rest(member->pump);
    watch_member(crowd, member);
}

static struct member *
new_member(struct crowd *crowd, bool is_streams, struct fault *fault)
{
    struct member *member = calloc(1, sizeof *member);
    if (!member) {
        (void)fault_set(fault, STATUS_LOCAL, "session");
        return NULL;
    }
    member->is_streams = is_streams;
    member->next = crowd->members;
    if (member->next)
        member->next->before = member;
    crowd->members = member;
    crowd->count += !is_streams;
    return member;
}

/* Keep what the client is called where it is not the only one. Returns 0, or -1 with STATUS_LOCAL. */
static int
keep_label(struct crowd *crowd, struct member *member, const char *label, struct fault *fault)
{
    if (!crowd->run->observers && !crowd->run->request->stats)
        return 0;
    member->label = strdup(label);
    return member->label ? 0 : fault_set(fault, STATUS_LOCAL, "session");
}

/* What a client is joined with. */
static struct endpoint *
local_end(struct crowd *crowd, struct member *member, const char *label, struct fault *fault)
{
    if (!crowd->hub)
        return local_open(crowd->run, member->far, fault);
    return hub_sit(crowd->hub, member, member->far->name, label, member->far->message_max, fault);
}

/* A session of its own for a client. What is missing for it is said, and the client goes. */
static void
add_member(struct crowd *crowd, int fd, const struct address *peer)
{
    const struct run *run = crowd->run;
    struct fault fault;
    char label[REPORT_NAME_SIZE];
    struct member *member = new_member(crowd, false, &fault);
    if (!member) {
        log_fault(run->log, &fault);
        (void)fd_close(&fd); /* nothing was sent */
        return;
    }
    report_label(crowd->listener->plan, peer, ++crowd->number, label, sizeof label);
    member->far = session_far(run, crowd->listener->plan, fd, peer, &fault);
    if (!member->far || keep_label(crowd, member, label, &fault) != 0) {
        log_fault(run->log, &fault);
        end_member(crowd, member);
        return;
    }
    if (run->request->local == LOCAL_RELAY) {
        member->relay = relay_start(run, member->far, &fault);
        if (member->relay) {
            step_relay(crowd, member);
            return;
        }
    } else {
        member->near = local_end(crowd, member, label, &fault);
        if (member->near && start_session(crowd, member, &fault) == 0) {
            watch_member(crowd, member);
            return;
        }
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
        report_who(run->log, crowd->listener->plan, fd);
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

/* --- the hub ----------------------------------------------------------------------------------------------------- */

static void
wake_owner(void *context, void *owner)
{
    struct crowd *crowd = context;
    struct member *member = owner;
    poller_wake(crowd->poller, &member->watch);
}

static bool
offer_owner(void *context, void *owner, const void *data, size_t size, size_t *put, int64_t now)
{
    const struct member *member = owner;
    (void)context;
    *put = 0;
    return member->pump && pump_offer(member->pump, data, size, put, now);
}

static void
tell_missed(void *context, const char *name, const char *why, uint64_t count, const char *units)
{
    const struct crowd *crowd = context;
    log_line(crowd->run->log, LOG_ERROR, "%s: %s: %" PRIu64 " %s missed", name, why, count, units);
}

/* The standard streams are a session like the clients', but for what is asked of each connection. */
static int
add_streams(struct crowd *crowd, struct fault *fault)
{
    const struct pump_policy *policy = &crowd->run->request->pump;
    crowd->streams_policy = (struct pump_policy){
        .idle_ms = -1,
        .quit_ms = -1,
        .linger_ms = -1,
        .delay_ms = policy->delay_ms,
        .records = policy->records,
    };
    crowd->policy.delay_ms = 0;
    const struct pump_setting setting = {
        .policy = &crowd->streams_policy,
        .deadline = DEADLINE_NEVER,
        .log = crowd->run->log,
    };
    struct member *member = new_member(crowd, true, fault);
    if (!member)
        return -1;
    member->near = local_open(crowd->run, NULL, fault);
    member->far = member->near ? hub_sit_streams(crowd->hub, member, fault) : NULL;
    member->pump = member->far ? pump_start(member->near, member->far, &setting, fault) : NULL;
    if (!member->pump)
        return -1;
    watch_member(crowd, member);
    if (crowd->is_over)
        *fault = crowd->fault;
    return crowd->is_over ? -1 : 0;
}

static int
open_hub(struct crowd *crowd, struct fault *fault)
{
    const struct hub_calls calls = {
        .wake = wake_owner,
        .offer = offer_owner,
        .missed = tell_missed,
        .context = crowd,
    };
    bool none;
    crowd->hub_deadline = DEADLINE_NEVER;
    crowd->hub = local_hub(crowd->run->request, &calls, &none, fault);
    if (!crowd->hub)
        return none ? 0 : -1;
    return crowd->run->request->local == LOCAL_STREAMS ? add_streams(crowd, fault) : 0;
}

static int
set_clock(struct crowd *crowd, struct fault *fault)
{
    int64_t deadline = crowd->hub ? hub_deadline(crowd->hub) : DEADLINE_NEVER;
    if (deadline == crowd->hub_deadline)
        return 0;
    crowd->hub_deadline = deadline;
    return poller_set(crowd->poller, &crowd->clock, NULL, 0, deadline, fault);
}

/* --- all of it --------------------------------------------------------------------------------------------------- */

/* Whose turn it is. Returns 0, or -1 when it is all over. */
static int
take_turn(struct crowd *crowd, struct watch *watch, struct fault *fault)
{
    if (watch == &crowd->door)
        return open_door(crowd, fault);
    if (watch != &crowd->clock) {
        step_member(crowd, (struct member *)watch);
    } else {
        crowd->hub_deadline = DEADLINE_NEVER; /* the poller has forgotten it */
        hub_tick(crowd->hub);
    }
    if (!crowd->is_over)
        return 0;
    *fault = crowd->fault;
    return -1;
}

static int
run_crowd(struct crowd *crowd, struct fault *fault)
{
    if (open_hub(crowd, fault) != 0 || watch_door(crowd, fault) != 0)
        return -1;
    for (;;) {
        if (set_clock(crowd, fault) != 0)
            return -1;
        struct watch *watch = poller_next(crowd->poller, crowd->run->loop, fault);
        if (!watch || take_turn(crowd, watch, fault) != 0)
            return -1;
    }
}

int
crowd_serve(const struct run *run, struct listener *listener, struct fault *fault)
{
    raise_descriptor_limit();
    struct crowd crowd = {
        .run = run,
        .listener = listener,
        .policy = session_policy(run),
        .poller = poller_open(fault),
        .accept_deadline = deadline_after(deadline_now(), run->request->accept_ms),
    };
    if (!crowd.poller)
        return -1;
    int result = run_crowd(&crowd, fault);
    if (crowd.hub)
        hub_silence(crowd.hub);
    while (crowd.members)
        end_member(&crowd, crowd.members);
    if (crowd.hub)
        hub_close(crowd.hub);
    poller_drop(crowd.poller, &crowd.clock);
    poller_drop(crowd.poller, &crowd.door);
    poller_close(crowd.poller);
    return result;
}
