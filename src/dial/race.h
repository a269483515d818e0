/*
 * Happy eyeballs: connect to several addresses of one name, the next one started 250 ms after the last or as
 * soon as one fails, families taking turns; the first that answers wins (RFC 8305 sections 4 and 5).
 */
#ifndef SKT_DIAL_RACE_H
#define SKT_DIAL_RACE_H

#include "dial/open.h"
#include <poll.h>
#include <stdint.h>

enum { RACE_DELAY_MS = 250 };

/* So many run at once at most; more wait for one of them to fail. */
enum { RACE_RUNNERS_MAX = 32 };

/* Reorder in place so that families alternate, keeping each family's own order. */
void race_interleave(struct address_list *candidates);

/* One under way, which never waits by itself. */
struct race;

enum race_state { RACE_RUNS, RACE_WON, RACE_LOST };

/*
 * Race non-blocking connects. Plan and lists are lent, and outlive the race.
 *
 * sources   addresses to bind before, one of a candidate's family is used (may be empty: none is bound)
 * deadline  monotonic ms
 *
 * Returns a race to end, or NULL with STATUS_LOCAL. Nothing has been started before the first step.
 */
struct race *race_start(const struct socket_plan *plan, const struct address_list *candidates,
                        const struct address_list *sources, int64_t deadline, struct fault *fault);

/* Fill polls (room for RACE_RUNNERS_MAX) with what to wait for, until *deadline. Returns how many. */
size_t race_interest(struct race *race, struct pollfd *polls, int64_t *deadline);

/*
 * Go on, with the revents of the same polls; there are none before the first step.
 *
 * RACE_LOST: with the last candidate's reason (STATUS_CONNECT; one that this host has no way to does not hide the reason
 * of one that was reached), or STATUS_TIMEOUT. A connection to itself (local and peer address the same) counts as
 * refused. See connect(2) under EINPROGRESS for SO_ERROR.
 */
enum race_state race_step(struct race *race, const struct pollfd *polls, struct fault *fault);

/*
 * Free it. Sockets that have not won are closed. Returns the connected descriptor for the caller to close, *winner (an
 * index into candidates) and what was bound in *source; or -1.
 */
int race_end(struct race *race, size_t *winner, struct binding *source);

#endif
