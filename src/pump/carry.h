/*
 * Inside the pump: one direction, carried one step. What has happened is told to joint.h, which knows what follows from it.
 */
#ifndef SKT_PUMP_CARRY_H
#define SKT_PUMP_CARRY_H

#include "pump/joint.h"

/* What to ask of an endpoint that is the source of one flow and the sink of the other: bits of WANT_. */
unsigned carry_wants(const struct joint *joint, const struct flow *from, const struct flow *to);

/* When to ask again, though the flow's source has not been heard of; to be called with those. */
int64_t carry_next(struct joint *joint, struct flow *flow);

/*
 * As far as it goes now: one read, one write. source_ready, sink_ready: bits of READY_. fault: room for what may go
 * wrong.
 */
void carry(struct joint *joint, struct flow *flow, unsigned source_ready, unsigned sink_ready,
           struct fault *fault);

/* What came of a read from a flow's source, of a write to its sink. unit_ended: a message, or a line, has gone out whole. */
void carry_note_read(struct joint *joint, struct flow *flow, enum io result, struct fault *fault);
void carry_note_write(struct joint *joint, struct flow *flow, enum io result, bool unit_ended,
                      const struct fault *fault);

/*
 * Write to the sink what comes from elsewhere than the source, which has nothing before it. Returns true if all of it is on
 * its way; *put is how much is.
 */
bool carry_past(struct joint *joint, struct flow *flow, const void *data, size_t size, size_t *put);

/* Has something befallen what a sink wants whole? */
bool carry_is_spoilt(const struct joint *joint, const struct flow *flow);

#endif
