#include "endpoint/seat.h"

#include "base/deadline.h"
#include <stdlib.h>
#include <string.h>

static const struct hub_choice *
choice_of(const struct seat *seat)
{
    return &seat->hub->choice;
}

static bool
is_by_lines(const struct seat *seat)
{
    return choice_of(seat)->unit == UNIT_BYTES && !choice_of(seat)->by_bytes;
}

bool
seat_is_heard_alone(const struct seat *seat)
{
    enum hub_kind kind = choice_of(seat)->kind;
    return seat->is_streams || (kind == HUB_STREAMS && seat->hub->clients + seat->hub->expected <= 1) ||
           (kind == HUB_BROKER && seat->hub->clients <= 2);
}

/* --- saying ------------------------------------------------------------------------------------------------------ */

static void
start_speaking(struct seat *seat, int64_t now)
{
    struct hub *hub = seat->hub;
    if (hub->speaker == seat)
        return;
    hub->speaker = seat;
    hub->speaks_since = now;
    hub->spoken = 0;
}

static int
say(struct seat *seat, const char *data, size_t size, int64_t now)
{
    const struct hub_choice *choice = choice_of(seat);
    const struct caption caption = {
        .prefix = seat->prefix,
        .is_safe = choice->kind == HUB_CHAT,
        .is_whole = choice->kind == HUB_CHAT || (seat->is_torn && seat->prefix),
        .unit = choice->unit,
    };
    struct piece *piece = caption_piece(&caption, data, size, !seat->in_line);
    if (!piece)
        return -1;
    bool goes_on = is_by_lines(seat) && !piece->ends && !seat->is_torn;
    seat->is_torn = seat->is_torn && (size == 0 || data[size - 1] != '\n');
    if (choice->unit == UNIT_BYTES && choice->by_bytes) {
        piece->begins = piece->ends = true;
        piece->units = size;
    }
    seat->in_line = !piece->ends;
    if (!seat->is_streams && goes_on) {
        start_speaking(seat, now);
        seat->hub->spoken += size;
    } else if (seat->hub->speaker == seat) {
        seat->hub->speaker = NULL;
    }
    audience_tell(seat, piece, now);
    piece_release(piece);
    return 0;
}

/* With names, its line ends here and goes on as another one. */
void
seat_tear(struct seat *seat, int64_t now)
{
    seat->hub->speaker = NULL;
    if (seat->prefix)
        (void)say(seat, "\n", 1, now); /* without memory for it, it misses its end */
    seat->is_torn = true;
}

/* What was kept, with `size` more bytes behind it. */
static int
say_held(struct seat *seat, const char *data, size_t size, int64_t now)
{
    if (seat->held_size == 0)
        return say(seat, data, size, now);
    if (size > 0)
        memcpy(seat->held + seat->held_size, data, size);
    int result = say(seat, seat->held, seat->held_size + size, now);
    free(seat->held);
    seat->held = NULL;
    seat->held_size = 0;
    return result;
}

static int
hold(struct seat *seat, const char *data, size_t size, int64_t now)
{
    if (!seat->held)
        seat->held = malloc(PIECE_MAX);
    if (!seat->held)
        return -1;
    if (seat->held_size == 0)
        seat->held_at = now;
    memcpy(seat->held + seat->held_size, data, size);
    seat->held_size += size;
    hub_call_at(seat->hub, seat->held_at + UNFINISHED_MAX_MS);
    return 0;
}

int64_t
seat_give_up_waiting(struct seat *seat, int64_t now)
{
    int64_t due = seat->held_at + UNFINISHED_MAX_MS;
    if (choice_of(seat)->kind == HUB_CHAT)
        return DEADLINE_NEVER; /* a line of a chat is a whole one */
    if (!deadline_passed(due, now))
        return due;
    if (!audience_is_ready(seat, now))
        return now + UNFINISHED_MAX_MS / 10;
    return say_held(seat, NULL, 0, now) == 0 ? DEADLINE_NEVER : now + UNFINISHED_MAX_MS;
}

/*
 * Lines: the last whole one ends a piece, or the one that others have heard the beginning of. What is behind it is kept,
 * or said if it is too long for that.
 */
static int
say_lines(struct seat *seat, const char *data, size_t size, size_t *put, int64_t now)
{
    size_t room = PIECE_MAX - seat->held_size;
    size_t most = size < room ? size : room;
    const char *newline = seat->in_line ? memchr(data, '\n', most) : memrchr(data, '\n', most);
    *put = newline ? (size_t)(newline - data) + 1 : most;
    bool waits = !newline && most < room && (choice_of(seat)->kind == HUB_CHAT || !seat_is_heard_alone(seat));
    return waits ? hold(seat, data, *put, now) : say_held(seat, data, *put, now);
}

static enum io
seat_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct seat *seat = (struct seat *)endpoint;
    int64_t now = deadline_now();
    if (!audience_is_ready(seat, now)) {
        turn_wait(seat);
        return IO_AGAIN;
    }
    int result;
    if (is_by_lines(seat)) {
        result = say_lines(seat, data, size, put, now);
    } else {
        *put = choice_of(seat)->unit == UNIT_MESSAGES || size < PIECE_MAX ? size : PIECE_MAX;
        result = say(seat, data, *put, now);
    }
    if (!seat->hub->speaker)
        turn_pass(seat->hub);
    if (result == 0)
        return IO_DONE;
    (void)fault_set(fault, STATUS_LOCAL, "%s: a place in the hub", endpoint->name);
    return IO_FAILED;
}

/* The client has said all; with names, its last line gets its end. What of it cannot be said is lost with memory. */
static void
leave(struct seat *seat)
{
    turn_give_up(seat);
    if (seat->is_leaving || seat->hub->is_silent)
        return;
    if (seat->held_size > 0)
        (void)say_held(seat, NULL, 0, deadline_now());
    if (seat->in_line && seat->prefix)
        (void)say(seat, "\n", 1, deadline_now());
    if (seat->hub->speaker == seat)
        seat->hub->speaker = NULL;
    if (!seat->is_streams) {
        audience_leave(seat);
        return;
    }
    seat->hub->input_ended = true;
    for (struct seat *other = seat->hub->seats; other; other = other->next)
        if (other != seat)
            hub_wake(other);
}

/* The last words, too, wait for the end of somebody's line. */
static bool
has_to_wait(const struct seat *seat)
{
    return seat->held_size > 0 && !seat->hub->is_silent && audience_is_interrupted_by(seat, deadline_now());
}

static enum io
seat_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct seat *seat = (struct seat *)endpoint;
    (void)fault;
    if (has_to_wait(seat)) {
        turn_wait(seat);
        return IO_AGAIN;
    }
    leave(seat);
    return IO_DONE;
}

/* --- hearing ----------------------------------------------------------------------------------------------------- */

static bool
has_heard_all(const struct seat *seat)
{
    return !seat->is_streams && seat->hub->input_ended && queue_is_empty(&seat->queue);
}

static unsigned
ready_for(const struct seat *seat, unsigned wants)
{
    unsigned ready = 0;
    if (wants & WANT_READ && (!queue_is_empty(&seat->queue) || has_heard_all(seat)))
        ready |= READY_READ;
    if (wants & WANT_WRITE && !seat->is_waiting)
        ready |= READY_WRITE;
    if (wants & (WANT_WRITE | WANT_NOTICE) && seat->is_out)
        ready |= READY_LOST;
    return ready;
}

static size_t
seat_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    (void)polls;
    *now = *now || ready_for((const struct seat *)endpoint, wants) != 0;
    return 0;
}

static unsigned
seat_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    (void)polls;
    (void)count;
    return ready_for((const struct seat *)endpoint, wants);
}

/* The next message that there is room for. */
static enum io
read_message(struct seat *seat, char *data, size_t room, size_t *got, int64_t now)
{
    for (; !queue_is_empty(&seat->queue); queue_drop_first(&seat->queue)) {
        const struct piece *piece = queue_first(&seat->queue);
        if (piece->size > room) {
            audience_miss_large(seat, now);
            continue;
        }
        *got = piece->size;
        if (piece->size > 0)
            memcpy(data, piece->data, piece->size);
        queue_drop_first(&seat->queue);
        return IO_DONE;
    }
    return IO_AGAIN;
}

static enum io
seat_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct seat *seat = (struct seat *)endpoint;
    (void)fault;
    if (queue_is_empty(&seat->queue))
        return has_heard_all(seat) ? IO_ENDED : IO_AGAIN;
    int64_t now = deadline_now();
    enum io result = IO_DONE;
    seat->is_taking = true;
    if (endpoint->unit == UNIT_BYTES)
        *got = queue_take_bytes(&seat->queue, data, room);
    else
        result = read_message(seat, data, room, got, now);
    audience_took(seat, now);
    seat->is_taking = false;
    return result;
}

/* --- the rest of an endpoint ------------------------------------------------------------------------------------- */

static enum io
seat_lost(struct endpoint *endpoint, struct fault *fault)
{
    const struct seat *seat = (const struct seat *)endpoint;
    if (!seat->is_out)
        return IO_AGAIN;
    (void)fault_say(fault, STATUS_CONNECTION, "too slow, disconnected", "%s", endpoint->name);
    return IO_FAILED;
}

static void
seat_read_no_more(struct endpoint *endpoint)
{
    audience_go_deaf((struct seat *)endpoint);
}

static enum io
seat_settle(struct endpoint *endpoint, struct fault *fault)
{
    (void)endpoint;
    (void)fault;
    return IO_ENDED;
}

static uint64_t
seat_unsettled(struct endpoint *endpoint)
{
    (void)endpoint;
    return 0;
}

static void
seat_free(struct seat *seat)
{
    queue_clear(&seat->queue);
    free(seat->held);
    free(seat->prefix);
    free(seat);
}

/* A client that was cut off has said what it has said. Where that has to wait the seat is closed again, by the hub. */
static void
seat_close(struct endpoint *endpoint)
{
    struct seat *seat = (struct seat *)endpoint;
    if (has_to_wait(seat)) {
        seat->hub->over += !seat->is_over;
        seat->is_over = true;
        turn_give_up(seat);
        audience_go_deaf(seat);
        return;
    }
    leave(seat);
    hub_forget(seat);
    seat_free(seat);
}

static const struct endpoint_ops seat_ops = {
    .interest = seat_interest,
    .ready = seat_ready,
    .read = seat_read,
    .write = seat_write,
    .end_writing = seat_end_writing,
    .read_no_more = seat_read_no_more,
    .lost = seat_lost,
    .settle = seat_settle,
    .unsettled = seat_unsettled,
    .close = seat_close,
};

struct endpoint *
seat_new(struct hub *hub, void *owner, const char *name, const char *prefix, struct fault *fault)
{
    size_t name_size = strlen(name) + 1;
    struct seat *seat = malloc(sizeof *seat + name_size);
    if (seat) {
        *seat = (struct seat){ .hub = hub, .owner = owner, .full_at = -1, .takes_max = SIZE_MAX };
        memcpy(seat->name, name, name_size);
        seat->prefix = prefix ? strdup(prefix) : NULL;
    }
    if (!seat || (prefix && !seat->prefix)) {
        (void)fault_set(fault, STATUS_LOCAL, "%s: a place in the hub", name);
        if (seat)
            seat_free(seat);
        return NULL;
    }
    seat->base = (struct endpoint){
        .ops = &seat_ops,
        .name = seat->name,
        .unit = hub->choice.unit,
        .ends = true,
        .tells_end = true,
        .message_max = SIZE_MAX,
        .read_fd = -1,
        .write_fd = -1,
    };
    return &seat->base;
}
