#include "endpoint/replay.h"

#include "base/fd.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    KEPT_SIZE = 4 * 1024 * 1024, /* a connection may have so much on its way */
    LOOK_NS = 10 * 1000 * 1000,  /* no descriptor tells that some of it has arrived */
};

/* Places are bytes of the whole input; each has its place in the ring. */
struct replay {
    struct endpoint base;
    struct endpoint *inner, *far;
    char *ring;
    size_t capacity, held_max;
    uint64_t start; /* the first byte that is kept */
    uint64_t begun; /* where the connection has begun */
    uint64_t next;  /* what is read next */
    uint64_t end;   /* of what has been read from the inner end */
    int look_fd;    /* timerfd(2) */
    bool is_full;   /* look_fd is set */
    bool has_ended; /* the inner end has no more */
    bool is_over;   /* the peer has ended: this connection gets nothing more */
};

static bool
has_at_once(const struct replay *replay)
{
    return replay->next < replay->end || replay->has_ended || replay->is_over;
}

static size_t
replay_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    struct replay *replay = (struct replay *)endpoint;
    bool reads = wants & WANT_READ;
    size_t count = 0;
    if (reads && has_at_once(replay)) {
        *now = true;
        wants &= ~(unsigned)WANT_READ;
    } else if (reads && replay->is_full) {
        polls[count++] = (struct pollfd){ .fd = replay->look_fd, .events = POLLIN };
        wants &= ~(unsigned)WANT_READ;
    }
    return count + replay->inner->ops->interest(replay->inner, wants, polls + count, now);
}

static unsigned
replay_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    struct replay *replay = (struct replay *)endpoint;
    bool reads = wants & WANT_READ, at_once = reads && has_at_once(replay);
    bool looks = reads && !at_once && replay->is_full;
    unsigned ready = at_once || (looks && polls[0].revents) ? READY_READ : 0;
    if (at_once || looks)
        wants &= ~(unsigned)WANT_READ;
    return ready | replay->inner->ops->ready(replay->inner, wants, polls + looks, count - looks);
}

/* Forget what has arrived. What the reader still holds has not: it has no more than held_max. */
static void
forget_arrived(struct replay *replay)
{
    uint64_t open = replay->held_max + replay->far->ops->unsettled(replay->far);
    uint64_t given = replay->next - replay->begun;
    if (given > open && replay->begun + given - open > replay->start)
        replay->start = replay->begun + given - open;
}

static void
set_look(struct replay *replay, bool on)
{
    const struct itimerspec in_a_moment = { .it_value.tv_nsec = on ? LOOK_NS : 0 };
    (void)timerfd_settime(replay->look_fd, 0, &in_a_moment, NULL); /* a good time cannot fail */
    replay->is_full = on;
}

/* The piece of the ring that begins at a place, at most `most` bytes. */
static char *
piece_at(const struct replay *replay, uint64_t place, uint64_t most, size_t *size)
{
    size_t from = (size_t)(place % replay->capacity);
    *size = replay->capacity - from;
    if (*size > most)
        *size = (size_t)most;
    return replay->ring + from;
}

/* More of the input, into the ring. */
static enum io
read_more(struct replay *replay, size_t room, struct fault *fault)
{
    uint64_t free_size = replay->capacity - (replay->end - replay->start);
    size_t size;
    char *free_piece = piece_at(replay, replay->end, free_size < room ? free_size : room, &size);
    size_t got;
    enum io result = replay->inner->ops->read(replay->inner, free_piece, size, &got, fault);
    replay->has_ended = replay->has_ended || result == IO_ENDED;
    if (result == IO_DONE)
        replay->end += got;
    return result;
}

static enum io
replay_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct replay *replay = (struct replay *)endpoint;
    if (replay->is_over)
        return IO_ENDED;
    if (replay->next == replay->end) {
        if (replay->has_ended)
            return IO_ENDED;
        forget_arrived(replay);
        set_look(replay, replay->end - replay->start == replay->capacity);
        enum io result = replay->is_full ? IO_AGAIN : read_more(replay, room, fault);
        if (result != IO_DONE)
            return result;
    }
    uint64_t there = replay->end - replay->next;
    const char *piece = piece_at(replay, replay->next, there < room ? there : room, got);
    memcpy(data, piece, *got);
    replay->next += *got;
    return IO_DONE;
}

static enum io
replay_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct endpoint *inner = ((struct replay *)endpoint)->inner;
    return inner->ops->write(inner, data, size, put, fault);
}

static enum io
replay_broke(struct endpoint *endpoint, bool writing, int error, struct fault *fault)
{
    struct endpoint *inner = ((struct replay *)endpoint)->inner;
    return inner->ops->broke(inner, writing, error, fault);
}

/* The peer has ended. What is not read yet is for the next connection. */
static enum io
replay_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    (void)fault;
    ((struct replay *)endpoint)->is_over = true;
    return IO_DONE;
}

static enum io
replay_lost(struct endpoint *endpoint, struct fault *fault)
{
    struct endpoint *inner = ((struct replay *)endpoint)->inner;
    return inner->ops->lost(inner, fault);
}

static void
replay_close(struct endpoint *endpoint)
{
    struct replay *replay = (struct replay *)endpoint;
    replay->inner->ops->close(replay->inner);
    (void)fd_close(&replay->look_fd); /* only a clock */
    free(replay->ring);
    free(replay);
}

static const struct endpoint_ops replay_ops = {
    .interest = replay_interest,
    .ready = replay_ready,
    .read = replay_read,
    .write = replay_write,
    .broke = replay_broke,
    .end_writing = replay_end_writing,
    .lost = replay_lost,
    .settle = endpoint_is_settled,
    .unsettled = endpoint_none_unsettled,
    .close = replay_close,
};

struct endpoint *
replay_wrap(struct endpoint *inner, size_t held_max, struct fault *fault)
{
    struct replay *replay = malloc(sizeof *replay);
    if (!replay) {
        (void)fault_set(fault, STATUS_LOCAL, "buffer");
        inner->ops->close(inner);
        return NULL;
    }
    *replay = (struct replay){
        .base = { .ops = &replay_ops,
                  .name = inner->name,
                  .unit = UNIT_BYTES,
                  .ends = true,
                  .person = inner->person,
                  .silent = inner->silent,
                  .message_max = SIZE_MAX,
                  .join_max = inner->join_max,
                  .socket = -1,
                  .read_fd = -1, /* what the kernel moved by itself could not be read again */
                  .write_fd = inner->write_fd },
        .inner = inner,
        .capacity = KEPT_SIZE + held_max,
        .held_max = held_max,
        .look_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
    };
    replay->ring = malloc(replay->capacity); /* pages that are never used cost nothing */
    if (replay->ring && replay->look_fd >= 0)
        return &replay->base;
    (void)fault_set(fault, STATUS_LOCAL, "buffer");
    replay_close(&replay->base);
    return NULL;
}

void
replay_begin(struct endpoint *endpoint, struct endpoint *far)
{
    struct replay *replay = (struct replay *)endpoint;
    replay->far = far;
    replay->is_over = false;
    replay->begun = replay->next = replay->start;
}

void
replay_end(struct endpoint *endpoint, uint64_t arrived)
{
    struct replay *replay = (struct replay *)endpoint;
    if (replay->begun + arrived > replay->start)
        replay->start = replay->begun + arrived;
    replay->far = NULL;
}

uint64_t
replay_kept(const struct endpoint *endpoint)
{
    const struct replay *replay = (const struct replay *)endpoint;
    return replay->end - replay->start;
}

bool
replay_has_ended(const struct endpoint *endpoint)
{
    return ((const struct replay *)endpoint)->has_ended;
}

int
replay_finish(struct endpoint *endpoint, struct fault *fault)
{
    struct endpoint *inner = ((struct replay *)endpoint)->inner;
    return inner->ops->end_writing(inner, fault) == IO_FAILED ? -1 : 0;
}
