/*
 * A near end that is joined with one connection after the other: of what is read from it, all that is not known to have
 * arrived is kept, and read again over the next connection. What is written goes through, and the end of it is not told
 * before all is over. The memory for it is bounded: while it is full nothing more is read.
 */
#ifndef SKT_ENDPOINT_REPLAY_H
#define SKT_ENDPOINT_REPLAY_H

#include "endpoint/endpoint.h"
#include <stdint.h>

/*
 * Wrap an end of bytes, which is closed with it. held_max: so many bytes that were read may not have been written yet.
 * Returns an endpoint, or NULL with STATUS_LOCAL, and then `inner` is closed.
 */
struct endpoint *replay_wrap(struct endpoint *inner, size_t held_max, struct fault *fault);

/* A connection begins; far, lent until it ends, says what has not arrived. Reading goes on with what is kept. */
void replay_begin(struct endpoint *endpoint, struct endpoint *far);

/* It has ended. So many bytes of what was read since it began have arrived, and are not kept any longer. */
void replay_end(struct endpoint *endpoint, uint64_t arrived);

/* Bytes that were read and are not known to have arrived. Has the input come to its own end? */
uint64_t replay_kept(const struct endpoint *endpoint);
bool replay_has_ended(const struct endpoint *endpoint);

/* All is over: tell the wrapped end that nothing more is written. Returns 0, or -1 with STATUS_LOCAL. */
int replay_finish(struct endpoint *endpoint, struct fault *fault);

#endif
