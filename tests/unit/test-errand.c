/* An errand is done when its thread has ended; a crew runs all that it is given, no more at a time than it may. */
#include "base/deadline.h"
#include "base/errand.h"
#include "tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { ERRANDS = 50, MOST = 3 };

struct counts {
    atomic_int running, most, done, forgotten;
};

static void
work(void *context)
{
    struct counts *counts = context;
    int running = atomic_fetch_add(&counts->running, 1) + 1;
    int most = atomic_load(&counts->most);
    while (running > most && !atomic_compare_exchange_weak(&counts->most, &most, running))
        continue;
    const struct timespec a_moment = { .tv_nsec = 1000 * 1000 };
    (void)nanosleep(&a_moment, NULL);
    (void)atomic_fetch_sub(&counts->running, 1);
    (void)atomic_fetch_add(&counts->done, 1);
}

static void
forget(void *context)
{
    struct counts *counts = context;
    (void)atomic_fetch_add(&counts->forgotten, 1);
}

static bool
wait_for(const atomic_int *count, int wanted)
{
    int64_t end = deadline_after(deadline_now(), 10000);
    while (atomic_load(count) < wanted && !deadline_passed(end, deadline_now()))
        (void)loop_hold(NULL, 0, deadline_after(deadline_now(), 1));
    return atomic_load(count) == wanted;
}

/* What a thread still has to put away when its work is done, as libc's resolver has. */
static pthread_key_t belongings;
static atomic_int put_away;

static void
put_away_slowly(void *value)
{
    (void)value;
    const struct timespec a_while = { .tv_nsec = 50 * 1000 * 1000 };
    (void)nanosleep(&a_while, NULL);
    (void)atomic_fetch_add(&put_away, 1);
}

static void
work_with_belongings(void *context)
{
    (void)pthread_setspecific(belongings, context);
}

static void
check_single(void)
{
    static struct counts counts;
    (void)pthread_key_create(&belongings, put_away_slowly);
    struct errand *errand = errand_start(work_with_belongings, forget, &counts);
    struct pollfd ended = { .fd = errand_fd(errand), .events = POLLIN };
    ok(loop_hold(&ended, 1, deadline_after(deadline_now(), 10000)) == 1 && errand_done(errand),
       "an errand tells that it is done");
    errand_leave(errand);
    is_int(atomic_load(&put_away), 1, "and leaves no thread behind");
    is_int(atomic_load(&counts.forgotten), 1, "and is forgotten");

    errand_leave(errand_start(work, forget, &counts));
    ok(wait_for(&counts.forgotten, 2) && wait_for(&counts.done, 1),
       "one that nobody waits for runs, and is forgotten");
}

int
main(void)
{
    check_single();

    static struct counts counts;
    struct errand *errands[ERRANDS];
    struct crew *crew = crew_open(MOST);
    bool all_start = true, all_done = true;
    for (int i = 0; i < ERRANDS; i++) {
        errands[i] = crew_start(crew, work, forget, &counts);
        all_start = all_start && errands[i];
    }
    ok(all_start, "all of them are taken");
    crew_close(crew);
    for (int i = 0; i < ERRANDS; i++) {
        struct pollfd ended = { .fd = errand_fd(errands[i]), .events = POLLIN };
        all_done = all_done && loop_hold(&ended, 1, deadline_after(deadline_now(), 10000)) == 1 &&
                   errand_done(errands[i]);
        errand_leave(errands[i]);
    }
    ok(all_done, "each of them tells that it is done, also after the crew was closed");
    is_int(atomic_load(&counts.done), ERRANDS, "all have run");
    ok(atomic_load(&counts.most) <= MOST && atomic_load(&counts.most) > 0, "never more than %d at a time",
       MOST);
    ok(wait_for(&counts.forgotten, ERRANDS), "and each is forgotten once");

    crew = crew_open(1);
    for (int i = 0; i < ERRANDS; i++)
        errand_leave(crew_start(crew, work, forget, &counts));
    crew_close(crew);
    ok(wait_for(&counts.forgotten, 2 * ERRANDS), "those that nobody waits for, too");
    is_int(atomic_load(&counts.done), 2 * ERRANDS, "and they have run");
    return tap_done();
}
