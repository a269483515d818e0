/*
 * Waiting: for descriptors, for a deadline, for a signal that asks us to end. The only place that sleeps.
 *
 * The ending signals (TERM, INT, HUP, QUIT, as far as they are not ignored when we start) stay blocked except
 * inside loop_wait, so that they are seen at one place only. SIGPIPE and SIGXFSZ are ignored from loop_start on.
 */
#ifndef SKT_BASE_LOOP_H
#define SKT_BASE_LOOP_H

#include "base/fault.h"
#include <poll.h>
#include <signal.h>
#include <stdint.h>

struct loop {
    sigset_t mask_waiting; /* the signal mask inside ppoll(2) */
    int64_t admit_at;      /* monotonic ms when a busy loop lets pending signals in */
    int64_t
        now; /* monotonic ms when loop_wait or loop_wait_many has woken; of a poller's watches, when their turn began */
    void (*on_hangup)(void *context);
    void *hangup_context;
};

/* Block the ending signals and install their handlers. Call once, early. */
void loop_start(struct loop *loop);

/*
 * From now on SIGHUP does not end us, even where it was ignored: on_hangup(context) is called from inside loop_wait
 * and loop_wait_many, which go on waiting. It must not wait itself. NULL: SIGHUP has no effect.
 */
void loop_on_hangup(struct loop *loop, void (*on_hangup)(void *context), void *context);

/*
 * Wait until one of the descriptors is ready or the deadline (monotonic ms) has passed.
 * Entries with fd < 0 are skipped, as poll(2) does; revents is always set.
 *
 * Returns the number of ready descriptors, 0 at the deadline, or -1 with fault: a signal asked us to end
 * (fault->signal), or poll itself failed (STATUS_LOCAL). EINTR by any other signal is waited through.
 */
int loop_wait(struct loop *loop, struct pollfd *fds, nfds_t count, int64_t deadline, struct fault *fault);

/*
 * The same for what an epoll(7) descriptor watches: at most `count` events. Returns how many, 0 at the deadline, or -1
 * with fault.
 */
struct epoll_event;
int loop_wait_many(struct loop *loop, int epoll, struct epoll_event *events, int count, int64_t deadline,
                   struct fault *fault);

/*
 * The same without a change of the signal mask for each wait: the epoll descriptor also watches loop_pending_fd, with
 * LOOP_PENDING as its data. That event is not one of those returned.
 */
#define LOOP_PENDING UINT64_MAX
int loop_wait_told(struct loop *loop, int epoll, struct epoll_event *events, int count, int64_t deadline,
                   struct fault *fault);

/* A descriptor that is readable while a signal waits that loop_wait would let in. For the caller to close; -1 with errno. */
int loop_pending_fd(const struct loop *loop);

/*
 * As loop_wait, with signals left pending: for what has to be done before we may end, so keep it short. Returns the
 * number of ready descriptors, or 0 at the deadline, which may have passed already: then it only looks.
 */
int loop_hold(struct pollfd *fds, nfds_t count, int64_t deadline);

/*
 * A descriptor that is readable once `signal` has come (signalfd(2)); read it with read(2). The signal is blocked from here
 * on, also while waiting. For the caller to close. Returns -1 with errno.
 */
int loop_signal_fd(struct loop *loop, int signal);

/* End this process by `signal` with its default action. Does not return. */
void loop_die(int signal) __attribute__((noreturn));

#endif
