/*
 * How much of what was written has arrived. What is acknowledged is counted in bytes of the wire, which are more than were
 * written, and a record that has come in part is of no use: so there is a mark behind each write. Pure.
 */
#ifndef SKT_ENDPOINT_TLS_MARKS_H
#define SKT_ENDPOINT_TLS_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_mark {
    uint64_t plain, wire; /* bytes since the beginning */
};

/* All zeroes at the start. */
struct tls_marks {
    struct tls_mark *items; /* in order; NULL: none */
    size_t from, to, room;
    uint64_t settled; /* plain bytes that are known to have arrived */
};

/* Will one more need memory? Those that have arrived need none, once tls_marks_settle knows. */
static inline bool
tls_marks_are_full(const struct tls_marks *marks)
{
    return marks->to == marks->room && marks->from == 0;
}

/*
 * So much was written until here, and has become so much. Without memory the mark before it is moved here: then less is
 * known to have arrived.
 */
void tls_marks_add(struct tls_marks *marks, uint64_t plain, uint64_t wire);

/* So many bytes of the wire have arrived. Returns how many plain ones that are. */
uint64_t tls_marks_settle(struct tls_marks *marks, uint64_t wire);

void tls_marks_free(struct tls_marks *marks);

#endif
