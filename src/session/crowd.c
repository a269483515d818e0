#include "session/crowd.h"

#include "base/deadline.h"
#include "base/poller.h"
#include "endpoint/hub.h"
#include "observe/stats.h"
#include "session/door.h"
#include "session/exchange.h"
#include "session/local.h"
#include "session/peek.h"
#include "session/program.h"
#include "session/relay.h"
#include "session/report.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { MEMBER_POLLS_MAX = (int)RELAY_POLLS_MAX > (int)PUMP_POLLS_MAX ? RELAY_POLLS_MAX : PUMP_POLLS_MAX };

struct member {
    struct watch watch; /* first: a watch that is neither the entrance nor the clock is a member's */
    struct member *next, *before;
    struct peek *peek; /* before a session; what it has seen stays as long as that */
    struct pump *pump;
    struct program
        *program;        /* instead of a pump or, where it has its end by one, also after it; NULL: none */
    struct relay *relay; /* makes the near end; until that is there, there is no pump */
    struct endpoint *near, *far;
    struct quota_place *place; /* of a client */
    bool is_streams;           /* joins the standard streams with the hub */
};

struct crowd {
    const struct run *run;
    struct listener *listener;
    struct pump_policy policy, streams_policy;
    struct poller *poller;
    struct door *door;
    struct watch entrance; /* the door's */
    struct watch clock;    /* the hub's */
    struct exchange exchange;
    struct watch answer;  /* the exchange's */
    struct hub *hub;      /* NULL: each client has an end for itself */
    int64_t hub_deadline; /* that the clock is set to */
    struct member *members;
    uint64_t count;  /* clients */
    uint64_t number; /* of the last one */
    bool is_over;    /* this side has failed, by the fault */
    struct fault fault;
};

/* What the door waits for. */
static int
watch_door(struct crowd *crowd, struct fault *fault)
{
    struct pollfd polls[LISTENER_SOCKETS_MAX];
    int64_t deadline;
    size_t count = door_interest(crowd->door, crowd->count, polls, &deadline);
    return poller_set(crowd->poller, &crowd->entrance, polls, count, deadline, fault);
}

/* What has gone wrong with one ends that one. Where all share this side, its failure ends all. */
static void
note_failure(struct crowd *crowd, const struct member *member, const struct fault *fault)
{
    bool is_ours = crowd->hub && fault->status == STATUS_LOCAL;
    if (!crowd->is_over && (member->is_streams || is_ours)) {
        crowd->is_over = true;
        crowd->fault = *fault;
    } else {
        log_fault(crowd->run->log, fault);
    }
}

/* The program's part after its session: the client needs not wait for it. */
static void
leave_program(struct member *member, const struct outcome *outcome, int result, const struct fault *fault)
{
    member->near = NULL; /* it is the program's */
    program_leave(member->program, outcome, result, fault);
    member->far->ops->close(member->far);
    member->far = NULL;
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
    bool is_empty = !member->is_streams && !member->program && session_was_empty(run, &outcome);
    if (is_empty)
        log_line(run->log, LOG_TALK, "Connection closed without a byte");
    else if (result != 0 && !member->program) /* that will tell of it */
        note_failure(crowd, member, &fault);
    if (!is_empty)
        door_count_time(crowd->door);
    if (run->request->stats && !member->is_streams)
        stats_print(run->log, &outcome.sent, &outcome.received,
                    run->request->socket.type->unit == UNIT_MESSAGES, outcome.ended - outcome.started);
    if (member->program)
        leave_program(member, &outcome, result, &fault);
}

static void
end_program(struct crowd *crowd, struct member *member)
{
    struct fault fault;
    if (program_end(member->program, NULL, &fault) != 0)
        log_fault(crowd->run->log, &fault);
    member->program = NULL;
    door_count_time(crowd->door);
}

static bool
is_dialling(const struct member *member)
{
    return member->relay && !member->pump;
}

static void
end_member(struct crowd *crowd, struct member *member)
{
    bool was_full = door_is_full(crowd->door, crowd->count);
    if (is_dialling(member))
        relay_refuse(member->relay);
    poller_drop(crowd->poller, &member->watch);
    if (member->pump)
        end_session(crowd, member);
    if (member->program)
        end_program(crowd, member);
    if (member->near)
        member->near->ops->close(member->near);
    if (member->far)
        member->far->ops->close(member->far);
    relay_end(member->relay);
    *(member->before ? &member->before->next : &crowd->members) = member->next;
    if (member->next)
        member->next->before = member->before;
    crowd->count -= !member->is_streams;
    door_leave(crowd->door, member->place);
    if (member->peek)
        peek_free(member->peek);
    free(member);
    if (was_full) /* somebody may wait outside */
        poller_wake(crowd->poller, &crowd->entrance);
}

/* Without memory for waiting it ends. A program is waited for here and now: that takes none. */
static void
give_up(struct crowd *crowd, struct member *member, const struct fault *fault)
{
    log_fault(crowd->run->log, fault);
    if (member->pump)
        end_session(crowd, member);
    if (member->program) {
        program_stop(member->program);
        program_wait(member->program);
    }
    end_member(crowd, member);
}

/* Say what the member waits for. */
static void
watch_member(struct crowd *crowd, struct member *member)
{
    struct pollfd polls[MEMBER_POLLS_MAX];
    int64_t deadline;
    struct fault fault;
    size_t count = 1;
    if (member->pump)
        count = pump_interest(member->pump, polls, &deadline);
    else if (member->program)
        count = program_interest(member->program, polls, &deadline);
    else if (is_dialling(member))
        count = relay_interest(member->relay, polls, &deadline);
    else
        polls[0] = peek_interest(member->peek, &deadline);
    if (poller_set(crowd->poller, &member->watch, polls, count, deadline, &fault) != 0)
        give_up(crowd, member, &fault);
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

/* What a client is joined with. */
static struct endpoint *
local_end(struct crowd *crowd, struct member *member, const struct address *peer, struct fault *fault)
{
    char label[REPORT_NAME_SIZE];
    if (member->program)
        return program_endpoint(member->program);
    if (!crowd->hub)
        return local_open(crowd->run, member->far, fault);
    report_label(crowd->listener->plan, peer, ++crowd->number, label, sizeof label);
    return hub_sit(crowd->hub, member, member->far->name, label, fault);
}

/* Both ends are there. Returns 0, or -1 with STATUS_LOCAL. */
static int
join_ends(struct crowd *crowd, struct member *member, struct fault *fault)
{
    const struct run *run = crowd->run;
    const struct pump_setting setting = {
        .policy = &crowd->policy,
        .deadline = run->deadline,
        .observers = run->observers,
        .log = run->log,
    };
    member->pump = pump_start(member->near, member->far, &setting, fault);
    return member->pump ? 0 : -1;
}

/* Returns 0, or -1 with fault, and what has been opened by then is the member's. */
static int
start_session(struct crowd *crowd, struct member *member, const struct address *peer, struct fault *fault)
{
    const struct run *run = crowd->run;
    if (run->request->program) {
        bool takes_socket = program_takes(run, member->far);
        const char *peeked = member->peek ? peek_words(member->peek) : NULL;
        member->program = program_start(run, member->far, takes_socket, peeked, fault);
        if (!member->program || takes_socket)
            return member->program ? 0 : -1;
    }
    member->near = local_end(crowd, member, peer, fault);
    if (member->near && join_ends(crowd, member, fault) == 0)
        return 0;
    if (member->program)
        leave_program(member, NULL, -1, fault);
    return -1;
}

/* There may be thousands: what has done its work takes no memory. */
static void
forget_relay(struct member *member)
{
    if (!member->pump || !relay_is_spent(member->relay))
        return;
    relay_end(member->relay);
    member->relay = NULL;
}

/* The near end is still being made. */
static void
step_relay(struct crowd *crowd, struct member *member)
{
    struct fault fault;
    enum relay_state state = relay_step(member->relay, member->watch.polls, &member->near, &fault);
    if (state == RELAY_DIALS || (state == RELAY_JOINED && join_ends(crowd, member, &fault) == 0)) {
        poller_drop(crowd->poller, &member->watch); /* a descriptor may have the number of a closed one */
        forget_relay(member);
        watch_member(crowd, member);
        return;
    }
    note_failure(crowd, member, &fault);
    end_member(crowd, member);
}

/* What the relays together wait for. */
static int
watch_exchange(struct crowd *crowd, struct fault *fault)
{
    struct pollfd poll;
    poller_drop(crowd->poller, &crowd->answer); /* another question may have the descriptor of the last one */
    size_t count = exchange_interest(&crowd->exchange, &poll);
    return poller_set(crowd->poller, &crowd->answer, &poll, count, DEADLINE_NEVER, fault);
}

static int
step_exchange(struct crowd *crowd, struct fault *fault)
{
    if (exchange_step(&crowd->exchange))
        for (struct member *member = crowd->members; member; member = member->next)
            if (is_dialling(member))
                poller_wake(crowd->poller, &member->watch);
    return watch_exchange(crowd, fault);
}

static void
begin_relay(struct crowd *crowd, struct member *member)
{
    struct fault fault;
    struct names *names = exchange_ask(&crowd->exchange, crowd->run, &fault);
    member->relay = names ? relay_start(crowd->run, member->far, names, &fault) : NULL;
    if (member->relay && watch_exchange(crowd, &fault) == 0) {
        step_relay(crowd, member);
        return;
    }
    log_fault(crowd->run->log, &fault);
    end_member(crowd, member);
}

static void
begin_session(struct crowd *crowd, struct member *member, const struct address *peer)
{
    struct fault fault;
    if (crowd->run->request->local == LOCAL_RELAY) {
        begin_relay(crowd, member);
        return;
    }
    if (start_session(crowd, member, peer, &fault) == 0 || member->program) {
        watch_member(crowd, member);
        return;
    }
    log_fault(crowd->run->log, &fault);
    end_member(crowd, member);
}

/* The first bytes of what a client says, for its program. */
static void
step_peek(struct crowd *crowd, struct member *member)
{
    struct fault fault;
    switch (peek_step(member->peek, &fault)) {
    case IO_AGAIN:
        watch_member(crowd, member);
        break;
    case IO_FAILED:
        log_fault(crowd->run->log, &fault);
        end_member(crowd, member);
        break;
    case IO_DONE:
    case IO_ENDED:
    case IO_LOST:
    case IO_PAUSE:
        begin_session(crowd, member, NULL);
        break;
    }
}

static bool
is_peeking(const struct member *member)
{
    return member->peek && !member->pump && !member->program;
}

static void
step_member(struct crowd *crowd, struct member *member)
{
    if (is_peeking(member)) {
        step_peek(crowd, member);
        return;
    }
    if (is_dialling(member)) {
        step_relay(crowd, member);
        return;
    }
    bool is_over = member->pump ? pump_step(member->pump, member->watch.polls)
                                : program_step(member->program, member->watch.polls);
    bool has_program_left = is_over && member->pump && member->program;
    if (has_program_left) {
        poller_drop(crowd->poller, &member->watch); /* its descriptors are closed */
        end_session(crowd, member);
        poller_wake(crowd->poller, &member->watch);
        return;
    }
    if (is_over || (member->is_streams && pump_has_failed_reading(member->pump))) {
        end_member(crowd, member);
        return;
    }
    if (member->pump)
        pump_rest(member->pump);
    watch_member(crowd, member);
}

/* A session of its own for a client. What is missing for it is said, and the client goes. */
static void
enter(void *context, struct endpoint *far, const struct address *peer, struct quota_place *place)
{
    struct crowd *crowd = context;
    struct fault fault;
    struct member *member = new_member(crowd, false, &fault);
    if (!member) {
        log_fault(crowd->run->log, &fault);
        far->ops->close(far);
        door_leave(crowd->door, place);
        return;
    }
    member->far = far;
    member->place = place;
    door_own(crowd->door, far, member);
    if (crowd->run->request->peek_size == 0) {
        begin_session(crowd, member, peer);
        return;
    }
    member->peek = peek_start(crowd->run, far, &fault);
    if (member->peek) {
        watch_member(crowd, member);
        return;
    }
    log_fault(crowd->run->log, &fault);
    end_member(crowd, member);
}

static void
watch_entrance(void *context)
{
    struct crowd *crowd = context;
    poller_wake(crowd->poller, &crowd->entrance);
}

/* Returns 0, or -1: nobody came in time, or time is over. */
static int
step_door(struct crowd *crowd, struct fault *fault)
{
    if (door_step(crowd->door, crowd->count, crowd->entrance.polls, fault) != 0)
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

static void
wake_owner(void *context, void *owner)
{
    struct crowd *crowd = context;
    struct member *member = owner;
    poller_wake(crowd->poller, &member->watch);
}

/* --- the hub ----------------------------------------------------------------------------------------------------- */

static bool
offer_owner(void *context, void *owner, const void *data, size_t size, size_t *put, int64_t now)
{
    const struct member *member = owner;
    (void)context;
    *put = 0;
    return member->pump && pump_offer(member->pump, data, size, put, now);
}

static void
tell_missed(void *context, const char *name, uint64_t count, const char *units)
{
    const struct crowd *crowd = context;
    log_line(crowd->run->log, LOG_ERROR, "%s: too slow: %" PRIu64 " %s missed", name, count, units);
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
    return 0;
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
    if (watch == &crowd->entrance)
        return step_door(crowd, fault);
    if (watch == &crowd->answer)
        return step_exchange(crowd, fault);
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
    crowd->policy = door_policy(crowd->door);
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

/* End all sessions, and then what programs are left, all in the same time. */
static void
end_all(struct crowd *crowd)
{
    for (struct member *member = crowd->members, *next; member; member = next) {
        next = member->next;
        poller_drop(crowd->poller, &member->watch);
        if (member->pump)
            end_session(crowd, member);
        if (member->program)
            program_stop(member->program);
        else
            end_member(crowd, member);
    }
    for (struct member *member = crowd->members; member; member = member->next)
        program_wait(member->program); /* they end and are killed by the same clock, whoever is looked at */
    while (crowd->members)
        end_member(crowd, crowd->members);
}

int
crowd_serve(const struct run *run, struct listener *listener, struct fault *fault)
{
    raise_descriptor_limit();
    struct crowd crowd = { .run = run, .listener = listener, .poller = poller_open(fault) };
    if (!crowd.poller)
        return -1;
    const struct door_calls calls = {
        .enter = enter,
        .wake = wake_owner,
        .watch = watch_entrance,
        .context = &crowd,
    };
    crowd.door = door_open(run, listener, &calls, fault);
    int result = crowd.door ? run_crowd(&crowd, fault) : -1;
    if (crowd.hub)
        hub_silence(crowd.hub);
    end_all(&crowd);
    if (crowd.hub)
        hub_close(crowd.hub);
    exchange_close(&crowd.exchange);
    poller_drop(crowd.poller, &crowd.answer);
    poller_drop(crowd.poller, &crowd.clock);
    poller_drop(crowd.poller, &crowd.entrance);
    if (crowd.door)
        door_close(crowd.door);
    poller_close(crowd.poller);
    return result;
}
