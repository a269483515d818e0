/* When many bytes are waited for, and when no more. */
#include "base/deadline.h"
#include "pump/gather.h"
#include "tap.h"

enum { MIB = 1024 * 1024, WORTH = MIB / 2 };

static bool can_gather = true;
static int asked; /* the last that the source was asked for */

static bool
source_gather(struct endpoint *endpoint, int bytes)
{
    (void)endpoint;
    asked = bytes;
    return can_gather;
}

static const struct endpoint_ops able = { .gather = source_gather };
static const struct endpoint_ops unable = { .gather = NULL };

/* So many bytes each ms from `now` on, for so many ms. Returns when it is then. */
static int64_t
come(struct gather *gather, struct endpoint *source, uint64_t *taken, uint64_t each, int64_t now, int count)
{
    for (int i = 0; i < count; i++) {
        now++;
        *taken += each;
        gather_note(gather, source, WORTH, *taken, now);
    }
    return now;
}

static void
check_speed(void)
{
    struct endpoint source = { .ops = &able };
    struct gather gather = { 0 };
    uint64_t taken = 0;
    int64_t now = come(&gather, &source, &taken, 100 * 1000, 1000, 50);
    ok(!gather.is_on, "100 MB/s are not fast");
    is_int(gather_next(&gather, &source, now) == DEADLINE_NEVER, 1, "nothing is waited for then");
    now = come(&gather, &source, &taken, MIB, now, 5);
    ok(!gather.is_on, "nor is a burst of a few ms");
    now = come(&gather, &source, &taken, MIB, now, 30);
    ok(gather.is_on, "1 GB/s are");
    is_int(asked, WORTH, "the source is asked for many bytes at once");
    is_int(gather_next(&gather, &source, now) - now, 5, "they are waited for 5 ms");
    is_int(gather_next(&gather, &source, now + 3) - now, 5, "it stays that time");
    now = come(&gather, &source, &taken, MIB, now + 3, 1);
    is_int(gather_next(&gather, &source, now) - now, 5, "what comes begins it anew");
}

static void
check_silence(void)
{
    struct endpoint source = { .ops = &able };
    struct gather gather = { 0 };
    uint64_t taken = 0;
    int64_t now = come(&gather, &source, &taken, MIB, 1000, 30);
    int64_t quiet[2];
    for (int round = 0; round < 2; round++) {
        int64_t until = gather_next(&gather, &source, now);
        is_int(gather_next(&gather, &source, until) == DEADLINE_NEVER, 1, "after that time it is over (%d)",
               round);
        ok(!gather.is_on, "it is off (%d)", round);
        is_int(asked, 1, "the source tells of any byte again (%d)", round);
        int64_t off_at = now = until;
        for (int i = 0; i < 1000 && !gather.is_on; i++)
            now = come(&gather, &source, &taken, MIB, now, 1);
        ok(gather.is_on, "it comes back where bytes go on coming fast (%d)", round);
        quiet[round] = now - off_at;
    }
    ok(quiet[1] > quiet[0], "but later the second time");
}

static void
check_unable(void)
{
    struct endpoint source = { .ops = &unable };
    struct gather gather = { 0 };
    uint64_t taken = 0;
    (void)come(&gather, &source, &taken, MIB, 1000, 100);
    ok(!gather.is_on, "a source that has no such thing is left alone");
    source.ops = &able;
    can_gather = false;
    asked = 0;
    gather = (struct gather){ 0 };
    int64_t now = come(&gather, &source, &taken, MIB, 1000, 100);
    ok(asked > 1 && !gather.is_on, "one that refuses was asked");
    asked = 0;
    (void)come(&gather, &source, &taken, MIB, now, 100);
    is_int(asked, 0, "once");
    can_gather = true;
}

int
main(void)
{
    check_speed();
    check_silence();
    check_unable();
    return tap_done();
}
