/* Watches are told of what they wait for, be they a few or many, and while the few become many. */
#include "base/deadline.h"
#include "base/poller.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { WATCHES = 20, MOMENT_MS = 5 };

struct waiter {
    struct watch watch; /* first */
    int ends[2];        /* of a pipe, whose reading end is waited for */
};

static struct loop loop;
static struct poller *poller;
static struct waiter waiters[WATCHES];

static bool
waits(struct waiter *waiter, int64_t deadline)
{
    struct fault fault;
    const struct pollfd poll = { .fd = waiter->ends[0], .events = POLLIN };
    return poller_set(poller, &waiter->watch, &poll, 1, deadline, &fault) == 0;
}

static bool
is_readable(const struct watch *watch)
{
    return watch->count == 1 && watch->polls[0].revents & POLLIN;
}

static bool
put(const struct waiter *waiter)
{
    return write(waiter->ends[1], "x", 1) == 1;
}

static bool
take(const struct waiter *waiter)
{
    char byte;
    return read(waiter->ends[0], &byte, 1) == 1;
}

/* The next one that is told, before long. */
static struct watch *
next(void)
{
    struct fault fault;
    struct watch clock = { 0 };
    if (poller_set(poller, &clock, NULL, 0, deadline_after(deadline_now(), 1000), &fault) != 0)
        return NULL;
    struct watch *told = poller_next(poller, &loop, &fault);
    poller_drop(poller, &clock);
    return told == &clock ? NULL : told;
}

/* Each of so many that wait is told of a byte for it, and of nothing else. */
static void
each_is_told(int count, const char *when)
{
    int told = 0;
    for (int i = 0; i < count; i++) {
        bool is_told = put(&waiters[i]) && next() == &waiters[i].watch && is_readable(&waiters[i].watch);
        told += is_told && take(&waiters[i]) && waits(&waiters[i], DEADLINE_NEVER);
    }
    is_int(told, count, "%s: each of %d is told of its byte", when, count);
}

static void
deadlines_come(const char *when)
{
    int64_t begun = deadline_now();
    (void)waits(&waiters[0], deadline_after(begun, MOMENT_MS));
    ok(next() == &waiters[0].watch && deadline_now() - begun >= MOMENT_MS && !is_readable(&waiters[0].watch),
       "%s: a deadline comes, and not before its time", when);
    ok(loop.now >= begun + MOMENT_MS, "%s: the loop knows the time", when);
    (void)waits(&waiters[0], DEADLINE_NEVER);
}

/* A regular file has no readiness that epoll(7) would tell. */
static void
file_is_ready(struct watch *watch, const char *when)
{
    ok(next() == watch && watch->polls[0].revents & POLLOUT, "%s: a regular file is ready", when);
}

int
main(void)
{
    struct fault fault;
    struct watch file = { 0 };
    char name[] = "/tmp/test-poller-XXXXXX";
    const struct pollfd polls[] = { { .fd = mkstemp(name), .events = POLLOUT } };
    (void)unlink(name);
    loop_start(&loop);
    poller = poller_open(&fault);
    for (int i = 0; i < WATCHES; i++)
        if (pipe2(waiters[i].ends, O_CLOEXEC | O_NONBLOCK) != 0)
            return 1;

    for (int i = 0; i < 3; i++)
        (void)waits(&waiters[i], DEADLINE_NEVER);
    each_is_told(3, "a few");
    deadlines_come("a few");
    poller_drop(poller, &waiters[1].watch);
    ok(put(&waiters[1]) && put(&waiters[2]) && next() == &waiters[2].watch,
       "one that was dropped is not told");
    ok(take(&waiters[2]) && waits(&waiters[2], DEADLINE_NEVER) && waits(&waiters[1], DEADLINE_NEVER) &&
           next() == &waiters[1].watch && take(&waiters[1]) && waits(&waiters[1], DEADLINE_NEVER),
       "and is when it waits again");
    (void)poller_set(poller, &file, polls, 1, DEADLINE_NEVER, &fault);
    file_is_ready(&file, "a few");
    (void)poller_set(poller, &file, polls, 1, DEADLINE_NEVER, &fault);

    int closed = dup(waiters[2].ends[0]);
    struct watch left = { 0 };
    (void)poller_set(poller, &left, &(struct pollfd){ .fd = closed, .events = POLLIN }, 1, DEADLINE_NEVER,
                     &fault);
    (void)close(closed);
    int waiting = 0;
    for (int i = 3; i < WATCHES; i++)
        waiting += waits(&waiters[i], DEADLINE_NEVER);
    is_int(waiting, WATCHES - 3, "one that was closed meanwhile keeps nobody out");
    poller_drop(poller, &left);
    ok(next() == &file, "when they become many, a regular file's is told");
    (void)poller_set(poller, &file, polls, 1, DEADLINE_NEVER, &fault);
    file_is_ready(&file, "many");
    poller_drop(poller, &file);
    each_is_told(WATCHES, "many");
    deadlines_come("many");

    for (int i = 0; i < WATCHES; i++)
        poller_drop(poller, &waiters[i].watch);
    ok(!next(), "nobody is left");
    poller_close(poller);
    return tap_done();
}
