/*
 * Happy eyeballs: connect to several addresses of one name, the next one started 250 ms after the last or as
 * soon as one fails, families taking turns; the first that answers wins (RFC 8305 sections 4 and 5).
 */
#ifndef SKT_DIAL_RACE_H
#define SKT_DIAL_RACE_H

#include "base/loop.h"
#include "dial/open.h"
#include <stdint.h>

enum { RACE_DELAY_MS = 250 };

/* Reorder in place so that families alternate, keeping each family's own order. */
void race_interleave(struct address_list *candidates);

/*
 * Race non-blocking connects. sources: addresses to bind before, one of a candidate's family is used
 * (may be empty: none is bound). Sockets that lose are closed.
 *
 * Returns a connected descriptor for the caller to close, *winner (an index into candidates) and what was
 * bound in *source, or -1: the last candidate's reason (STATUS_CONNECT; one that this host has no way to does
 * not hide the reason of one that was reached), STATUS_TIMEOUT, or a signal. A connection to itself (local
 * and peer address the same) counts as refused. See connect(2) under EINPROGRESS for SO_ERROR.
 */
int race(struct loop *loop, const struct socket_plan *plan, const struct address_list *candidates,
         const struct address_list *sources, int64_t deadline, size_t *winner, struct binding *source,
         struct fault *fault);

#endif
