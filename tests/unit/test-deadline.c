#include "base/deadline.h"
#include "tap.h"

int
main(void)
{
    ok(deadline_now() >= 0, "the clock does not run before zero");
    is_int(deadline_after(1000, 500), 1500, "a duration is added");
    is_int(deadline_after(1000, 0), 1000, "no duration is now");
    ok(deadline_after(1000, -1) == DEADLINE_NEVER, "a negative duration means never");
    ok(deadline_after(1000, INT64_MAX) == DEADLINE_NEVER, "a sum that is too large means never");
    ok(deadline_after(1000, INT64_MAX - 1000) == DEADLINE_NEVER, "so does one that just reaches it");
    ok(deadline_after(INT64_MAX, 1) == DEADLINE_NEVER, "never stays never");

    is_int(deadline_sooner(1, 2), 1, "the sooner of two is the first");
    is_int(deadline_sooner(2, 1), 1, "or the second");
    is_int(deadline_sooner(5, DEADLINE_NEVER), 5, "anything is sooner than never");

    ok(!deadline_passed(10, 9), "it has not passed before");
    ok(deadline_passed(10, 10), "it has passed when it is reached");
    ok(deadline_passed(10, 11), "and after");
    ok(!deadline_passed(DEADLINE_NEVER, INT64_MAX), "never does not pass");
    return tap_done();
}
