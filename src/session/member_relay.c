/* A member whose near end is another socket, which has to be made first. */
#include "session/member.h"

#include "base/deadline.h"

/* There may be thousands: what has done its work takes no memory. */
static void
forget_relay(struct member *member)
{
    if (!member->pump || !relay_is_spent(member->relay))
        return;
    relay_end(member->relay);
    member->relay = NULL;
}

/* What the relays together wait for, once one of them has asked. */
static int
watch_exchange(struct crowd *crowd, struct fault *fault)
{
    struct pollfd poll;
    if (crowd->answer.count > 0)
        return 0;
    size_t count = exchange_interest(&crowd->exchange, &poll);
    return count > 0 ? poller_set(crowd->poller, &crowd->answer, &poll, count, DEADLINE_NEVER, fault) : 0;
}

/* The near end is still being made. */
void
member_step_relay(struct crowd *crowd, struct member *member)
{
    struct fault fault FAULT_UNSET;
    enum relay_state state = relay_step(member->relay, member->watch.polls, &member->near, &fault);
    bool goes_on = (state == RELAY_DIALS && watch_exchange(crowd, &fault) == 0) ||
                   (state == RELAY_JOINED && member_join(crowd, member, &fault) == 0);
    if (!goes_on) {
        member_note_failure(crowd, member, &fault);
        member_end(crowd, member);
        return;
    }
    poller_drop(crowd->poller, &member->watch); /* what was closed may have left its number to what is new */
    forget_relay(member);
    member_watch(crowd, member);
}

int
member_take_answer(struct crowd *crowd, struct fault *fault)
{
    poller_drop(crowd->poller, &crowd->answer); /* before its descriptor is closed, by us or by the thread */
    if (exchange_step(&crowd->exchange))
        for (struct member *member = crowd->members; member; member = member->next)
            if (member_dials(member))
                poller_wake(crowd->poller, &member->watch);
    return watch_exchange(crowd, fault);
}

void
member_begin_relay(struct crowd *crowd, struct member *member)
{
    struct fault fault FAULT_UNSET;
    member->relay = relay_start(crowd->run, member->far, &crowd->exchange, &fault);
    if (member->relay)
        member_step_relay(crowd, member);
    else
        member_fail(crowd, member, &fault);
}
