#include "session/crowd.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "base/spawn.h"
#include "session/local.h"
#include "session/member.h"
#include <inttypes.h>

/* Who has stood longest within TLS's handshake, where nobody else can come in; NULL: there is room, or nobody has. */
static struct member *
find_standing(const struct crowd *crowd)
{
    struct member *found = NULL; /* the last one: the newest stand first */
    bool looks = crowd->run->tls && door_is_full(crowd->door, crowd->count);
    for (struct member *member = looks ? crowd->members : NULL; member; member = member->next)
        found = member->greeting ? member : found;
    return found;
}

static int64_t
stalls_at(const struct member *standing)
{
    return standing ? deadline_after(standing->greeting->since, HANDSHAKE_STALLED_MS) : DEADLINE_NEVER;
}

/* What the door waits for. */
static int
watch_door(struct crowd *crowd, struct fault *fault)
{
    struct pollfd polls[LISTENER_SOCKETS_MAX];
    int64_t deadline, stalls = stalls_at(find_standing(crowd));
    bool has_stalled = deadline_passed(stalls, deadline_now());
    size_t count = door_interest(crowd->door, crowd->count - has_stalled, polls, &deadline);
    if (!has_stalled)
        deadline = deadline_sooner(deadline, stalls);
    return poller_set(crowd->poller, &crowd->entrance, polls, count, deadline, fault);
}

/* Who has connected needs no session before it speaks, where there is nothing more to be said to it. */
static bool
hears_first(const struct crowd *crowd)
{
    return crowd->knows_callers && (!crowd->hub || hub_has_said_all(crowd->hub));
}

static void
connected(void *context, int fd, const struct address *peer, struct quota_place *place)
{
    struct crowd *crowd = context;
    struct fault fault FAULT_UNSET;
    enum caller_state state = hears_first(crowd) ? caller_hear(fd) : CALLER_SPEAKS;
    struct member *member = state != CALLER_LEFT ? member_new(crowd, false, &fault) : NULL;
    if (!member) {
        if (state == CALLER_LEFT)
            session_tell_empty(crowd->run);
        else
            log_fault(crowd->run->log, &fault);
        (void)fd_close(&fd); /* nothing was sent */
        door_leave(crowd->door, place);
        return;
    }
    member->place = place;
    if (state == CALLER_WAITS)
        member_wait(crowd, member, fd, peer);
    else
        member_meet(crowd, member, fd, peer);
}

/* Somebody has come in without connecting. */
static void
enter(void *context, struct endpoint *far, const struct address *peer, struct quota_place *place)
{
    struct crowd *crowd = context;
    struct fault fault FAULT_UNSET;
    struct member *member = member_new(crowd, false, &fault);
    if (!member) {
        log_fault(crowd->run->log, &fault);
        far->ops->close(far);
        door_leave(crowd->door, place);
        return;
    }
    member->far = far;
    member->place = place;
    door_own(crowd->door, far, member);
    member_begin(crowd, member, peer);
}

static bool
is_busy(void *context)
{
    const struct crowd *crowd = context;
    return poller_is_busy(crowd->poller);
}

static void
watch_entrance(void *context)
{
    struct crowd *crowd = context;
    poller_wake(crowd->poller, &crowd->entrance);
}

/* Whoever says nothing must not keep out those that do, and who are there. */
static void
make_room(struct crowd *crowd)
{
    struct member *standing = find_standing(crowd);
    bool is_asked_for = false;
    for (size_t i = 0; i < crowd->entrance.count; i++)
        is_asked_for |= crowd->entrance.polls[i].revents != 0;
    if (!is_asked_for || !deadline_passed(stalls_at(standing), deadline_now()))
        return;
    handshake_tell_stalled(crowd->run, standing->far);
    member_end(crowd, standing);
}

/* Returns 0, or -1: nobody came in time, or time is over. */
static int
step_door(struct crowd *crowd, struct fault *fault)
{
    make_room(crowd);
    if (door_step(crowd->door, crowd->count, crowd->entrance.polls, fault) != 0)
        return -1;
    return watch_door(crowd, fault);
}

static void
wake_owner(void *context, void *owner)
{
    struct crowd *crowd = context;
    struct member *member = owner;
    poller_wake(crowd->poller, &member->watch);
}

/* --- the hub ----------------------------------------------------------------------------------------------------- */

/* Where others wait for their turn, standard output has what they say in one piece after them. */
static bool
offer_owner(void *context, void *owner, const void *data, size_t size, size_t *put, int64_t now)
{
    const struct crowd *crowd = context;
    const struct member *member = owner;
    enum direction direction = member->is_streams ? DIRECTION_RECEIVED : DIRECTION_SENT;
    *put = 0;
    if (!member->pump || (member->is_streams && poller_is_busy(crowd->poller)))
        return false;
    return pump_offer(member->pump, direction, data, size, put, now);
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
    crowd->policy.linger_ms = -1; /* the end of our input is not theirs */
    const struct pump_setting setting = {
        .policy = &crowd->streams_policy,
        .deadline = DEADLINE_NEVER,
        .shelf = &crowd->shelf,
        .log = crowd->run->log,
    };
    struct member *member = member_new(crowd, true, fault);
    if (!member)
        return -1;
    member->near = local_open(crowd->run, NULL, fault);
    member->far = member->near ? hub_sit_streams(crowd->hub, member, fault) : NULL;
    member->pump =
        member->far ? pump_start(member->near, member->far, &setting, crowd->run->loop->now, fault) : NULL;
    if (!member->pump)
        return -1;
    member_watch(crowd, member);
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
    int result = 0; /* what has come with a client may be the end of it all, too */
    if (watch == &crowd->entrance) {
        result = step_door(crowd, fault);
    } else if (watch == &crowd->answer) {
        result = member_take_answer(crowd, fault);
    } else if (watch != &crowd->clock) {
        member_step(crowd, (struct member *)watch);
    } else {
        crowd->hub_deadline = DEADLINE_NEVER; /* the poller has forgotten it */
        hub_tick(crowd->hub);
    }
    if (result != 0 || !crowd->is_over)
        return result;
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

int
crowd_serve(const struct run *run, struct listener *listener, struct fault *fault)
{
    spawn_raise_limit(); /* a descriptor a client, and a few for what else is open */
    run->loop->now = deadline_now();
    struct crowd crowd = { .run = run,
                           .listener = listener,
                           .poller = poller_open(fault),
                           .knows_callers = caller_needs_no_session(run) };
    if (!crowd.poller)
        return -1;
    const struct door_calls calls = {
        .connected = connected,
        .enter = enter,
        .wake = wake_owner,
        .is_busy = is_busy,
        .watch = watch_entrance,
        .context = &crowd,
    };
    crowd.door = door_open(run, listener, &calls, fault);
    int result = crowd.door ? run_crowd(&crowd, fault) : -1;
    if (crowd.hub)
        hub_silence(crowd.hub);
    member_end_all(&crowd);
    if (crowd.hub)
        hub_close(crowd.hub);
    buffer_clear_shelf(&crowd.shelf);
    exchange_close(&crowd.exchange);
    poller_drop(crowd.poller, &crowd.answer);
    poller_drop(crowd.poller, &crowd.clock);
    poller_drop(crowd.poller, &crowd.entrance);
    if (crowd.door)
        door_close(crowd.door);
    poller_close(crowd.poller);
    return result;
}
