#include "base/loop.h"

#include "base/deadline.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static const int ending_signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
enum { ENDING_SIGNALS = sizeof ending_signals / sizeof ending_signals[0] };

enum { ADMIT_EVERY_MS = 20 };

static volatile sig_atomic_t signal_seen;
static volatile sig_atomic_t hangup_seen;

static void
on_signal(int signal)
{
    signal_seen = signal;
}

static void
on_hangup(int signal)
{
    hangup_seen = signal;
}

void
loop_start(struct loop *loop)
{
    loop->admit_at = loop->now = deadline_now();
    loop->on_hangup = NULL;
    sigset_t blocked;
    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        struct sigaction old;
        (void)sigaction(ending_signals[i], NULL, &old);
        if (old.sa_handler == SIG_IGN) /* nohup(1), or a shell's background job: it stays ignored */
            continue;
        struct sigaction action = { .sa_handler = on_signal };
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(ending_signals[i], &action, NULL);
        (void)sigaddset(&blocked, ending_signals[i]);
    }
    (void)signal(SIGPIPE, SIG_IGN); /* EPIPE says the same at the place where it matters */
    (void)signal(SIGXFSZ, SIG_IGN); /* and EFBIG, of the one file that is too large */
    (void)sigprocmask(SIG_BLOCK, &blocked, &loop->mask_waiting);
    for (size_t i = 0; i < ENDING_SIGNALS; i++) /* also where our parent left one blocked */
        (void)sigdelset(&loop->mask_waiting, ending_signals[i]);
}

void
loop_on_hangup(struct loop *loop, void (*call)(void *context), void *context)
{
    loop->on_hangup = call;
    loop->hangup_context = context;
    struct sigaction action = { .sa_handler = on_hangup };
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGHUP, &action, NULL);
    sigset_t hangup;
    (void)sigemptyset(&hangup);
    (void)sigaddset(&hangup, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &hangup, NULL);
    (void)sigdelset(&loop->mask_waiting, SIGHUP); /* also where it was ignored, and so not ours to wait for */
}

/* A hangup that came meanwhile is passed on. */
static void
pass_hangup(const struct loop *loop)
{
    if (!hangup_seen)
        return;
    hangup_seen = 0;
    if (loop->on_hangup)
        loop->on_hangup(loop->hangup_context);
}

/* The time from now to the deadline for ppoll(2), at least 0, or NULL for never. */
static const struct timespec *
time_left(int64_t deadline, struct timespec *left)
{
    if (deadline == DEADLINE_NEVER)
        return NULL;
    int64_t ms = deadline - deadline_now();
    if (ms < 0)
        ms = 0;
    left->tv_sec = (time_t)(ms / 1000);
    left->tv_nsec = (long)(ms % 1000) * 1000000;
    return left;
}

/* Let the pending ones in. */
static void
admit_signals(const struct loop *loop)
{
    struct timespec at_once = { 0 };
    (void)ppoll(NULL, 0, &at_once, &loop->mask_waiting); /* EINTR is the point; the handler has noted it */
}

/*
 * ppoll(2) looks at signals only when nothing is ready, so a busy loop would never see one. It does so every now and then;
 * by the clock, as it may be long from one wait to the next.
 */
static void
admit_signals_if_due(struct loop *loop)
{
    if (!deadline_passed(loop->admit_at, loop->now))
        return;
    loop->admit_at = deadline_after(loop->now, ADMIT_EVERY_MS);
    admit_signals(loop);
}

int
loop_wait(struct loop *loop, struct pollfd *fds, nfds_t count, int64_t deadline, struct fault *fault)
{
    for (;;) {
        struct timespec left;
        int ready = ppoll(fds, count, time_left(deadline, &left), &loop->mask_waiting);
        int error = errno;
        loop->now = deadline_now();
        if (ready > 0)
            admit_signals_if_due(loop);
        pass_hangup(loop);
        if (signal_seen)
            return fault_signal(fault, signal_seen);
        if (ready >= 0)
            return ready;
        errno = error;
        if (error != EINTR && error != EAGAIN)
            return fault_set(fault, STATUS_LOCAL, "poll");
    }
}

/* Milliseconds for epoll_pwait(2): whole ones, at least 0, and -1 for never. */
static int
ms_left(int64_t deadline)
{
    if (deadline == DEADLINE_NEVER)
        return -1;
    int64_t ms = deadline - deadline_now();
    return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

int
loop_wait_many(struct loop *loop, int epoll, struct epoll_event *events, int count, int64_t deadline,
               struct fault *fault)
{
    for (;;) {
        int ready = epoll_pwait(epoll, events, count, ms_left(deadline), &loop->mask_waiting);
        int error = errno;
        loop->now = deadline_now();
        if (ready >= 0) /* with work at hand and no time to wait, too */
            admit_signals_if_due(loop);
        pass_hangup(loop);
        if (signal_seen)
            return fault_signal(fault, signal_seen);
        if (ready >= 0)
            return ready;
        errno = error;
        if (error != EINTR)
            return fault_set(fault, STATUS_LOCAL, "epoll");
    }
}

/* Returns how many events there are besides that of the signals, which are let in. */
static int
take_pending(const struct loop *loop, struct epoll_event *events, int ready)
{
    for (int i = 0; i < ready; i++)
        if (events[i].data.u64 == LOOP_PENDING) {
            admit_signals(loop);
            events[i] = events[ready - 1];
            return ready - 1;
        }
    return ready;
}

int
loop_wait_told(struct loop *loop, int epoll, struct epoll_event *events, int count, int64_t deadline,
               struct fault *fault)
{
    for (;;) {
        int found = epoll_wait(epoll, events, count, ms_left(deadline));
        int error = errno;
        loop->now = deadline_now();
        int ready = take_pending(loop, events, found);
        pass_hangup(loop);
        if (signal_seen)
            return fault_signal(fault, signal_seen);
        if (found >= 0 && (ready > 0 || found == 0)) /* or it was a hangup */
            return ready;
        errno = error;
        if (found < 0 && error != EINTR)
            return fault_set(fault, STATUS_LOCAL, "epoll");
    }
}

int
loop_pending_fd(const struct loop *loop)
{
    sigset_t blocked, pending;
    (void)sigprocmask(SIG_BLOCK, NULL, &blocked);
    (void)sigemptyset(&pending);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        if (sigismember(&blocked, signal) == 1 && sigismember(&loop->mask_waiting, signal) == 0)
            (void)sigaddset(&pending, signal);
    return signalfd(-1, &pending, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
loop_hold(struct pollfd *fds, nfds_t count, int64_t deadline)
{
    for (;;) {
        struct timespec left;
        int ready = ppoll(fds, count, time_left(deadline, &left), NULL);
        if (ready > 0 || (ready == 0 && deadline_passed(deadline, deadline_now())))
            return ready;
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            return 0;
    }
}

int
loop_signal_fd(struct loop *loop, int signal)
{
    sigset_t only;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, signal);
    (void)sigprocmask(SIG_BLOCK, &only, NULL);
    (void)sigaddset(&loop->mask_waiting, signal);
    return signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
loop_die(int signal_number)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal_number, &action, NULL);
    (void)raise(signal_number);
    sigset_t only;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, signal_number);
    (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
    _exit(128 + signal_number); /* not reached: the signal's default action has ended us */
}
