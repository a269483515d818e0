#include "endpoint/hub.h"

#include "base/deadline.h"
#include "base/text.h"
#include "endpoint/seat.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hub *
hub_open(const struct hub_choice *choice, const struct hub_calls *calls, struct fault *fault)
{
    struct hub *hub = malloc(sizeof *hub);
    if (hub)
        *hub = (struct hub){ .choice = *choice, .calls = *calls, .tick_at = DEADLINE_NEVER };
    else
        (void)fault_set(fault, STATUS_LOCAL, "hub");
    return hub;
}

void
hub_close(struct hub *hub)
{
    hub_silence(hub);
    while (hub->seats) /* of sessions that are over */
        hub->seats->base.ops->close(&hub->seats->base);
    free(hub);
}

void
hub_silence(struct hub *hub)
{
    hub->is_silent = true;
}

bool
hub_has_said_all(const struct hub *hub)
{
    return hub->choice.kind == HUB_STREAMS && hub->input_ended;
}

void
hub_expect(struct hub *hub)
{
    hub->expected++;
}

void
hub_expect_no_more(struct hub *hub)
{
    hub->expected--;
}

/* --- time and turns ---------------------------------------------------------------------------------------------- */

void
hub_call_at(struct hub *hub, int64_t when)
{
    hub->tick_at = deadline_sooner(hub->tick_at, when);
}

/* Last words wait for nothing but the end of a line. */
int64_t
hub_deadline(const struct hub *hub)
{
    return hub->over > 0 && !hub->speaker ? 0 : hub->tick_at;
}

void
hub_wake(struct seat *seat)
{
    const struct hub_calls *calls = &seat->hub->calls;
    if (!seat->is_over)
        calls->wake(calls->context, seat->owner);
}

void
hub_tick(struct hub *hub)
{
    int64_t now = deadline_now();
    if (!deadline_passed(hub_deadline(hub), now))
        return;
    hub->tick_at = DEADLINE_NEVER;
    for (struct seat *seat = hub->seats, *next; seat; seat = next) {
        next = seat->next;
        if (seat->is_over)
            seat->base.ops->close(&seat->base);
        else if (seat->held_size > 0)
            hub_call_at(hub, seat_give_up_waiting(seat, now));
    }
    audience_has_room(hub); /* who still has to wait says so again */
}

/* --- who comes --------------------------------------------------------------------------------------------------- */

/* Words of the hub's own. NULL without memory: they are a courtesy. */
static struct piece *
own_words(const struct hub *hub, const char *text)
{
    const struct caption plain = { .is_safe = true, .is_whole = true, .unit = hub->choice.unit };
    return caption_piece(&plain, text, strlen(text), true);
}

/* Say something from one seat's view: to others, and to itself as well. */
static void
announce(struct seat *seat, const char *text, bool to_itself)
{
    struct piece *piece = own_words(seat->hub, text);
    if (!piece)
        return;
    int64_t now = deadline_now();
    if (to_itself)
        audience_tell_one(seat, piece, now);
    audience_tell(seat, piece, now);
    piece_release(piece);
}

/* "<announce> already connected: A as <user1>, B as <user2>." */
static void
tell_who_is_there(struct seat *newcomer)
{
    enum { NAMES_MAX = 1000 };
    char text[NAMES_MAX + 300] = "<announce> already connected:";
    uint64_t told = 0;
    for (const struct seat *seat = newcomer->hub->seats; seat && strlen(text) <= NAMES_MAX;
         seat = seat->next) {
        if (seat == newcomer || seat->is_leaving)
            continue;
        text_add(text, sizeof text, "%s %.200s as <user%" PRIu64 ">", told > 0 ? "," : "", seat->name,
                 seat->number);
        told++;
    }
    uint64_t others = newcomer->hub->clients - 1;
    if (told < others)
        text_add(text, sizeof text, " and %" PRIu64 " more", others - told);
    text_add(text, sizeof text, "%s.", told == 0 ? " nobody" : "");
    struct piece *piece = own_words(newcomer->hub, text);
    if (!piece)
        return;
    audience_tell_one(newcomer, piece, deadline_now());
    piece_release(piece);
}

static void
add(struct seat *seat)
{
    struct hub *hub = seat->hub;
    seat->next = hub->seats;
    if (seat->next)
        seat->next->before = seat;
    hub->seats = seat;
}

struct endpoint *
hub_sit_streams(struct hub *hub, void *owner, struct fault *fault)
{
    struct endpoint *endpoint = seat_new(hub, owner, "standard streams", NULL, fault);
    if (!endpoint)
        return NULL;
    hub->streams = (struct seat *)endpoint;
    hub->streams->is_streams = true;
    add(hub->streams);
    return endpoint;
}

struct endpoint *
hub_sit(struct hub *hub, void *owner, const char *name, const char *label, size_t message_max,
        struct fault *fault)
{
    char prefix[300] = "";
    uint64_t number = ++hub->numbers;
    if (hub->choice.kind == HUB_CHAT)
        (void)snprintf(prefix, sizeof prefix, "<user%" PRIu64 "> ", number);
    else if (hub->choice.labels)
        (void)snprintf(prefix, sizeof prefix, "%s: ", label);
    struct endpoint *endpoint = seat_new(hub, owner, name, *prefix != '\0' ? prefix : NULL, fault);
    if (!endpoint)
        return NULL;
    struct seat *seat = (struct seat *)endpoint;
    seat->number = number;
    seat->takes_max = message_max;
    seat->is_new = seat->skips = hub->choice.kind == HUB_BROKER;
    add(seat);
    hub->clients++;
    turn_pass(hub);
    if (hub->choice.kind != HUB_CHAT)
        return endpoint;
    char text[400];
    (void)snprintf(text, sizeof text, "<announce> %.300s is connected as <user%" PRIu64 ">.", name, number);
    announce(seat, text, true);
    tell_who_is_there(seat);
    return endpoint;
}

/* --- who goes ---------------------------------------------------------------------------------------------------- */

void
hub_forget(struct seat *seat)
{
    struct hub *hub = seat->hub;
    audience_leave(seat);
    hub->over -= seat->is_over;
    *(seat->before ? &seat->before->next : &hub->seats) = seat->next;
    if (seat->next)
        seat->next->before = seat->before;
    hub->speaker = hub->speaker == seat ? NULL : hub->speaker;
    hub->streams = hub->streams == seat ? NULL : hub->streams;
    if (hub->choice.kind != HUB_CHAT)
        return;
    char text[64];
    (void)snprintf(text, sizeof text, "<announce> <user%" PRIu64 "> is disconnected.", seat->number);
    announce(seat, text, false);
}
