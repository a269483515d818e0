/*
 * How fast the processors are at this moment.
 *
 *     pace
 *
 * Prints a line for each processor that we may use: its number, and the nanoseconds of two small pieces of work there,
 * of each the best of a few. Both tell of what the kernel of a guest knows nothing:
 *
 * - Sums, enough for all units of a core. They take up to twice as long while another thread of the core works for
 *   somebody else.
 * - A line of memory that goes to the first of the processors and comes back; 0 for that one itself. It takes
 *   several times as long while the host has put the two at different caches.
 */
#include "../net.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { TRIES = 3, STEPS = 250000, LINE = 64, PASSES = 100, MATCHES = 10 };

static void
pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    must(sched_setaffinity(0, sizeof set, &set), "sched_setaffinity"); /* of this thread only */
}

static int64_t
lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Six sums that do not wait for each other. */
static int64_t
sum_up(void)
{
    unsigned long a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    int64_t began = now_ns();
    for (unsigned long i = 0; i < STEPS; i++) {
        a += i;
        b ^= a;
        c += i;
        d ^= c;
        e += i;
        f ^= e;
        __asm__ volatile("" : : "r"(a), "r"(b), "r"(c), "r"(d), "r"(e), "r"(f)); /* all are wanted */
    }
    return now_ns() - began;
}

static int64_t
sums_on(int cpu)
{
    pin(cpu);
    int64_t best = INT64_MAX;
    for (int i = 0; i < TRIES; i++)
        best = lesser(best, sum_up());
    return best;
}

static _Alignas(
    LINE) _Atomic int passes; /* even: the ball is with the first processor, odd: with the other */

static void *
return_the_ball(void *cpu)
{
    pin(*(int *)cpu);
    for (int pass = 1; pass < 2 * PASSES * MATCHES; pass += 2) {
        while (atomic_load(&passes) != pass)
            ;
        atomic_store(&passes, pass + 1);
    }
    return NULL;
}

static int64_t
one_match(int pass)
{
    int64_t began = now_ns();
    for (int end = pass + 2 * PASSES; pass < end; pass += 2) {
        atomic_store(&passes, pass + 1);
        while (atomic_load(&passes) != pass + 2)
            ;
    }
    return (now_ns() - began) / PASSES;
}

static int64_t
line_between(int first, int other)
{
    pthread_t player;
    atomic_store(&passes, 0);
    pin(first);
    errno = pthread_create(&player, NULL, return_the_ball, &other);
    if (errno != 0)
        give_up("pthread_create");
    int64_t best = INT64_MAX;
    for (int match = 0; match < MATCHES; match++)
        best = lesser(best, one_match(2 * PASSES * match));
    (void)pthread_join(player, NULL);
    return best;
}

int
main(void)
{
    cpu_set_t ours;
    must(sched_getaffinity(0, sizeof ours, &ours), "sched_getaffinity");
    int first = -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, &ours))
            continue;
        if (first == -1)
            first = cpu;
        printf("%d %lld %lld\n", cpu, (long long)sums_on(cpu),
               (long long)(cpu == first ? 0 : line_between(first, cpu)));
    }
    return 0;
}
