/*
 * Messages in batches: what one call has read is held as trains (endpoint/batch.h), and goes out as messages, several
 * in a call, or marked up as bytes, several in a write. Part of a transfer, where its endpoints can do that; nothing
 * that can be told apart from outside depends on it.
 */
#ifndef SKT_PUMP_MESSAGE_H
#define SKT_PUMP_MESSAGE_H

#include "pump/transfer.h"

/* Get room for batches, if there are any to be read. Returns 0, or -1 with errno. */
int message_start(struct transfer *transfer);
void message_stop(struct transfer *transfer);

/* Bytes of messages that were read and are not in the transfer's buffer. Is there any message, which may be empty? */
size_t message_held(const struct transfer *transfer);
bool message_is_held(const struct transfer *transfer);

/* Has the last read taken only a part of what was there, as far as is known? */
bool message_may_have_more(const struct transfer *transfer);

/*
 * Read a batch while nothing is held. IO_FAILED also for a message that cannot be marked up, or shown: those before
 * it are held.
 */
enum io message_read(struct transfer *transfer, struct fault *fault);

/* Do messages go out several at once? */
bool message_sends(const struct transfer *transfer);

/* Send what is held: messages of a batch, or records of the buffer, of which transfer->next is the first. */
enum io message_send(struct transfer *transfer, struct fault *fault);

/*
 * To a sink of bytes: fill the empty buffer with whole messages, marked up, as many as may go out in one write. Where
 * message_is_direct says so, the next write is message_write_direct, of messages that need not be copied for it.
 */
void message_fill(struct transfer *transfer);
bool message_is_direct(const struct transfer *transfer);
enum io message_write_direct(struct transfer *transfer, struct fault *fault);

#endif
