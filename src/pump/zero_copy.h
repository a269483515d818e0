/*
 * A transfer's bytes moved inside the kernel (splice.h): when that begins, and what a read and a write are from then on.
 * Part of a transfer of bytes that nobody has to see; nothing that can be told apart from outside depends on it.
 */
#ifndef SKT_PUMP_ZERO_COPY_H
#define SKT_PUMP_ZERO_COPY_H

#include "pump/transfer.h"

/* Set a new transfer's. is_allowed: its bytes may pass unseen. A file's begin at once: they need no waiting for. */
void zero_copy_start(struct transfer *transfer, bool is_allowed);

/* Are bytes moved that way? What the buffer still holds goes out before them. */
static inline bool
zero_copy_is_on(const struct transfer *transfer)
{
    return transfer->splice.begun && transfer->splice.way != SPLICE_NONE;
}

/* Shall it begin as soon as the buffer is empty? */
static inline bool
zero_copy_is_due(const struct transfer *transfer)
{
    return transfer->is_bulk && transfer->may_splice && !transfer->splice.begun && !transfer->source_ended;
}

/* Begin, if these two descriptors can do it. The buffer is empty. */
void zero_copy_begin(struct transfer *transfer);

/*
 * While it is on: one read from the source. Returns false if this one has to be a plain one, for what only the source
 * itself can tell: its end, or bytes that cannot be spliced.
 */
bool zero_copy_read(struct transfer *transfer, enum io *result, struct fault *fault);

/*
 * While it is on, and the buffer is empty: one write to the sink. Not after splice.refused: then what the kernel would
 * not move is taken into the buffer, to go out plainly and in its order. zero_copy_rescue returns 0, or -1 with
 * STATUS_LOCAL.
 */
enum io zero_copy_write(struct transfer *transfer, struct fault *fault);
int zero_copy_rescue(struct transfer *transfer, struct fault *fault);

#endif
