#include "dial/race.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/source.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_MS = 20, /* nothing tells when a full backlog has room again */
};

enum progress { CONNECTED, WAITING, FAILED };

/* One candidate that has been started. */
struct attempt {
    int fd; /* -1: over */
    size_t candidate;
    int64_t retry_at; /* connect again then; DEADLINE_NEVER: poll tells */
    struct binding source;
};

struct contest {
    const struct socket_plan *plan;
    const struct address_list *candidates, *sources;
    struct attempt *attempts; /* as many as have been started; there is room for all candidates */
    struct pollfd *polls;     /* parallel to attempts */
    size_t started, running;
    int64_t next_at;        /* when to start one more */
    struct attempt *winner; /* NULL: nobody yet */
    struct fault last;      /* the reason to give when all have failed; STATUS_DONE: none yet */
};

void
race_interleave(struct address_list *candidates)
{
    struct address *items = candidates->items;
    for (size_t i = 1; i < candidates->count; i++) {
        size_t other = i;
        while (other < candidates->count && items[other].name.ss_family == items[i - 1].name.ss_family)
            other++;
        if (other == candidates->count)
            return; /* only one family is left */
        struct address moved = items[other];
        memmove(&items[i + 1], &items[i], (other - i) * sizeof items[0]);
        items[i] = moved;
    }
}

/* The reasons why nothing has even left this host. */
static bool
is_no_way(int error)
{
    return error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

/* Keep the reason of the last candidate, unless it says less than an earlier one does. */
static void
remember(struct contest *contest, const struct fault *fault)
{
    struct fault *last = &contest->last;
    if (last->status == STATUS_DONE || !is_no_way(fault->error) || is_no_way(last->error))
        *last = *fault;
}

/* Record errno as the reason why a candidate failed. */
static void
remember_errno(struct contest *contest, size_t candidate)
{
    int error = errno;
    char words[OPEN_WORDS_MAX];
    const struct address *tried = &contest->candidates->items[candidate];
    open_words(contest->plan, tried, words, sizeof words);
    struct fault fault;
    errno = error;
    enum status status = error == ETIMEDOUT ? STATUS_TIMEOUT : STATUS_CONNECT;
    (void)fault_set(&fault, status, "connect to %s failed", words);
    domain_explain(contest->plan->domain, tried, true, error, &fault);
    remember(contest, &fault);
}

static void
attempt_close(const struct contest *contest, struct attempt *attempt)
{
    (void)fd_close(&attempt->fd); /* it never became a connection of ours */
    if (contest->plan->domain->unbind)
        contest->plan->domain->unbind(&attempt->source);
}

/*
 * Begin to connect or, if that was begun, ask how it stands: connect(2) on a socket that has connected says
 * so, and it is right too when a signal kept the first call from beginning. On FAILED, errno.
 */
static enum progress
attempt_connect(const struct contest *contest, struct attempt *attempt)
{
    const struct address *remote = &contest->candidates->items[attempt->candidate];
    const struct type *type = contest->plan->type;
    attempt->retry_at = DEADLINE_NEVER;
    bool connects = !type->addressed || contest->plan->domain->connect;
    if (connects && domain_connect(contest->plan->domain, attempt->fd, type, remote) < 0 &&
        errno != EISCONN) {
        if (errno == EINPROGRESS || errno == EALREADY)
            return WAITING;
        if (errno != EAGAIN && errno != EINTR)
            return FAILED;
        attempt->retry_at = deadline_after(deadline_now(), RETRY_MS); /* EAGAIN: a local backlog is full */
        return WAITING;
    }
    if (source_is_peer(contest->plan, attempt->fd)) {
        errno = ECONNREFUSED;
        return FAILED;
    }
    return CONNECTED;
}

/* What became of a connect that was begun. Not connect(2) at once: where it failed, that may begin anew. */
static enum progress
attempt_result(const struct contest *contest, struct attempt *attempt)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return FAILED;
    errno = error;
    return error != 0 ? FAILED : attempt_connect(contest, attempt);
}

/* A success is the winner; a failure is remembered, and lets the next candidate start at once. */
static void
attempt_judge(struct contest *contest, struct attempt *attempt, enum progress progress)
{
    switch (progress) {
    case CONNECTED:
        contest->winner = attempt;
        break;
    case FAILED:
        remember_errno(contest, attempt->candidate);
        attempt_close(contest, attempt);
        contest->running--;
        contest->next_at = deadline_now();
        break;
    case WAITING:
        break;
    }
}

static void
start_next(struct contest *contest)
{
    struct attempt *attempt = &contest->attempts[contest->started];
    attempt->candidate = contest->started++;
    struct fault fault;
    attempt->fd = source_open(contest->plan, contest->sources,
                              &contest->candidates->items[attempt->candidate], &attempt->source, &fault);
    if (attempt->fd < 0) {
        remember(contest, &fault);
        return;
    }
    contest->running++;
    contest->next_at = deadline_after(deadline_now(), RACE_DELAY_MS);
    attempt_judge(contest, attempt, attempt_connect(contest, attempt));
}

static bool
is_next_due(const struct contest *contest)
{
    return contest->started < contest->candidates->count &&
           (contest->running == 0 || deadline_passed(contest->next_at, deadline_now()));
}

/* Bring forward what poll or the clock says is due. */
static void
advance_due(struct contest *contest)
{
    int64_t now = deadline_now();
    for (size_t i = 0; i < contest->started && !contest->winner; i++) {
        struct attempt *attempt = &contest->attempts[i];
        if (attempt->fd >= 0 && deadline_passed(attempt->retry_at, now))
            attempt_judge(contest, attempt, attempt_connect(contest, attempt));
        else if (attempt->fd >= 0 && contest->polls[i].revents != 0)
            attempt_judge(contest, attempt, attempt_result(contest, attempt));
    }
}

/* Wait until one of those that run has news, or another is due. Returns as loop_wait does. */
static int
wait_for_news(struct contest *contest, struct loop *loop, int64_t deadline, struct fault *fault)
{
    if (contest->started < contest->candidates->count)
        deadline = deadline_sooner(deadline, contest->next_at);
    for (size_t i = 0; i < contest->started; i++) {
        const struct attempt *attempt = &contest->attempts[i];
        bool polled = attempt->fd >= 0 && attempt->retry_at == DEADLINE_NEVER;
        contest->polls[i] = (struct pollfd){ .fd = polled ? attempt->fd : -1, .events = POLLOUT };
        if (attempt->fd >= 0)
            deadline = deadline_sooner(deadline, attempt->retry_at);
    }
    return loop_wait(loop, contest->polls, contest->started, deadline, fault);
}

static int
timed_out(const struct contest *contest, struct fault *fault)
{
    char words[OPEN_WORDS_MAX];
    open_words(contest->plan, NULL, words, sizeof words);
    (void)fault_say(fault, STATUS_TIMEOUT, "timed out", "connect to %s", words);
    domain_explain(contest->plan->domain, &contest->candidates->items[0], true, ETIMEDOUT, fault);
    return -1;
}

/* Returns 0 with a winner, or -1 with fault. */
static int
contest_run(struct contest *contest, struct loop *loop, int64_t deadline, struct fault *fault)
{
    for (;;) {
        if (deadline_passed(deadline, deadline_now()))
            return timed_out(contest, fault);
        while (!contest->winner && is_next_due(contest))
            start_next(contest);
        if (contest->winner)
            return 0;
        if (contest->running == 0) {
            *fault = contest->last;
            return -1;
        }
        if (wait_for_news(contest, loop, deadline, fault) < 0)
            return -1;
        advance_due(contest);
    }
}

/* Close everything but the winner, which is handed over. Returns its descriptor, or -1. */
static int
contest_end(struct contest *contest, size_t *winner, struct binding *source)
{
    int fd = -1;
    if (contest->winner) {
        fd = contest->winner->fd;
        *winner = contest->winner->candidate;
        *source = contest->winner->source;
        contest->winner->fd = -1;
        contest->winner->source.owns_file = false;
    }
    for (size_t i = 0; i < contest->started; i++)
        attempt_close(contest, &contest->attempts[i]);
    free(contest->attempts);
    free(contest->polls);
    return fd;
}

int
race(struct loop *loop, const struct socket_plan *plan, const struct address_list *candidates,
     const struct address_list *sources, int64_t deadline, size_t *winner, struct binding *source,
     struct fault *fault)
{
    struct contest contest = {
        .plan = plan,
        .candidates = candidates,
        .sources = sources,
        .attempts = calloc(candidates->count, sizeof *contest.attempts),
        .polls = calloc(candidates->count, sizeof *contest.polls),
    };
    if (!contest.attempts || !contest.polls)
        (void)fault_set(fault, STATUS_LOCAL, "room for %zu addresses", candidates->count);
    else
        (void)contest_run(&contest, loop, deadline, fault);
    return contest_end(&contest, winner, source);
}
