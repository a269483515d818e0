/* The end of a member: of its session, of its program, of itself, and of all. */
#include "session/member.h"

#include "observe/stats.h"
#include <stdlib.h>

void
member_note_failure(struct crowd *crowd, const struct member *member, const struct fault *fault)
{
    const struct run *run = crowd->run;
    bool is_output = session_hands_over(run->request) && (fault->status == STATUS_LOCAL || fault->signal);
    bool is_copy = fault->status == STATUS_LOCAL && observer_has_failed(run->observers);
    if (!crowd->is_over && (member->is_streams || is_output || is_copy)) {
        crowd->is_over = true;
        crowd->fault = *fault;
    } else {
        log_fault(run->log, fault);
    }
}

void
member_leave_program(struct member *member, const struct outcome *outcome, int result,
                     const struct fault *fault)
{
    member->near = NULL; /* it is the program's */
    program_leave(member->program, outcome, result, fault);
    member->far->ops->close(member->far);
    member->far = NULL;
}

void
member_end_session(struct crowd *crowd, struct member *member)
{
    const struct run *run = crowd->run;
    struct outcome outcome;
    struct fault fault FAULT_UNSET;
    int result = pump_end(member->pump, &outcome, &fault);
    session_part(run, member->near, member->far);
    member->pump = NULL;
    bool is_empty = !member->is_streams && !member->program && session_was_empty(run, &outcome);
    bool is_told = member->program; /* that will tell of it */
    if (result != 0 && !is_told && (!is_empty || fault.status == STATUS_LOCAL))
        member_note_failure(crowd, member, &fault);
    else if (is_empty)
        session_tell_empty(run);
    if (!is_empty)
        door_count_time(crowd->door);
    if (run->request->stats && !member->is_streams)
        stats_print(run->log, member->label, &outcome.sent, &outcome.received,
                    run->request->socket.type->unit == UNIT_MESSAGES, outcome.ended - outcome.started);
    if (member->program)
        member_leave_program(member, &outcome, result, &fault);
}

static void
end_program(struct crowd *crowd, struct member *member)
{
    struct fault fault FAULT_UNSET;
    if (program_end(member->program, NULL, &fault) != 0)
        log_fault(crowd->run->log, &fault);
    member->program = NULL;
    door_count_time(crowd->door);
}

void
member_end(struct crowd *crowd, struct member *member)
{
    bool was_full = door_is_full(crowd->door, crowd->count);
    if (member_dials(member))
        relay_refuse(member->relay);
    poller_drop(crowd->poller, &member->watch);
    if (member->pump)
        member_end_session(crowd, member);
    if (member->program)
        end_program(crowd, member);
    if (member->near)
        member->near->ops->close(member->near);
    if (member->far)
        member->far->ops->close(member->far);
    relay_end(member->relay);
    if (member->peek)
        peek_free(member->peek);
    free(member->greeting);
    if (member->caller && crowd->hub)
        hub_expect_no_more(crowd->hub);
    caller_close(member->caller);
    *(member->before ? &member->before->next : &crowd->members) = member->next;
    if (member->next)
        member->next->before = member->before;
    crowd->count -= !member->is_streams;
    door_leave(crowd->door, member->place);
    free(member->label);
    free(member);
    if (was_full) /* somebody may wait outside */
        poller_wake(crowd->poller, &crowd->entrance);
}

void
member_fail(struct crowd *crowd, struct member *member, const struct fault *fault)
{
    log_fault(crowd->run->log, fault);
    member_end(crowd, member);
}

void
member_end_all(struct crowd *crowd)
{
    for (struct member *member = crowd->members, *next; member; member = next) {
        next = member->next;
        poller_drop(crowd->poller, &member->watch);
        if (member->pump)
            member_end_session(crowd, member);
        if (member->program)
            program_stop(member->program);
        else
            member_end(crowd, member);
    }
    for (struct member *member = crowd->members; member; member = member->next)
        program_wait(member->program); /* they end and are killed by the same clock, whoever is looked at */
    while (crowd->members)
        member_end(crowd, crowd->members);
}
