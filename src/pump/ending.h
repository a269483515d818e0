/* When a session is over: by what has happened, or by the clock. */
#ifndef SKT_PUMP_ENDING_H
#define SKT_PUMP_ENDING_H

#include "pump/joint.h"

/*
 * With the peer gone and nobody but us to please (a terminal, or another client that waits), or with the reader
 * of standard output gone, input that is not there yet is not waited for.
 */
bool ending_awaits_only_input(const struct joint *joint);

/* The next point in time at which something is to be done without any descriptor being ready. */
int64_t ending_next(const struct joint *joint);

/*
 * Nothing is ready: is the session over by the clock, before anything else is written? A connection that is full, says
 * poll, may have room for a little, and that would count as traffic. What a pause has put off is written first.
 */
bool ending_is_due(struct joint *joint);

/* Is the session over? Some ends only begin here: then flows are told to end, and it is over later. */
bool ending_has_come(struct joint *joint);

#endif
