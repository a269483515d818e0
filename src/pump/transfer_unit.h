/*
 * What a transfer's reads and writes are, bytes or messages, and how large a message may be. Inside a transfer: only its
 * own files include it.
 */
#ifndef SKT_PUMP_TRANSFER_UNIT_H
#define SKT_PUMP_TRANSFER_UNIT_H

#include "pump/transfer.h"

enum {
    TRANSFER_MESSAGE_SIZE = 1024 * 1024, /* larger than any datagram; a Unix record is bounded by SO_SNDBUF */
    TRANSFER_READ_SIZE = 128 * 1024,     /* the most that one read makes into one message */
};

static inline bool
transfer_takes_messages(const struct transfer *transfer)
{
    return transfer->source->unit == UNIT_MESSAGES;
}

static inline bool
transfer_gives_messages(const struct transfer *transfer)
{
    return transfer->sink->unit == UNIT_MESSAGES;
}

/* Bytes in, messages out, told apart by marks. */
static inline bool
transfer_cuts(const struct transfer *transfer)
{
    return !transfer_takes_messages(transfer) && transfer_gives_messages(transfer) &&
           transfer->records.kind != RECORD_NONE;
}

/* The buffer holds one message at a time. */
static inline bool
transfer_holds_one(const struct transfer *transfer)
{
    return transfer_takes_messages(transfer) ||
           (transfer_gives_messages(transfer) && !transfer_cuts(transfer));
}

/* Bytes of the largest message that the sink takes. */
static inline size_t
transfer_sink_max(const struct transfer *transfer)
{
    size_t most = TRANSFER_MESSAGE_SIZE - RECORD_PREFIX_MAX - RECORD_SUFFIX_MAX;
    return transfer->sink->message_max < most ? transfer->sink->message_max : most;
}

/* Bytes that one read makes into one message. */
static inline size_t
transfer_read_as_message(const struct transfer *transfer)
{
    size_t most = transfer_sink_max(transfer);
    return most < TRANSFER_READ_SIZE ? most : TRANSFER_READ_SIZE;
}

/* Bytes of the largest message that comes of what is read. */
static inline size_t
transfer_message_max(const struct transfer *transfer)
{
    return transfer_cuts(transfer) ? transfer_sink_max(transfer) : transfer_read_as_message(transfer);
}

#endif
