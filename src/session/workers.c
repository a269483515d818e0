#include "session/workers.h"

#include "base/deadline.h"
#include "base/fd.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STEADY_MS = 1000, /* who lived for so long is made anew at once */
    DELAY_FIRST_MS = 100,
    DELAY_LAST_MS = 5000,
    GRACE_MS = 5000, /* beyond what programs get: so long to end that were told to */
};

struct worker {
    struct listener own;       /* no sockets: it takes from the first listener */
    struct listener *listener; /* of the two */
    pid_t pid;                 /* 0: none */
    int64_t born, again_at;    /* monotonic ms */
    int64_t delay_ms;
};

struct workers {
    const struct run *run;
    struct listener *first;
    struct socket_plan plan; /* of their own sockets */
    int child_fd;            /* tells that one has ended; -1: none */
    void (*on_hangup)(void *context);
    void *hangup_context;
    uint64_t hangups;
    size_t count;
    struct worker items[];
};

/* As many as there are processors that we may use. */
static size_t
processors(void)
{
    cpu_set_t usable;
    int count = sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 1;
    return count > WORKERS_MAX ? WORKERS_MAX : (size_t)count;
}

/* Sockets of their own for all but the first, or for none. Returns 0, or -1 with fault. */
static int
open_sockets(struct workers *workers, struct fault *fault)
{
    bool shares = !listener_can_double(workers->first);
    for (size_t i = 1; i < workers->count && !shares; i++) {
        struct worker *worker = &workers->items[i];
        if (listener_double(workers->first, &worker->own, &workers->plan, fault) == 0)
            worker->listener = &worker->own;
        else if (i > 1 || fault->error != EADDRINUSE)
            return -1;
        else /* the type knows nothing of it */
            shares = true;
    }
    return 0;
}

struct workers *
workers_open(const struct run *run, struct listener *listener, struct fault *fault)
{
    int64_t wanted = run->request->workers;
    size_t count = wanted == WORKERS_AUTO ? processors() : (size_t)wanted;
    struct workers *workers = calloc(1, sizeof *workers + count * sizeof workers->items[0]);
    if (!workers) {
        (void)fault_set(fault, STATUS_LOCAL, "workers");
        return NULL;
    }
    workers->run = run;
    workers->first = listener;
    workers->plan = *listener->plan;
    workers->plan.reuse_port = true;
    workers->count = count;
    workers->child_fd = -1;
    for (size_t i = 0; i < count; i++) {
        workers->items[i].listener = listener;
        workers->items[i].own.plan = &workers->plan;
    }
    if (open_sockets(workers, fault) == 0)
        return workers;
    workers_close(workers);
    return NULL;
}

void
workers_close(struct workers *workers)
{
    if (!workers)
        return;
    for (size_t i = 0; i < workers->count; i++)
        listener_leave(&workers->items[i].own);
    (void)fd_close(&workers->child_fd); /* nothing was written */
    free(workers);
}

/* --- a worker ------------------------------------------------------------------------------------------------------ */

/* SIGHUP is about lists that it has not read yet, if it came before our time. */
static int
catch_up(struct workers *workers, struct fault *fault)
{
    const struct run *run = workers->run;
    if (!workers->on_hangup)
        return 0;
    loop_on_hangup(run->loop, workers->on_hangup, workers->hangup_context);
    if (workers->hangups == 0)
        return 0;
    workers->on_hangup(workers->hangup_context);
    return admission_wait(run->admission, fault);
}

/* The rest of its life. first: the process that has made it, without which it is not wanted. */
static int
work(struct workers *workers, struct worker *worker, pid_t first, workers_serve *serve, struct fault *fault)
{
    struct run run = *workers->run;
    run.deadline = DEADLINE_NEVER; /* that is for the first process to see */
    (void)fd_close(&workers->child_fd);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* a good signal cannot fail */
    if (getppid() != first)
        return fault_signal(fault, SIGTERM);
    if (worker->listener != workers->first)
        listener_leave(workers->first);
    for (size_t i = 0; i < workers->count; i++)
        if (&workers->items[i] != worker)
            listener_leave(&workers->items[i].own);
    return catch_up(workers, fault) == 0 ? serve(&run, worker->listener, fault) : -1;
}

/* --- the first process --------------------------------------------------------------------------------------------- */

static void
signal_all(const struct workers *workers, int signal)
{
    for (size_t i = 0; i < workers->count; i++)
        if (workers->items[i].pid > 0)
            (void)kill(workers->items[i].pid, signal); /* one that has ended is still ours to wait for */
}

static void
pass_hangup(void *context)
{
    struct workers *workers = context;
    workers->hangups++;
    signal_all(workers, SIGHUP);
}

/* "worker 2, process 123: killed by signal 9 (Killed); another one in 0.1 s" */
static void
tell_end(const struct workers *workers, const struct worker *worker, pid_t pid, int status)
{
    char how[64], when[32] = "at once";
    if (WIFSIGNALED(status))
        (void)snprintf(how, sizeof how, "ended by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    else
        (void)snprintf(how, sizeof how, "exit status %d", WEXITSTATUS(status));
    if (worker->delay_ms > 0)
        (void)snprintf(when, sizeof when, "in %.1f s", (double)worker->delay_ms / 1000);
    log_line(workers->run->log, LOG_ERROR, "worker %zu, process %ld: %s; another one %s",
             (size_t)(worker - workers->items) + 1, (long)pid, how, when);
}

/* One that dies as soon as it lives is made anew later and later. */
static void
put_off(struct worker *worker, int64_t now)
{
    bool is_steady = worker->born > 0 && now - worker->born >= STEADY_MS;
    int64_t doubled = worker->delay_ms > 0 ? worker->delay_ms * 2 : DELAY_FIRST_MS;
    worker->delay_ms = is_steady ? 0 : doubled < DELAY_LAST_MS ? doubled : DELAY_LAST_MS;
    worker->again_at = deadline_after(now, worker->delay_ms);
}

/* Wait for those that have ended. Returns how many are left. */
static size_t
reap(struct workers *workers, bool tells)
{
    struct signalfd_siginfo unused;
    while (read(workers->child_fd, &unused, sizeof unused) > 0)
        continue; /* several may have ended at once: each is asked */
    size_t left = 0;
    for (size_t i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->items[i];
        int status;
        pid_t pid = worker->pid;
        if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid) {
            worker->pid = 0;
            put_off(worker, deadline_now());
            if (tells)
                tell_end(workers, worker, pid, status);
        }
        left += worker->pid > 0;
    }
    return left;
}

/* Make those whose time has come. Returns 0 in the first process, with *next when to look again, or 1 in a worker. */
static int
make_due(struct workers *workers, struct worker **made, int64_t *next)
{
    int64_t now = deadline_now();
    *next = DEADLINE_NEVER;
    for (size_t i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->items[i];
        if (worker->pid > 0)
            continue;
        if (deadline_passed(worker->again_at, now)) {
            worker->pid = fork();
            worker->born = now;
            if (worker->pid == 0) {
                *made = worker;
                return 1;
            }
            if (worker->pid > 0)
                continue;
            log_line(workers->run->log, LOG_ERROR, "worker %zu: %s", i + 1, strerror(errno));
            worker->pid = 0;
            put_off(worker, now);
        }
        *next = deadline_sooner(*next, worker->again_at);
    }
    return 0;
}

/* Whatever has happened, none is left behind. */
static void
end_all(struct workers *workers, int signal)
{
    int64_t grace = deadline_after(deadline_now(), workers->run->request->kill_after_ms + GRACE_MS);
    struct pollfd ended = { .fd = workers->child_fd, .events = POLLIN };
    signal_all(workers, signal);
    signal_all(workers, SIGCONT); /* one that was stopped could not end */
    while (reap(workers, false) > 0) {
        if (deadline_passed(grace, deadline_now())) {
            signal_all(workers, SIGKILL);
            grace = DEADLINE_NEVER;
        }
        (void)loop_hold(&ended, 1, grace);
    }
}

/* Returns -1 in the first process when it is over, or 1 in a worker. */
static int
tend(struct workers *workers, struct worker **made, struct fault *fault)
{
    const struct run *run = workers->run;
    struct pollfd ended = { .fd = workers->child_fd, .events = POLLIN };
    for (;;) {
        int64_t next;
        if (make_due(workers, made, &next) != 0)
            return 1;
        if (loop_wait(run->loop, &ended, 1, deadline_sooner(next, run->deadline), fault) < 0)
            return -1;
        (void)reap(workers, true);
        if (deadline_passed(run->deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: the time for all of it is over", "workers");
    }
}

int
workers_run(struct workers *workers, workers_serve *serve, bool *is_worker, struct fault *fault)
{
    struct loop *loop = workers->run->loop;
    struct worker *made;
    pid_t first = getpid();
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, it would have the kernel forget them: wait(2), NOTES */
    workers->child_fd = loop_signal_fd(loop, SIGCHLD);
    if (workers->child_fd < 0)
        return fault_set(fault, STATUS_LOCAL, "workers");
    workers->on_hangup = loop->on_hangup;
    workers->hangup_context = loop->hangup_context;
    if (workers->on_hangup)
        loop_on_hangup(loop, pass_hangup, workers);
    /* lists that are being read are so by a thread, which no worker has */
    *is_worker = admission_wait(workers->run->admission, fault) == 0 && tend(workers, &made, fault) > 0;
    if (*is_worker)
        return work(workers, made, first, serve, fault);
    end_all(workers, fault->signal ? fault->signal : SIGTERM);
    if (workers->on_hangup)
        loop_on_hangup(loop, workers->on_hangup, workers->hangup_context);
    return -1;
}
