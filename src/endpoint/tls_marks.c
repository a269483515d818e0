#include "endpoint/tls_marks.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 16 };

/* Room for one more. Returns 0, or -1 without memory. */
static int
grow(struct tls_marks *marks)
{
    if (marks->from > 0) {
        marks->to -= marks->from;
        memmove(marks->items, marks->items + marks->from, marks->to * sizeof *marks->items);
        marks->from = 0;
    }
    if (marks->to < marks->room)
        return 0;
    size_t room = marks->room > 0 ? 2 * marks->room : ROOM_FIRST;
    struct tls_mark *items = reallocarray(marks->items, room, sizeof *items);
    if (!items)
        return -1;
    marks->items = items;
    marks->room = room;
    return 0;
}

void
tls_marks_add(struct tls_marks *marks, uint64_t plain, uint64_t wire)
{
    const struct tls_mark mark = { .plain = plain, .wire = wire };
    if (marks->to == marks->room && grow(marks) != 0 && marks->from == marks->to)
        return;
    if (marks->to == marks->room)
        marks->to--;
    marks->items[marks->to++] = mark;
}

uint64_t
tls_marks_settle(struct tls_marks *marks, uint64_t wire)
{
    for (; marks->from < marks->to && marks->items[marks->from].wire <= wire; marks->from++)
        marks->settled = marks->items[marks->from].plain;
    if (marks->from == marks->to)
        marks->from = marks->to = 0;
    return marks->settled;
}

void
tls_marks_free(struct tls_marks *marks)
{
    free(marks->items);
    *marks = (struct tls_marks){ .items = NULL };
}
