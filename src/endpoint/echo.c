#include "endpoint/echo.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE_SIZE = 64 * 1024 }; /* of bytes that are held; a message is held whole */

/* Holds one piece at a time: it takes the next one when all of it has been read. */
struct echo {
    struct endpoint base;
    char *data;
    size_t size, given;
    bool holds;
    bool ended; /* no more will be written */
};

static unsigned
is_ready_for(const struct echo *echo, unsigned wants)
{
    unsigned ready = 0;
    if (wants & WANT_READ && (echo->holds || echo->ended))
        ready |= READY_READ;
    if (wants & WANT_WRITE && !echo->holds)
        ready |= READY_WRITE;
    return ready;
}

static size_t
echo_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    (void)polls;
    *now = *now || is_ready_for((const struct echo *)endpoint, wants) != 0;
    return 0;
}

static unsigned
echo_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    (void)polls;
    (void)count;
    return is_ready_for((const struct echo *)endpoint, wants);
}

static enum io
echo_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct echo *echo = (struct echo *)endpoint;
    (void)fault;
    if (!echo->holds)
        return echo->ended ? IO_ENDED : IO_AGAIN;
    size_t left = echo->size - echo->given;
    *got = left < room ? left : room; /* a message came out of a buffer as large as this one */
    if (*got > 0)
        memcpy(data, echo->data + echo->given, *got);
    echo->given += *got;
    if (echo->given < echo->size)
        return IO_DONE;
    free(echo->data);
    echo->data = NULL;
    echo->holds = false;
    return IO_DONE;
}

static enum io
echo_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct echo *echo = (struct echo *)endpoint;
    if (echo->holds)
        return IO_AGAIN;
    if (echo->base.unit == UNIT_BYTES && size > PIECE_SIZE)
        size = PIECE_SIZE;
    echo->data = malloc(size > 0 ? size : 1);
    if (!echo->data) {
        (void)fault_set(fault, STATUS_LOCAL, "echo");
        return IO_FAILED;
    }
    memcpy(echo->data, data, size);
    echo->size = *put = size;
    echo->given = 0;
    echo->holds = true;
    return IO_DONE;
}

static enum io
echo_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    (void)fault;
    ((struct echo *)endpoint)->ended = true;
    return IO_DONE;
}

static void
echo_close(struct endpoint *endpoint)
{
    struct echo *echo = (struct echo *)endpoint;
    free(echo->data);
    free(echo);
}

static const struct endpoint_ops echo_ops = {
    .interest = echo_interest,
    .ready = echo_ready,
    .read = echo_read,
    .write = echo_write,
    .end_writing = echo_end_writing,
    .lost = endpoint_never_lost,
    .settle = endpoint_is_settled,
    .unsettled = endpoint_none_unsettled,
    .close = echo_close,
};

struct endpoint *
echo_open(enum unit unit, struct fault *fault)
{
    struct echo *echo = malloc(sizeof *echo);
    if (!echo) {
        (void)fault_set(fault, STATUS_LOCAL, "echo");
        return NULL;
    }
    *echo = (struct echo){
        .base = { .ops = &echo_ops,
                  .name = "echo",
                  .unit = unit,
                  .ends = true,
                  .returns = true,
                  .tells_end = true,
                  .message_max = SIZE_MAX,
                  .socket = -1,
                  .read_fd = -1,
                  .write_fd = -1 },
    };
    return &echo->base;
}
