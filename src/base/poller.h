/*
 * Readiness for thousands: who waits for what, by epoll(7). One call tells of all that is ready, however many wait. While
 * they are a few, by poll(2), which need not be told of each that comes and goes.
 *
 * A watch is one that waits: for up to a handful of descriptors, and until a deadline. It is told once when something
 * has happened, and then says anew what it waits for. No descriptor may be in two watches at once. Files that epoll
 * refuses (regular ones, /dev/null) are always ready, as poll(2) has it.
 */
#ifndef SKT_BASE_POLLER_H
#define SKT_BASE_POLLER_H

#include "base/fault.h"
#include "base/loop.h"
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begin with {0}; a structure that waits has one as its first member, or knows where it is in it. */
struct watch {
    struct pollfd *polls;     /* what it waits for, and, when it is told, what was found */
    struct pollfd one;        /* room for that, where it is no more */
    unsigned count, capacity; /* capacity: of memory of its own */
    int64_t deadline;
    size_t place;                /* 1 and up: in the heap of deadlines; 0: none */
    struct watch *next, *before; /* in the queue of those that are to be told */
    bool is_queued;
};

struct poller;

/* Returns a poller to close, or NULL with STATUS_LOCAL. */
struct poller *poller_open(struct fault *fault);
void poller_close(struct poller *poller);

/*
 * Say what a watch waits for, in place of what it said before. deadline: monotonic ms; one that has passed means now.
 * Returns 0, or -1 with STATUS_LOCAL (no memory, or the kernel's limit of watches).
 */
int poller_set(struct poller *poller, struct watch *watch, const struct pollfd *polls, size_t count,
               int64_t deadline, struct fault *fault);

/* Tell it at the next turn, whatever it waits for. */
void poller_wake(struct poller *poller, struct watch *watch);

/* Is another one to be told already? */
bool poller_is_busy(const struct poller *poller);

/* Forget it; before its descriptors are closed. */
void poller_drop(struct poller *poller, struct watch *watch);

/*
 * The next one to be told, by turns; waits while there is none. loop->now is the time then. Returns NULL with fault when a signal asks us to end, or
 * waiting fails.
 */
struct watch *poller_next(struct poller *poller, struct loop *loop, struct fault *fault);

#endif
