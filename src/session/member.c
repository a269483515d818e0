#include "session/member.h"

#include "base/deadline.h"
#include "session/local.h"
#include "session/report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_AT_ONCE = 4 }; /* of a session that has something to do without waiting */

enum { MEMBER_POLLS_MAX = (int)RELAY_POLLS_MAX > (int)PUMP_POLLS_MAX ? RELAY_POLLS_MAX : PUMP_POLLS_MAX };

struct member *
member_new(struct crowd *crowd, bool is_streams, struct fault *fault)
{
    struct member *member = malloc(sizeof *member);
    if (!member) {
        (void)fault_set(fault, STATUS_LOCAL, "session");
        return NULL;
    }
    *member = (struct member){ .is_streams = is_streams, .next = crowd->members };
    if (member->next)
        member->next->before = member;
    crowd->members = member;
    crowd->count += !is_streams;
    return member;
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

/* Without memory for waiting it ends. A program is waited for here and now: that takes none. */
static void
give_up(struct crowd *crowd, struct member *member, const struct fault *fault)
{
    member_note_failure(crowd, member, fault);
    if (member->pump)
        member_end_session(crowd, member);
    if (member->program) {
        program_stop(member->program);
        program_wait(member->program);
    }
    member_end(crowd, member);
}

static size_t
interest(const struct member *member, struct pollfd *polls, int64_t *deadline)
{
    if (member->pump)
        return pump_interest(member->pump, polls, deadline);
    if (member->program)
        return program_interest(member->program, polls, deadline);
    if (member->caller) {
        polls[0] = caller_interest(member->caller, deadline);
        return 1;
    }
    if (member->greeting)
        return handshake_interest(&member->greeting->handshake, polls, deadline);
    if (member->relay)
        return relay_interest(member->relay, polls, deadline);
    polls[0] = peek_interest(member->peek, deadline);
    return 1;
}

/* Step its session, with the revents of what it waits for. Returns false if that was the end of all of it. */
static bool
step_once(struct crowd *crowd, struct member *member, const struct pollfd *polls)
{
    bool is_over = pump_step(member->pump, polls, crowd->run->loop->now, &crowd->scratch);
    if (is_over && member->program) {
        poller_drop(crowd->poller, &member->watch); /* its descriptors are closed */
        member_end_session(crowd, member);
        return true;
    }
    if (is_over || (member->is_streams && pump_has_failed_reading(member->pump))) {
        member_end(crowd, member);
        return false;
    }
    pump_rest(member->pump);
    return true;
}

void
member_watch(struct crowd *crowd, struct member *member)
{
    struct pollfd polls[MEMBER_POLLS_MAX];
    int64_t deadline;
    struct fault fault FAULT_UNSET;
    size_t count = interest(member, polls, &deadline);
    for (int i = 0; member->pump && i < STEPS_AT_ONCE && deadline_passed(deadline, crowd->run->loop->now);
         i++) {
        for (size_t j = 0; j < count; j++)
            polls[j].revents = 0;
        if (!step_once(crowd, member, polls))
            return;
        count = interest(member, polls, &deadline);
    }
    if (poller_set(crowd->poller, &member->watch, polls, count, deadline, &fault) != 0)
        give_up(crowd, member, &fault);
}

/* Step its session as if the client had said something. Returns false if that was the end of all of it. */
static bool
read_client(struct crowd *crowd, struct member *member)
{
    struct pollfd polls[MEMBER_POLLS_MAX];
    int64_t deadline;
    size_t count = interest(member, polls, &deadline);
    for (size_t i = 0; i < count; i++)
        polls[i].revents = polls[i].fd == member->far->socket ? polls[i].events & POLLIN : 0;
    return step_once(crowd, member, polls);
}

/*
 * Most clients have sent something by the time that they are accepted, and many of these have ended: they are read before
 * they are watched.
 */
static void
step_first(struct crowd *crowd, struct member *member)
{
    bool goes_on = read_client(crowd, member);
    if (goes_on && member->pump && pump_has_heard(member->pump))
        goes_on = read_client(crowd, member);
    if (goes_on)
        member_watch(crowd, member);
}

/* --- beginning --------------------------------------------------------------------------------------------------- */

/* What a client is joined with. */
static struct endpoint *
local_end(struct crowd *crowd, struct member *member, const char *label, struct fault *fault)
{
    if (!crowd->hub)
        return local_open(crowd->run, member->far, fault);
    return hub_sit(crowd->hub, member, member->far->name, label, member->far->message_max, fault);
}

int
member_join(struct crowd *crowd, struct member *member, struct fault *fault)
{
    const struct run *run = crowd->run;
    const struct pump_setting setting = {
        .policy = &crowd->policy,
        .deadline = run->deadline,
        .observers = run->observers,
        .who = member->label,
        .shelf = &crowd->shelf,
        .log = run->log,
    };
    member->pump = pump_start(member->near, member->far, &setting, run->loop->now, fault);
    return member->pump ? 0 : -1;
}

/* Returns 0, or -1 with fault. */
static int
start_program(struct crowd *crowd, struct member *member, struct fault *fault)
{
    bool takes_socket = program_takes(crowd->run, member->far);
    const char *peeked = member->peek ? peek_words(member->peek) : NULL;
    member->program = program_start(crowd->run, member->far, takes_socket, peeked, fault);
    if (!member->program || takes_socket)
        return member->program ? 0 : -1;
    member->near = program_endpoint(member->program);
    if (member_join(crowd, member, fault) != 0)
        member_leave_program(member, NULL, -1, fault); /* it tells of that when it has ended */
    return 0;
}

static int
start_session(struct crowd *crowd, struct member *member, const char *label, struct fault *fault)
{
    if (crowd->run->request->program)
        return start_program(crowd, member, fault);
    member->near = local_end(crowd, member, label, fault);
    return member->near ? member_join(crowd, member, fault) : -1;
}

static void
begin_session(struct crowd *crowd, struct member *member, const char *label)
{
    struct fault fault FAULT_UNSET;
    if (start_session(crowd, member, label, &fault) != 0)
        member_fail(crowd, member, &fault);
    else if (member->pump)
        step_first(crowd, member);
    else
        member_watch(crowd, member);
}

/* It is shown and passed on by standard output, and whose turn that is has it for itself until then: so all wait. */
static void
hand_over(struct crowd *crowd, struct member *member, int result, struct fault *fault)
{
    result = session_hand_over(crowd->run, member->far, member->peek, result, fault);
    if (result == 0)
        door_count_time(crowd->door);
    else
        member_note_failure(crowd, member, fault);
    member_end(crowd, member);
}

/* The first bytes of what a client says, for its program, or to be shown. */
static void
step_peek(struct crowd *crowd, struct member *member)
{
    struct fault fault FAULT_UNSET;
    enum io result = peek_step(member->peek, &fault);
    if (result == IO_AGAIN)
        member_watch(crowd, member);
    else if (session_hands_over(crowd->run->request))
        hand_over(crowd, member, result == IO_DONE ? 0 : -1, &fault);
    else if (result == IO_FAILED)
        member_fail(crowd, member, &fault);
    else
        begin_session(crowd, member, NULL);
}

static void
begin_peek(struct crowd *crowd, struct member *member)
{
    struct fault fault FAULT_UNSET;
    member->peek = peek_start(crowd->run, crowd->listener->plan, member->far, &fault);
    if (member->peek)
        member_watch(crowd, member);
    else
        member_fail(crowd, member, &fault);
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

/* It may have an end: begin with what that is joined with. */
static void
begin(struct crowd *crowd, struct member *member, const char *label)
{
    const struct request *request = crowd->run->request;
    struct fault fault FAULT_UNSET;
    if (request->local == LOCAL_RELAY)
        member_begin_relay(crowd, member);
    else if (request->peek_size > 0)
        begin_peek(crowd, member);
    else if (request->passes)
        hand_over(crowd, member, 0, &fault);
    else
        begin_session(crowd, member, label);
}

static void
step_greeting(struct crowd *crowd, struct member *member)
{
    struct fault fault FAULT_UNSET;
    struct greeting *greeting = member->greeting;
    enum io result = handshake_step(&greeting->handshake, &fault);
    if (result == IO_AGAIN) {
        member_watch(crowd, member);
        return;
    }
    member->greeting = NULL;
    if (result == IO_DONE)
        begin(crowd, member, greeting->label);
    else
        member_fail(crowd, member, &fault);
    free(greeting);
}

static void
begin_greeting(struct crowd *crowd, struct member *member, const char *label)
{
    const struct run *run = crowd->run;
    struct fault fault FAULT_UNSET;
    member->greeting = malloc(sizeof *member->greeting);
    if (!member->greeting) {
        (void)fault_set(&fault, STATUS_LOCAL, "session");
        member_fail(crowd, member, &fault);
        return;
    }
    member->greeting->handshake = (struct handshake){ .run = run,
                                                      .endpoint = member->far,
                                                      .deadline = handshake_deadline_of_client(run) };
    member->greeting->since = deadline_now();
    (void)snprintf(member->greeting->label, sizeof member->greeting->label, "%s", label);
    step_greeting(crowd, member);
}

void
member_begin(struct crowd *crowd, struct member *member, const struct address *peer)
{
    const struct request *request = crowd->run->request;
    struct fault fault FAULT_UNSET;
    char label[REPORT_NAME_SIZE];
    label[0] = '\0';
    crowd->number++;
    if (request->labels || request->stats || crowd->run->observers)
        report_label(crowd->listener->plan, peer, crowd->number, label, sizeof label);
    if (keep_label(crowd, member, label, &fault) != 0)
        member_fail(crowd, member, &fault);
    else if (member->far->begins)
        begin_greeting(crowd, member, label);
    else
        begin(crowd, member, label);
}

void
member_meet(struct crowd *crowd, struct member *member, int fd, const struct address *peer)
{
    struct fault fault FAULT_UNSET;
    member->far = session_far(crowd->run, crowd->listener->plan, fd, peer, &fault);
    if (member->far)
        member_begin(crowd, member, peer);
    else
        member_fail(crowd, member, &fault);
}

void
member_wait(struct crowd *crowd, struct member *member, int fd, const struct address *peer)
{
    struct fault fault FAULT_UNSET;
    member->caller = caller_take(fd, peer, crowd->hub, &fault);
    if (!member->caller) {
        member_fail(crowd, member, &fault);
        return;
    }
    if (crowd->hub)
        hub_expect(crowd->hub);
    member_watch(crowd, member);
}

/* It may have said its first byte. */
static void
step_caller(struct crowd *crowd, struct member *member)
{
    enum caller_state state = caller_step(member->caller, member->watch.polls);
    if (state == CALLER_WAITS) {
        member_watch(crowd, member);
    } else if (state == CALLER_LEFT) {
        session_tell_empty(crowd->run);
        member_end(crowd, member);
    } else {
        struct address peer;
        int fd = caller_leave(member->caller, &peer);
        member->caller = NULL;
        if (crowd->hub)
            hub_expect_no_more(crowd->hub);
        member_meet(crowd, member, fd, &peer);
    }
}

/* --- going on ---------------------------------------------------------------------------------------------------- */

void
member_step(struct crowd *crowd, struct member *member)
{
    bool goes_on = true;
    if (member->pump) {
        goes_on = step_once(crowd, member, member->watch.polls);
    } else if (member->program) {
        goes_on = !program_step(member->program, member->watch.polls);
        if (!goes_on)
            member_end(crowd, member);
    } else if (member->caller) {
        step_caller(crowd, member);
        return;
    } else if (member->greeting) {
        step_greeting(crowd, member);
        return;
    } else if (member->relay) {
        member_step_relay(crowd, member);
        return;
    } else {
        step_peek(crowd, member);
        return;
    }
    if (goes_on)
        member_watch(crowd, member);
}
