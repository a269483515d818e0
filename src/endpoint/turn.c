#include "base/deadline.h"
#include "endpoint/seat.h"

enum { FEW = 3 }; /* clients of which each may wait for something else: all are asked */

void
turn_wait(struct seat *seat)
{
    struct hub *hub = seat->hub;
    if (seat->is_waiting)
        return;
    seat->is_waiting = true;
    if (seat->is_streams)
        return;
    seat->next_waiting = NULL;
    seat->waits_behind = hub->last_waiting;
    *(hub->last_waiting ? &hub->last_waiting->next_waiting : &hub->first_waiting) = seat;
    hub->last_waiting = seat;
}

void
turn_give_up(struct seat *seat)
{
    struct hub *hub = seat->hub;
    if (!seat->is_waiting)
        return;
    seat->is_waiting = false;
    if (seat->is_streams)
        return;
    *(seat->waits_behind ? &seat->waits_behind->next_waiting : &hub->first_waiting) = seat->next_waiting;
    *(seat->next_waiting ? &seat->next_waiting->waits_behind : &hub->last_waiting) = seat->waits_behind;
}

static void
wake(struct seat *seat)
{
    turn_give_up(seat);
    if (seat == seat->hub->speaker) /* it was kept from going on */
        seat->hub->speaks_since = deadline_now();
    hub_wake(seat);
}

void
turn_all(struct hub *hub)
{
    if (hub->streams && hub->streams->is_waiting)
        wake(hub->streams);
    while (hub->first_waiting)
        wake(hub->first_waiting);
}

void
turn_pass(struct hub *hub)
{
    if (hub->clients <= FEW) {
        turn_all(hub);
        return;
    }
    if (hub->streams && hub->streams->is_waiting)
        wake(hub->streams);
    if (hub->speaker && hub->speaker->is_waiting)
        wake(hub->speaker);
    else if (hub->first_waiting)
        wake(hub->first_waiting);
    if (hub->first_waiting) /* should it have nothing to say any more */
        hub_call_at(hub, deadline_after(deadline_now(), UNFINISHED_MAX_MS));
}
