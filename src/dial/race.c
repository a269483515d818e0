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
    int poll;         /* its place among those that were polled; -1: none */
    struct binding source;
};

struct race {
    const struct socket_plan *plan;
    const struct address_list *candidates, *sources;
    int64_t deadline;
    struct attempt *attempts; /* as many as have been started; there is room for all candidates */
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
remember(struct race *race, const struct fault *fault)
{
    struct fault *last = &race->last;
    if (last->status == STATUS_DONE || !is_no_way(fault->error) || is_no_way(last->error))
        *last = *fault;
}

/* Record errno as the reason why a candidate failed. */
static void
remember_errno(struct race *race, size_t candidate)
{
    int error = errno;
    char words[OPEN_WORDS_MAX];
    const struct address *tried = &race->candidates->items[candidate];
    open_words(race->plan, tried, words, sizeof words);
    struct fault fault;
    errno = error;
    enum status status = error == ETIMEDOUT ? STATUS_TIMEOUT : STATUS_CONNECT;
    (void)fault_set(&fault, status, "connect to %s failed", words);
    domain_explain(race->plan->domain, tried, true, error, &fault);
    remember(race, &fault);
}

static void
attempt_close(const struct race *race, struct attempt *attempt)
{
    (void)fd_close(&attempt->fd); /* it never became a connection of ours */
    if (race->plan->domain->unbind)
        race->plan->domain->unbind(&attempt->source);
}

/*
 * Begin to connect or, if that was begun, ask how it stands: connect(2) on a socket that has connected says
 * so, and it is right too when a signal kept the first call from beginning. On FAILED, errno.
 */
static enum progress
attempt_connect(const struct race *race, struct attempt *attempt)
{
    const struct address *remote = &race->candidates->items[attempt->candidate];
    const struct type *type = race->plan->type;
    attempt->retry_at = DEADLINE_NEVER;
    bool connects = !type->addressed || race->plan->domain->connect;
    if (connects && domain_connect(race->plan->domain, attempt->fd, type, remote) < 0 && errno != EISCONN) {
        if (errno == EINPROGRESS || errno == EALREADY)
            return WAITING;
        if (errno != EAGAIN && errno != EINTR)
            return FAILED;
        attempt->retry_at = deadline_after(deadline_now(), RETRY_MS); /* EAGAIN: a local backlog is full */
        return WAITING;
    }
    if (source_is_peer(race->plan, attempt->fd)) {
        errno = ECONNREFUSED;
        return FAILED;
    }
    return CONNECTED;
}

/* What became of a connect that was begun. Not connect(2) at once: where it failed, that may begin anew. */
static enum progress
attempt_result(const struct race *race, struct attempt *attempt)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return FAILED;
    errno = error;
    return error != 0 ? FAILED : attempt_connect(race, attempt);
}

/* A success is the winner; a failure is remembered, and lets the next candidate start at once. */
static void
attempt_judge(struct race *race, struct attempt *attempt, enum progress progress)
{
    switch (progress) {
    case CONNECTED:
        race->winner = attempt;
        break;
    case FAILED:
        remember_errno(race, attempt->candidate);
        attempt_close(race, attempt);
        race->running--;
        race->next_at = deadline_now();
        break;
    case WAITING:
        break;
    }
}

static void
start_next(struct race *race)
{
    struct attempt *attempt = &race->attempts[race->started];
    attempt->candidate = race->started++;
    attempt->poll = -1;
    struct fault fault;
    attempt->fd = source_open(race->plan, race->sources, &race->candidates->items[attempt->candidate],
                              &attempt->source, &fault);
    if (attempt->fd < 0) {
        remember(race, &fault);
        return;
    }
    race->running++;
    race->next_at = deadline_after(deadline_now(), RACE_DELAY_MS);
    attempt_judge(race, attempt, attempt_connect(race, attempt));
}

static bool
may_start(const struct race *race)
{
    return race->started < race->candidates->count && race->running < RACE_RUNNERS_MAX;
}

static bool
is_next_due(const struct race *race)
{
    return may_start(race) && (race->running == 0 || deadline_passed(race->next_at, deadline_now()));
}

/* Bring forward what poll or the clock says is due. */
static void
advance_due(struct race *race, const struct pollfd *polls)
{
    int64_t now = deadline_now();
    for (size_t i = 0; i < race->started && !race->winner; i++) {
        struct attempt *attempt = &race->attempts[i];
        if (attempt->fd >= 0 && deadline_passed(attempt->retry_at, now))
            attempt_judge(race, attempt, attempt_connect(race, attempt));
        else if (attempt->fd >= 0 && attempt->poll >= 0 && polls[attempt->poll].revents != 0)
            attempt_judge(race, attempt, attempt_result(race, attempt));
    }
}

size_t
race_interest(struct race *race, struct pollfd *polls, int64_t *deadline)
{
    size_t count = 0;
    *deadline = may_start(race) ? deadline_sooner(race->deadline, race->next_at) : race->deadline;
    for (size_t i = 0; i < race->started; i++) {
        struct attempt *attempt = &race->attempts[i];
        bool polled = attempt->fd >= 0 && attempt->retry_at == DEADLINE_NEVER;
        attempt->poll = polled ? (int)count : -1;
        if (polled)
            polls[count++] = (struct pollfd){ .fd = attempt->fd, .events = POLLOUT };
        if (attempt->fd >= 0)
            *deadline = deadline_sooner(*deadline, attempt->retry_at);
    }
    return count;
}

static int
timed_out(const struct race *race, struct fault *fault)
{
    char words[OPEN_WORDS_MAX];
    open_words(race->plan, NULL, words, sizeof words);
    (void)fault_say(fault, STATUS_TIMEOUT, "timed out", "connect to %s", words);
    domain_explain(race->plan->domain, &race->candidates->items[0], true, ETIMEDOUT, fault);
    return -1;
}

enum race_state
race_step(struct race *race, const struct pollfd *polls, struct fault *fault)
{
    advance_due(race, polls);
    if (!race->winner && deadline_passed(race->deadline, deadline_now())) {
        (void)timed_out(race, fault);
        return RACE_LOST;
    }
    while (!race->winner && is_next_due(race))
        start_next(race);
    if (race->winner)
        return RACE_WON;
    if (race->running > 0)
        return RACE_RUNS;
    *fault = race->last;
    return RACE_LOST;
}

int
race_end(struct race *race, size_t *winner, struct binding *source)
{
    int fd = -1;
    if (race->winner) {
        fd = race->winner->fd;
        *winner = race->winner->candidate;
        *source = race->winner->source;
        race->winner->fd = -1;
        race->winner->source.owns_file = false;
    }
    for (size_t i = 0; i < race->started; i++)
        attempt_close(race, &race->attempts[i]);
    free(race->attempts);
    free(race);
    return fd;
}

struct race *
race_start(const struct socket_plan *plan, const struct address_list *candidates,
           const struct address_list *sources, int64_t deadline, struct fault *fault)
{
    struct race *race = malloc(sizeof *race);
    struct attempt *attempts = calloc(candidates->count, sizeof *attempts);
    if (!race || !attempts) {
        (void)fault_set(fault, STATUS_LOCAL, "room for %zu addresses", candidates->count);
        free(race);
        free(attempts);
        return NULL;
    }
    *race = (struct race){
        .plan = plan,
        .candidates = candidates,
        .sources = sources,
        .deadline = deadline,
        .attempts = attempts,
    };
    return race;
}
