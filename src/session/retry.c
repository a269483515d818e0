#include "session/retry.h"

#include "base/deadline.h"
#include <errno.h>
#include <stdio.h>

enum { DELAY_FIRST_MS = 100, DELAY_LAST_MS = 5000, TIME_FOR_A_TRY_MS = 100 };

void
retry_start(struct retry *retry, const struct run *run)
{
    const struct retry_choice *choice = &run->request->retry;
    *retry = (struct retry){
        .left = choice->times,
        .delay_ms = choice->delay_ms < 0 ? DELAY_FIRST_MS : choice->delay_ms,
        .grows = choice->delay_ms < 0,
        .deadline = deadline_sooner(run->deadline, deadline_after(deadline_now(), choice->max_ms)),
        .is_wanted = choice->times != 0,
    };
}

void
retry_start_lost(struct retry *retry, const struct run *run)
{
    retry_start(retry, run);
    retry->left = retry->is_wanted ? retry->left : RETRY_FOREVER;
    retry->is_wanted = retry->is_lost = true;
}

int64_t
retry_deadline(const struct retry *retry, const struct run *run)
{
    return deadline_sooner(retry->deadline, deadline_after(deadline_now(), run->request->connect_ms));
}

/* A kernel without the family, the type or the protocol will not get it by waiting. */
static bool
is_lacking(int error)
{
    return error == EAFNOSUPPORT || error == ESOCKTNOSUPPORT || error == EPROTONOSUPPORT;
}

/* Does what a proxy has said mean that it may say something else another time? */
static bool
is_of_the_moment(const struct fault *fault)
{
    return fault->status == STATUS_PROXY && fault->error != EACCES && fault->error != EPROTO &&
           fault->error != EOPNOTSUPP;
}

/* A handshake that fails for another reason than an errno would fail again. */
bool
retry_is_loss(const struct fault *fault)
{
    return fault->status == STATUS_CONNECTION || (fault->status == STATUS_TLS && fault->error != 0);
}

static bool
may_get_better(const struct retry *retry, const struct fault *fault)
{
    bool was_in_use = fault->status == STATUS_CONNECTION;
    return !fault->signal && !is_lacking(fault->error) &&
           ((retry_is_loss(fault) && (retry->is_lost || !was_in_use)) || fault->status == STATUS_LOOKUP ||
            fault->status == STATUS_CONNECT || fault->status == STATUS_TIMEOUT || is_of_the_moment(fault));
}

/* The time for all tries is over: say so, and why the last of them has failed. */
static int
give_up(const struct retry *retry, struct fault *fault)
{
    char why[sizeof fault->why];
    (void)snprintf(why, sizeof why, "timed out after %u %s: %.200s", retry->tries,
                   retry->tries == 1 ? "try" : "tries", fault->why);
    (void)snprintf(fault->why, sizeof fault->why, "%s", why);
    fault->status = STATUS_TIMEOUT;
    return -1;
}

/* When the next try begins; `now` if there is no time for one. */
static int64_t
next_try(const struct retry *retry, int64_t now)
{
    int64_t next = deadline_after(now, retry->delay_ms);
    if (retry->deadline == DEADLINE_NEVER || next < retry->deadline - TIME_FOR_A_TRY_MS)
        return next;
    next = retry->deadline - TIME_FOR_A_TRY_MS;
    return next > now ? next : now;
}

int
retry_next(struct retry *retry, const struct run *run, int64_t *next, struct fault *fault)
{
    if (!may_get_better(retry, fault) || !retry->is_wanted)
        return -1;
    retry->tries++;
    int64_t now = deadline_now();
    *next = next_try(retry, now);
    if (*next <= now)
        return give_up(retry, fault);
    if (retry->left == 0)
        return -1;
    if (retry->left > 0)
        retry->left--;
    if (run->log->level >= LOG_TALK)
        log_line(run->log, LOG_ERROR, "%s: %s; again in %.1f s", fault->what, fault->why,
                 (double)(*next - now) / 1000);
    if (retry->grows)
        retry->delay_ms = retry->delay_ms * 2 < DELAY_LAST_MS ? retry->delay_ms * 2 : DELAY_LAST_MS;
    return 0;
}

int
retry_wait(struct retry *retry, const struct run *run, struct fault *fault)
{
    int64_t next;
    if (retry_next(retry, run, &next, fault) != 0)
        return -1;
    return loop_wait(run->loop, NULL, 0, next, fault);
}
