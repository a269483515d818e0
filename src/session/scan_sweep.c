#include "session/scan_sweep.h"

#include "base/deadline.h"
#include "dial/race.h"
#include "session/scan_probe.h"
#include "session/scan_report.h"
#include <stdlib.h>
#include <sys/resource.h>

enum {
    OTHER_DESCRIPTORS = 24, /* for all that is not a probe */
    BEGUN_AT_ONCE = 64,     /* before what has come is looked at, and a signal is let in */
};

/* One target that is being tried, by one or more probes. */
struct attempt {
    bool is_live;
    size_t target;
    size_t address_count, next_address;
    size_t running;  /* probes */
    int64_t next_at; /* when to start one more */
    int64_t began;
    int64_t deadline;        /* from the first probe on */
    struct scan_target best; /* the finding so far */
};

struct sweep {
    struct scan *scan;
    struct attempt *attempts;
    struct scan_probe *probes;
    struct pollfd *polls; /* parallel to probes */
    size_t attempt_room, probe_room;
    size_t attempt_count, probe_count;
    size_t attempt_top, probe_top; /* places from here on were never taken */
    size_t probe_most;             /* no descriptor has been left for more */
    const size_t *order;
    size_t count, begun; /* of order */
    int64_t begin_at;    /* when the next target may begin: --delay */
    int64_t deadline;
    int64_t now; /* by the last look at the clock, which costs something for each of many ports */
    struct fault *fault;
    bool has_failed; /* with fault */
};

/* --- room -------------------------------------------------------------------------------------------------------- */

/* How many descriptors there may be for probes: `wanted`, or fewer. */
static size_t
descriptors_for(size_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return wanted;
    rlim_t needed = (rlim_t)wanted + OTHER_DESCRIPTORS;
    if (limit.rlim_cur < needed) {
        limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* up to the hard limit is always allowed */
    }
    if (limit.rlim_cur >= needed)
        return wanted;
    return limit.rlim_cur > OTHER_DESCRIPTORS ? (size_t)limit.rlim_cur - OTHER_DESCRIPTORS : 1;
}

/* Do all probes come from an address that only one socket can have at a time? */
static bool
has_one_source(const struct scan *scan)
{
    const struct socket_plan *plan = &scan->plan;
    if (scan->sources.count == 0 || plan->random_source_port)
        return false;
    return !open_has_port(plan) || (plan->source.port && !plan->type->accepts);
}

/* Each attempt may have a second probe, for another address of the host. */
static int
sweep_open(struct sweep *sweep, struct fault *fault)
{
    const struct request *request = sweep->scan->run->request;
    bool is_serial = request->pump.delay_ms > 0 || has_one_source(sweep->scan);
    size_t most = is_serial ? 1 : (size_t)request->scan.parallel;
    sweep->attempt_room = most < sweep->count ? most : sweep->count;
    bool may_race = false;
    for (size_t i = 0; i < sweep->scan->host_count && !has_one_source(sweep->scan); i++)
        may_race = may_race || sweep->scan->hosts[i].addresses.count > 1;
    sweep->probe_room = descriptors_for(sweep->attempt_room * (may_race ? 2 : 1));
    sweep->probe_most = sweep->probe_room;
    sweep->attempts = calloc(sweep->attempt_room, sizeof *sweep->attempts);
    sweep->probes = calloc(sweep->probe_room, sizeof *sweep->probes);
    sweep->polls = calloc(sweep->probe_room, sizeof *sweep->polls);
    if (sweep->attempts && sweep->probes && sweep->polls)
        return 0;
    return fault_set(fault, STATUS_LOCAL, "room for %zu sockets", sweep->probe_room);
}

static void
sweep_close(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->probe_top && sweep->probes; i++)
        if (sweep->probes[i].phase != PROBE_FREE)
            probe_end(sweep->scan, &sweep->probes[i]);
    free(sweep->attempts);
    free(sweep->probes);
    free(sweep->polls);
}

/* --- findings ---------------------------------------------------------------------------------------------------- */

static void
end_probe(struct sweep *sweep, struct attempt *attempt, struct scan_probe *probe)
{
    probe_end(sweep->scan, probe);
    sweep->probe_count--;
    attempt->running--;
}

/* One address has answered: the others are not needed. */
static void
end_others(struct sweep *sweep, struct attempt *attempt, const struct scan_probe *winner)
{
    attempt->next_address = attempt->address_count;
    for (size_t i = 0; i < sweep->probe_top && attempt->running > 1; i++) {
        struct scan_probe *probe = &sweep->probes[i];
        if (probe != winner && probe->phase != PROBE_FREE && probe->target == attempt->target)
            end_probe(sweep, attempt, probe);
    }
}

/* All that can be known of a target is known. */
static void
conclude(struct sweep *sweep, struct attempt *attempt, const struct scan_probe *probe)
{
    struct scan *scan = sweep->scan;
    attempt->best.took_ms = (uint32_t)(sweep->now - attempt->began);
    scan->targets[attempt->target] = attempt->best;
    attempt->is_live = false;
    sweep->attempt_count--;
    sweep->begin_at = deadline_after(sweep->now, scan->run->request->pump.delay_ms);
    bool is_told = !scan->holds_back || scan_answered(&attempt->best);
    const void *banner = probe ? probe->banner : NULL;
    size_t size = probe ? probe->banner_size : 0;
    if (is_told && !sweep->has_failed && scan_report(scan, attempt->target, banner, size, sweep->fault) < 0)
        sweep->has_failed = true;
}

/* Take over what a probe has found, if it has. */
static void
judge(struct sweep *sweep, struct attempt *attempt, struct scan_probe *probe)
{
    if (probe->phase == PROBE_HEARING || (probe->phase == PROBE_OVER && probe->state == SCAN_OPEN))
        end_others(sweep, attempt, probe);
    if (probe->phase != PROBE_OVER)
        return;
    if (probe->state < attempt->best.state)
        attempt->best = (struct scan_target){
            .state = probe->state,
            .error = probe->error,
            .address = probe->address,
        };
    attempt->next_at = sweep->now;
    if (attempt->running == 1 && attempt->next_address == attempt->address_count)
        conclude(sweep, attempt, probe);
    end_probe(sweep, attempt, probe);
}

/* --- beginning --------------------------------------------------------------------------------------------------- */

/* Start a probe to the next address of an attempt. There is room for one. */
static void
start_probe(struct sweep *sweep, struct attempt *attempt)
{
    struct scan_probe *probe = sweep->probes;
    while (probe->phase != PROBE_FREE)
        probe++;
    if (probe_start(sweep->scan, probe, attempt->target, attempt->next_address) < 0 &&
        sweep->probe_count > 0) {
        sweep->probe_most = sweep->probe_count; /* and go on when one of them is over */
        return;
    }
    if (probe->phase == PROBE_FREE) /* not even one: this is what is known */
        *probe = (struct scan_probe){
            .phase = PROBE_OVER,
            .fd = -1,
            .target = attempt->target,
            .address = attempt->next_address,
            .state = SCAN_FAILED,
            .error = sweep->scan->failure.error,
        };
    sweep->now = deadline_now();
    if (attempt->next_address == 0)
        attempt->deadline = deadline_sooner(
            sweep->deadline, deadline_after(sweep->now, sweep->scan->run->request->connect_ms));
    size_t place = (size_t)(probe - sweep->probes);
    if (place >= sweep->probe_top)
        sweep->probe_top = place + 1;
    probe->attempt = (size_t)(attempt - sweep->attempts);
    attempt->next_address++;
    attempt->running++;
    sweep->probe_count++;
    attempt->next_at = deadline_after(sweep->now, RACE_DELAY_MS);
    judge(sweep, attempt, probe);
}

static bool
has_probe_room(const struct sweep *sweep)
{
    return sweep->probe_count < sweep->probe_most;
}

static void
begin_target(struct sweep *sweep)
{
    struct attempt *attempt = sweep->attempts;
    while (attempt->is_live)
        attempt++;
    size_t place = (size_t)(attempt - sweep->attempts);
    if (place >= sweep->attempt_top)
        sweep->attempt_top = place + 1;
    size_t target = sweep->order[sweep->begun++];
    *attempt = (struct attempt){
        .is_live = true,
        .target = target,
        .address_count = scan_host(sweep->scan, target)->addresses.count,
        .next_at = sweep->now,
        .began = sweep->now,
        .deadline = sweep->deadline,
        .best.state = SCAN_UNTRIED,
    };
    sweep->attempt_count++;
    start_probe(sweep, attempt);
}

static bool
may_begin(const struct sweep *sweep)
{
    return sweep->begun < sweep->count && sweep->attempt_count < sweep->attempt_room &&
           has_probe_room(sweep) && !sweep->has_failed;
}

/* Other addresses of targets that are being tried go before new targets. */
static void
begin_due(struct sweep *sweep)
{
    sweep->now = deadline_now();
    for (size_t i = 0; i < sweep->attempt_top && sweep->attempt_count > 0; i++) {
        struct attempt *attempt = &sweep->attempts[i];
        while (attempt->is_live && attempt->next_address < attempt->address_count && has_probe_room(sweep) &&
               deadline_passed(attempt->next_at, sweep->now))
            start_probe(sweep, attempt);
    }
    for (size_t i = 0; i < BEGUN_AT_ONCE && may_begin(sweep) && sweep->now >= sweep->begin_at; i++) {
        begin_target(sweep);
        sweep->now = deadline_now(); /* telling of it may have taken its time */
    }
}

/* --- going on ---------------------------------------------------------------------------------------------------- */

/* When something has to be done even if nothing comes. */
static int64_t
next_event(const struct sweep *sweep)
{
    int64_t next = sweep->deadline;
    if (may_begin(sweep))
        next = deadline_sooner(next, sweep->begin_at);
    for (size_t i = 0; i < sweep->attempt_top; i++) {
        const struct attempt *attempt = &sweep->attempts[i];
        if (!attempt->is_live)
            continue;
        next = deadline_sooner(next, attempt->deadline);
        if (attempt->next_address < attempt->address_count && has_probe_room(sweep))
            next = deadline_sooner(next, attempt->next_at);
    }
    for (size_t i = 0; i < sweep->probe_top; i++)
        if (sweep->probes[i].phase != PROBE_FREE)
            next = deadline_sooner(next, sweep->probes[i].due);
    return next;
}

static int
wait_for_news(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->probe_top; i++) {
        const struct scan_probe *probe = &sweep->probes[i];
        short events = probe_events(probe);
        sweep->polls[i] = (struct pollfd){ .fd = events ? probe->fd : -1, .events = events };
    }
    return loop_wait(sweep->scan->run->loop, sweep->polls, sweep->probe_top, next_event(sweep), sweep->fault);
}

/* Bring forward what poll or the clock says is due. */
static void
advance(struct sweep *sweep)
{
    int64_t now = sweep->now = deadline_now();
    for (size_t i = 0; i < sweep->probe_top; i++) {
        struct scan_probe *probe = &sweep->probes[i];
        if (probe->phase == PROBE_FREE)
            continue;
        struct attempt *attempt = &sweep->attempts[probe->attempt];
        if (sweep->polls[i].revents || deadline_passed(probe->due, now))
            probe_advance(sweep->scan, probe, sweep->polls[i].revents);
        if (probe->phase != PROBE_OVER && deadline_passed(attempt->deadline, now)) {
            attempt->next_address = attempt->address_count;
            probe_expire(probe);
        }
        judge(sweep, attempt, probe);
    }
}

/* What is left once the time for all of it is over. */
static void
expire_all(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->probe_top; i++)
        sweep->polls[i].revents = 0;
    advance(sweep);
}

static int
run_through(struct sweep *sweep)
{
    for (;;) {
        if (deadline_passed(sweep->deadline, deadline_now())) {
            expire_all(sweep);
            sweep->scan->is_cut = true;
            break;
        }
        begin_due(sweep);
        if (sweep->has_failed || (sweep->begun == sweep->count && sweep->attempt_count == 0))
            break;
        if (wait_for_news(sweep) < 0)
            return -1;
        advance(sweep);
    }
    return sweep->has_failed ? -1 : 0;
}

int
scan_sweep(struct scan *scan, const size_t *order, size_t count, int64_t deadline, struct fault *fault)
{
    struct sweep sweep = {
        .scan = scan,
        .order = order,
        .count = count,
        .begin_at = deadline_now(),
        .deadline = deadline,
        .fault = fault,
    };
    int result = count == 0 ? 0 : sweep_open(&sweep, fault);
    if (result == 0)
        result = run_through(&sweep);
    sweep_close(&sweep);
    return result;
}
