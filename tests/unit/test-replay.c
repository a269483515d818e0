/* What was read and has not arrived is read again, in its order, and no more is kept than there is room for. */
#include "endpoint/replay.h"
#include "tap.h"

#include <stdlib.h>

enum { HELD_MAX = 1000, INPUT = 40 * 1000 * 1000 };

/* Byte i of the input is this. */
static char
byte_at(uint64_t place)
{
    return (char)((place * 2654435761U) >> 13);
}

struct source {
    struct endpoint base;
    uint64_t place, end;
    bool was_told;
};

static enum io
source_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct source *source = (struct source *)endpoint;
    (void)fault;
    if (source->place == source->end)
        return IO_ENDED;
    for (*got = 0; *got < room && source->place < source->end; ++*got)
        ((char *)data)[*got] = byte_at(source->place++);
    return IO_DONE;
}

static enum io
source_end(struct endpoint *endpoint, struct fault *fault)
{
    (void)fault;
    ((struct source *)endpoint)->was_told = true;
    return IO_DONE;
}

static void
source_close(struct endpoint *endpoint)
{
    (void)endpoint;
}

static const struct endpoint_ops source_ops = { .read = source_read,
                                                .end_writing = source_end,
                                                .close = source_close };

/* Of what was read since `begun`, all but the last `most` bytes have arrived; or just `arrived` bytes, if most is 0. */
struct far {
    struct endpoint base;
    const uint64_t *place;
    uint64_t begun, arrived, most;
};

static uint64_t
far_unsettled(struct endpoint *endpoint)
{
    const struct far *far = (struct far *)endpoint;
    uint64_t given = *far->place - far->begun;
    if (far->most == 0)
        return given - far->arrived;
    return given < far->most ? given : far->most;
}

static const struct endpoint_ops far_ops = { .unsettled = far_unsettled };

/* Read up to `most` bytes, which have to be those from *place on. Returns the last answer. */
static enum io
read_some(struct endpoint *replay, uint64_t *place, uint64_t most, bool *is_right)
{
    static char data[70000];
    struct fault fault;
    enum io result = IO_DONE;
    for (uint64_t read = 0; read < most && result == IO_DONE;) {
        size_t room = most - read < sizeof data ? (size_t)(most - read) : sizeof data, got = 0;
        result = replay->ops->read(replay, data, room, &got, &fault);
        for (size_t i = 0; i < got && result == IO_DONE; i++)
            *is_right = *is_right && data[i] == byte_at(*place + i);
        read += result == IO_DONE ? got : 0;
        *place += result == IO_DONE ? got : 0;
    }
    return result;
}

/* One connection after the other, each of which is lost somewhere; all of it is there in the end. */
static void
test_losses(void)
{
    struct source source = { .base = { .ops = &source_ops }, .end = INPUT };
    uint64_t place = 0;
    struct far far = { .base = { .ops = &far_ops }, .place = &place, .most = 200000 };
    struct fault fault;
    struct endpoint *replay = replay_wrap(&source.base, HELD_MAX, &fault);
    bool is_right = true;
    srand(7);
    for (int i = 0; i < 1000 && place < INPUT - 1000000; i++) {
        far.begun = place;
        replay_begin(replay, &far.base);
        for (int step = 0; step < 5; step++)
            (void)read_some(replay, &place, (uint64_t)rand() % 100000, &is_right);
        place -= (uint64_t)rand() % (far_unsettled(&far.base) + 1);
        replay_end(replay, place - far.begun);
        is_right = is_right && replay_kept(replay) == source.place - place;
    }
    ok(is_right, "each connection goes on where the last one has arrived");
    far.begun = place;
    replay_begin(replay, &far.base);
    is_int(read_some(replay, &place, INPUT, &is_right), IO_ENDED, "the last one has all the rest");
    ok(is_right && place == INPUT, "to its end");
    replay_end(replay, place - far.begun);
    ok(replay_has_ended(replay) && replay_kept(replay) == 0, "and nothing is kept any more");
    is_int(replay->ops->end_writing(replay, &fault), IO_DONE, "the end of a connection");
    ok(!source.was_told, "is not told");
    ok(replay_finish(replay, &fault) == 0 && source.was_told, "the end of all of them is");
    replay->ops->close(replay);
}

static void
test_bounds(void)
{
    const uint64_t room = 4 * 1024 * 1024 + HELD_MAX;
    struct source source = { .base = { .ops = &source_ops }, .end = INPUT };
    uint64_t place = 0;
    struct far far = { .base = { .ops = &far_ops }, .place = &place };
    struct fault fault;
    struct endpoint *replay = replay_wrap(&source.base, HELD_MAX, &fault);
    bool is_right = true;
    replay_begin(replay, &far.base);
    is_int(read_some(replay, &place, INPUT, &is_right), IO_AGAIN, "when nothing arrives no more is read");
    ok(place == source.place && place == room, "than there is room for");
    far.arrived = 3 * HELD_MAX;
    is_int(read_some(replay, &place, INPUT, &is_right), IO_AGAIN, "when some of it arrives so much is read");
    ok(place == source.place && place == room + 2 * HELD_MAX, "but for what the reader may hold still");
    replay_end(replay, 3 * HELD_MAX);
    place = far.begun = 3 * HELD_MAX;
    far.arrived = 0;
    replay_begin(replay, &far.base);
    is_int(read_some(replay, &place, room - HELD_MAX, &is_right), IO_DONE, "all of it can be read again");
    (void)replay->ops->end_writing(replay, &fault);
    is_int(read_some(replay, &place, 1, &is_right), IO_ENDED, "but not when the peer has ended");
    ok(is_right, "and it is what it was");
    replay->ops->close(replay);
}

int
main(void)
{
    test_losses();
    test_bounds();
    return tap_done();
}
