/*
 * Inside the pump: while bytes come fast, the source is asked to tell of them only when many are there (SO_RCVLOWAT,
 * socket(7)). That takes a quarter of the wake-ups, and the peer's kernel has less to do for each byte, too: its packets
 * are acknowledged many at a time.
 *
 * The last bytes of what came fast may so be held back, by GATHER_MS at most. Where that happens it is as ever from then on,
 * for longer each time that it happens without fast bytes in between.
 */
#ifndef SKT_PUMP_GATHER_H
#define SKT_PUMP_GATHER_H

#include "endpoint/endpoint.h"

/* Times are monotonic ms. Begin with {0}. */
struct gather {
    bool is_on;
    int64_t until;      /* on: so long for the next bytes; 0: they are not waited for */
    int64_t since;      /* of what the speed is known by; 0: of nothing yet */
    uint64_t before;    /* bytes that had come by then */
    int64_t not_before; /* off: it did no good */
    int64_t pause_ms;   /* the next one; 0: as short as it can be */
};

/* Bytes have come from the source, `taken` in all: is that fast enough to wait for so many, `worth`, at a time? */
void gather_note(struct gather *gather, struct endpoint *source, int worth, uint64_t taken, int64_t now);

/*
 * It is about to be waited for more of them. Returns the time until which, or DEADLINE_NEVER. Turns it off when that is over:
 * what there is, poll(2) then tells.
 */
int64_t gather_next(struct gather *gather, struct endpoint *source, int64_t now);

#endif
