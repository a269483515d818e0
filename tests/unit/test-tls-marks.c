#include "endpoint/tls_marks.h"
#include "tap.h"

static void
test_order(void)
{
    struct tls_marks marks = { .settled = 0 };
    is_int((long)tls_marks_settle(&marks, 1000), 0, "nothing was written, so nothing has arrived");
    tls_marks_add(&marks, 10, 132);
    tls_marks_add(&marks, 30, 174);
    is_int((long)tls_marks_settle(&marks, 131), 0, "a record that has come in part is of no use");
    is_int((long)tls_marks_settle(&marks, 132), 10, "one that has come in whole is");
    is_int((long)tls_marks_settle(&marks, 173), 10, "and not the next before its last byte");
    is_int((long)tls_marks_settle(&marks, 174), 30, "then that, too");
    is_int((long)tls_marks_settle(&marks, 100), 30, "what has arrived stays so");
    tls_marks_add(&marks, 31, 197);
    is_int((long)tls_marks_settle(&marks, 5000), 31, "more than was written is all of it");
    tls_marks_free(&marks);
}

static void
test_many(void)
{
    struct tls_marks marks = { .settled = 0 };
    bool is_right = true;
    uint64_t written = 0;
    for (; written < 1000; written++)
        tls_marks_add(&marks, written + 1, 23 * (written + 1));
    for (uint64_t wire = 0; wire <= 23000; wire += 7)
        is_right = is_right && tls_marks_settle(&marks, wire) == wire / 23;
    ok(is_right, "a thousand writes of a byte are told apart");
    for (; written < 100000; written++) {
        if (tls_marks_are_full(&marks))
            (void)tls_marks_settle(&marks, 23 * written - 100);
        tls_marks_add(&marks, written + 1, 23 * (written + 1));
    }
    ok(marks.room <= 2048, "those that have arrived take no room: %zu", marks.room);
    is_int((long)tls_marks_settle(&marks, 23 * written - 1), (long)written - 1, "and none is lost by that");
    tls_marks_free(&marks);
}

int
main(void)
{
    test_order();
    test_many();
    return tap_done();
}
