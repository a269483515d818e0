#include "base/deadline.h"
#include "endpoint/seat.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    PATIENCE_MS = 500,      /* so long others wait, with nothing left to hear, for one whose queue is full */
    STALL_MS = 1000,        /* so long for one who takes nothing at all, while all are full */
    SLOW_MS = 30000,        /* at least so long nobody waits again for one that was slow */
    JUDGE_EVERY_MS = 20,    /* while somebody waits */
    SAY_EVERY_MS = 1000,    /* in the log, of one client */
    LINE_MORE = 256 * 1024, /* a line that has begun goes on so far beyond a queue's limit */
};

bool
audience_hears(const struct seat *seat, const struct seat *from)
{
    if (seat == from || seat->is_leaving || seat->is_deaf)
        return false;
    return seat->hub->choice.kind != HUB_STREAMS || seat->is_streams != from->is_streams;
}

static bool
is_full(const struct seat *seat)
{
    return seat->queue.bytes >= (size_t)seat->hub->choice.queue_size;
}

/* Of those that are full and waited for; the standard streams are not counted. */
static void
count_full(struct seat *seat, bool is_so)
{
    if (!seat->is_streams && !seat->is_slow && !seat->is_leaving)
        seat->hub->full += is_so ? 1 : (uint64_t)-1;
}

static void
note_full(struct seat *seat, int64_t now)
{
    if (seat->full_at >= 0 || !is_full(seat))
        return;
    seat->full_at = now;
    count_full(seat, true);
}

/* A queue that was full has room again when it is half empty, so that not every byte wakes those who wait. */
static bool
is_half_empty(const struct seat *seat)
{
    return seat->queue.bytes <= (size_t)seat->hub->choice.queue_size / 2;
}

/* Nobody waits for the only one who is full but that one itself, which may be anywhere among those who wait. */
void
audience_has_room(struct hub *hub)
{
    if (hub->full == 1)
        turn_all(hub);
    else
        turn_pass(hub);
}

static void
note_room(struct seat *seat)
{
    if (seat->full_at < 0 || !is_half_empty(seat))
        return;
    seat->full_at = -1;
    count_full(seat, false);
    audience_has_room(seat->hub);
}

/* --- whom nobody waits for --------------------------------------------------------------------------------------- */

static void
deafen(struct seat *seat)
{
    seat->is_deaf = true;
    seat->hub->deaf++;
}

void
audience_go_deaf(struct seat *seat)
{
    if (seat->is_deaf || seat->is_leaving)
        return;
    if (seat->full_at >= 0)
        count_full(seat, false);
    seat->full_at = -1;
    deafen(seat);
    queue_clear(&seat->queue);
    audience_has_room(seat->hub);
}

static void
give_up(struct seat *seat, int64_t now)
{
    count_full(seat, false);
    seat->is_slow = true;
    seat->slow_at = now;
    if (seat->hub->choice.slow != HUB_DISCONNECTS)
        return;
    seat->is_out = true;
    deafen(seat);
    hub_wake(seat);
}

/*
 * A full queue is waited for as long as that costs no other anything: until one has nothing left to hear, or it takes
 * nothing at all. With one listener alone that is a talk between two, which is never cut.
 */
static bool
is_given_up(const struct seat *seat, bool others_starve, int64_t now)
{
    int64_t moved = seat->took_at > seat->full_at ? seat->took_at : seat->full_at;
    return (others_starve && now - seat->full_at >= PATIENCE_MS) || now - moved >= STALL_MS;
}

/* Has anybody who is full to be given up by now? */
static void
judge(struct hub *hub, struct seat *from, int64_t now)
{
    bool others_starve = false;
    hub->judged_at = now;
    for (struct seat *seat = hub->seats; seat && !others_starve; seat = seat->next)
        others_starve = audience_hears(seat, from) && queue_is_empty(&seat->queue);
    for (struct seat *seat = hub->seats; seat; seat = seat->next)
        if (audience_hears(seat, from) && seat->full_at >= 0 && !seat->is_slow &&
            is_given_up(seat, others_starve, now))
            give_up(seat, now);
}

/* Is nobody who hears this seat full, but for those who are not waited for? Asked often: all are looked at now and then. */
static bool
is_unhindered(struct seat *from, int64_t now)
{
    struct hub *hub = from->hub;
    bool is_itself = !from->is_streams && from->full_at >= 0 && !from->is_slow;
    uint64_t hearing = hub->clients - hub->deaf - (from->is_streams || from->is_deaf ? 0 : 1);
    if (hub->full == is_itself)
        return true;
    if (hub->choice.slow == HUB_BLOCKS || hearing == 1)
        return false;
    if (now - hub->judged_at >= JUDGE_EVERY_MS)
        judge(hub, from, now);
    if (hub->full > is_itself)
        hub_call_at(hub, hub->judged_at + JUDGE_EVERY_MS);
    return hub->full == is_itself;
}

bool
audience_is_interrupted_by(const struct seat *from, int64_t now)
{
    struct hub *hub = from->hub;
    if (!hub->speaker || hub->speaker == from || seat_is_heard_alone(from))
        return false;
    int64_t until = hub->speaks_since + UNFINISHED_MAX_MS;
    if (!deadline_passed(until, now) && hub->spoken < TORN_FROM) {
        hub_call_at(hub, until);
        return true;
    }
    seat_tear(hub->speaker, now);
    return false;
}

/* Is there room for more with those who are waited for? */
static bool
has_room(struct seat *from, int64_t now)
{
    const struct hub *hub = from->hub;
    if (!from->is_streams && hub->choice.kind == HUB_STREAMS)
        return hub->streams && hub->streams->full_at < 0;
    if (from->is_streams && hub->clients == hub->deaf)
        return false; /* it is for the next one who comes */
    return is_unhindered(from, now);
}

bool
audience_is_ready(struct seat *from, int64_t now)
{
    return has_room(from, now) && !audience_is_interrupted_by(from, now);
}

/* --- what is missed ---------------------------------------------------------------------------------------------- */

static const char *
units(const struct hub *hub, uint64_t count)
{
    if (hub->choice.unit == UNIT_MESSAGES)
        return count == 1 ? "message" : "messages";
    if (hub->choice.by_bytes)
        return count == 1 ? "byte" : "bytes";
    return count == 1 ? "line" : "lines";
}

static const char *const miss_words[MISS_KINDS] = {
    [MISS_SLOW] = "too slow",
    [MISS_LARGE] = "too large",
};

static void
say_missed(struct seat *seat, int64_t now)
{
    const struct hub_calls *calls = &seat->hub->calls;
    for (int why = 0; why < MISS_KINDS; why++) {
        uint64_t count = seat->unsaid[why];
        seat->unsaid[why] = 0;
        if (count == 0)
            continue;
        calls->missed(calls->context, seat->name, miss_words[why], count, units(seat->hub, count));
        seat->said_at = now;
    }
}

static void
count_missed(struct seat *seat, enum miss why, uint64_t count)
{
    seat->missed[why] += count;
    seat->unsaid[why] += count;
}

/* Tell a client how much it has missed, in its place among the rest; bytes without lines have no such place. */
static void
tell_missed(struct seat *seat, enum miss why, int64_t now)
{
    const struct hub *hub = seat->hub;
    char text[128];
    bool is_chat = hub->choice.kind == HUB_CHAT;
    int n = snprintf(text, sizeof text, "%s%s %s: %" PRIu64 " %s missed%s", seat->hears_part ? "\n" : "",
                     is_chat ? "<announce>" : "skt:", miss_words[why], seat->missed[why],
                     units(hub, seat->missed[why]), is_chat || hub->choice.unit == UNIT_BYTES ? "\n" : "");
    seat->missed[why] = 0;
    if (deadline_passed(seat->said_at + SAY_EVERY_MS, now))
        say_missed(seat, now);
    if (hub->choice.by_bytes || seat->is_streams || (size_t)n > seat->takes_max)
        return;
    struct piece *piece = piece_new((size_t)n);
    if (!piece)
        return;
    memcpy(piece->data, text, (size_t)n);
    piece->begins = piece->ends = true;
    audience_tell_one(seat, piece, now);
    piece_release(piece);
}

static void
miss(struct seat *seat, const struct piece *piece)
{
    seat->misses = seat->skips = true;
    count_missed(seat, MISS_SLOW, piece->units);
}

void
audience_miss_large(struct seat *seat, int64_t now)
{
    count_missed(seat, MISS_LARGE, 1);
    if (!seat->misses)
        tell_missed(seat, MISS_LARGE, now);
}

/* From the next line on. */
static void
hear_again(struct seat *seat, int64_t now)
{
    seat->misses = seat->skips = false;
    for (int why = 0; why < MISS_KINDS; why++)
        if (seat->missed[why] > 0) /* of a line that is not over nothing is counted yet */
            tell_missed(seat, (enum miss)why, now);
    seat->skips = true;
}

/* --- telling ----------------------------------------------------------------------------------------------------- */

static bool
is_missed(const struct seat *seat, const struct piece *piece)
{
    if (seat->misses)
        return true;
    if (!seat->is_slow || !is_full(seat))
        return false;
    size_t more = seat->queue.bytes - (size_t)seat->hub->choice.queue_size;
    return piece->begins || !seat->hears_part || more >= LINE_MORE;
}

void
audience_tell_one(struct seat *to, struct piece *piece, int64_t now)
{
    const struct hub_calls *calls = &to->hub->calls;
    if (to->misses && queue_is_empty(&to->queue)) /* there was no memory */
        hear_again(to, now);
    if (to->hub->choice.unit == UNIT_MESSAGES && piece->size > to->takes_max) {
        audience_miss_large(to, now);
        return;
    }
    if (is_missed(to, piece)) {
        miss(to, piece);
        return;
    }
    if (to->skips && !piece->begins) {
        count_missed(to, MISS_SLOW, to->is_new ? 0 : piece->units);
        return;
    }
    if (to->skips && to->missed[MISS_SLOW] > 0)
        tell_missed(to, MISS_SLOW, now);
    to->is_new = false;
    to->skips = false;
    to->hears_part = !piece->ends;
    size_t put = 0;
    bool is_first = queue_is_empty(&to->queue);
    if (is_first && !to->is_taking &&
        calls->offer(calls->context, to->owner, piece->data, piece->size, &put, now)) {
        to->took_at = now;
        return;
    }
    if (to->is_deaf) /* since it was offered this */
        return;
    if (queue_push(&to->queue, piece, put) != 0) {
        miss(to, piece); /* without memory; it is told when there is some */
        return;
    }
    note_full(to, now);
    if (is_first)
        hub_wake(to);
}

void
audience_tell(struct seat *from, struct piece *piece, int64_t now)
{
    struct hub *hub = from->hub;
    if (hub->is_silent)
        return;
    if (!from->is_streams && hub->choice.kind == HUB_STREAMS) {
        if (hub->streams)
            audience_tell_one(hub->streams, piece, now);
        return;
    }
    for (struct seat *seat = hub->seats; seat; seat = seat->next)
        if (audience_hears(seat, from))
            audience_tell_one(seat, piece, now);
}

void
audience_took(struct seat *seat, int64_t now)
{
    seat->took_at = now;
    note_room(seat);
    if (seat->is_slow && queue_is_empty(&seat->queue) && now - seat->slow_at >= SLOW_MS)
        seat->is_slow = false;
    if (seat->misses && is_half_empty(seat))
        hear_again(seat, now);
}

void
audience_leave(struct seat *seat)
{
    if (seat->is_leaving)
        return;
    turn_give_up(seat);
    if (seat->full_at >= 0)
        count_full(seat, false);
    seat->is_leaving = true;
    say_missed(seat, deadline_now());
    if (!seat->is_streams)
        seat->hub->clients--;
    seat->hub->deaf -= seat->is_deaf;
    audience_has_room(seat->hub);
}
