/*
 * Waiting for the same descriptors again and again. poll(2) has to be told of each every time, and is left by each every
 * time; epoll(7) knows them, and a descriptor among them tells of signals as well. What it costs to tell it comes back after
 * some hundred waits, so it is asked only then.
 */
#ifndef SKT_BASE_VIGIL_H
#define SKT_BASE_VIGIL_H

#include "base/fault.h"
#include "base/loop.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

enum { VIGIL_POLLS_MAX = 4 }; /* more are left to poll */

struct vigil {
    int epoll;       /* -1: poll(2) is asked */
    int pending;     /* with it: loop_pending_fd */
    unsigned waits;  /* for the same descriptors, one after the other */
    bool is_refused; /* epoll cannot have them */
    int ready;       /* so many of `events` were found the last time */
    struct epoll_event events[VIGIL_POLLS_MAX + 1];
};

/* To begin with. */
static const struct vigil vigil_none = { .epoll = -1, .pending = -1 };

/* As loop_wait, for the same descriptors as the last time. */
int vigil_wait(struct vigil *vigil, struct loop *loop, struct pollfd *polls, nfds_t count, int64_t deadline,
               struct fault *fault);

/* What is waited for is no longer the same, or nothing is. */
void vigil_end(struct vigil *vigil);

#endif
