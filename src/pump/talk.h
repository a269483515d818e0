/*
 * Inside the pump: the short way of a conversation, in which pieces come in on either side and go out whole on the other.
 * While neither has ended, and nothing is held, timed, cut or changed, what has to be waited for is the same before and after
 * a piece: the pump asks for it once, and goes the long way (carry.h) again with whatever is not such a piece.
 */
#ifndef SKT_PUMP_TALK_H
#define SKT_PUMP_TALK_H

#include "pump/joint.h"
#include <poll.h>

/* Is a conversation all that the session is now? */
bool talk_is_on(const struct joint *joint);

/* While it is: when the clock ends it, if nothing comes. Ends at other times come of something else (ending.h). */
int64_t talk_next(const struct joint *joint);

/* Which side was read. */
struct talk_read {
    bool near, far;
};

/*
 * While it is: pass on what there is. polls: `count`, with what was found, the first near_count of them of the near side.
 * Returns true if that was all, and nothing else has come of it. *read: false to begin with. fault: room for what may go
 * wrong.
 */
bool talk_step(struct joint *joint, const struct pollfd *polls, size_t near_count, size_t count,
               struct talk_read *read, struct fault *fault);

#endif
