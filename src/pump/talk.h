/*
 * Inside the pump: the short way of a conversation, in which pieces come in on either side and go out whole on the other.
 * While neither has ended, and nothing is held, timed, cut or changed, what has to be waited for is the same before and after
 * a piece: the pump asks for it once, and goes the long way (carry.h) again with whatever is not such a piece.
 */
#ifndef SKT_PUMP_TALK_H
#define SKT_PUMP_TALK_H

#include "pump/joint.h"

/* Is a conversation all that the session is now? */
bool talk_is_on(const struct joint *joint);

/* While it is: when the clock ends it, if nothing comes. Ends at other times come of something else (ending.h). */
int64_t talk_next(const struct joint *joint);

/*
 * While it is: pass on what there is. near_ready, far_ready: bits of READY_; those of a side that was read are taken away.
 * Returns true if that was all, and nothing else has come of it. fault: room for what may go wrong.
 */
bool talk_step(struct joint *joint, unsigned *near_ready, unsigned *far_ready, struct fault *fault);

#endif
