/*
 * One direction's carrying: what is read from a source, held, and written to a sink.
 *
 * What a read and a write are (bytes or messages) comes from the two endpoints; where they differ, the record
 * format says how messages are marked in the bytes (record.h). A message is never cut, joined or dropped: it
 * is read whole into an empty buffer and written whole.
 */
#ifndef SKT_PUMP_TRANSFER_H
#define SKT_PUMP_TRANSFER_H

#include "endpoint/endpoint.h"
#include "observe/observer.h"
#include "pump/buffer.h"
#include "pump/record.h"
#include "pump/splice.h"

/* Bytes of a stream that were read and not written yet are no more than this. */
enum { TRANSFER_HELD_MAX = 1024 * 1024 };

/* So much at once is no conversation. */
enum { TRANSFER_BULK_SIZE = 32 * 1024 };

struct transfer {
    struct endpoint *source, *sink;
    enum direction direction;
    struct record_format records;
    bool crlf;         /* LF becomes CR LF */
    bool by_line;      /* a write ends at a line's end */
    bool one_by_one;   /* messages are read and written one at a time: something happens between them */
    uint64_t block;    /* a read or write ends at a multiple of this, and only whole ones go on; 0: none */
    bool stays_inside; /* bytes may be moved inside the kernel: nobody has to see them */
    struct observer *observers; /* see what crosses the far endpoint */
    const char *who;            /* whose it is (observer.h) */
    struct buffer_shelf *shelf; /* of its buffer */

    bool is_plain; /* bytes go as they come, from one plain descriptor to another */
    struct buffer buffer;
    struct splice splice;
    bool may_splice;  /* both ends are plain, and it has not been refused */
    bool is_bulk;     /* worth the splicing, from the next time on that the buffer is empty */
    bool asks_source; /* the next read has to be a plain one */
    int source_error; /* errno of the source's that a splice was told; the next read tells it */
    bool after_cr;
    bool source_ended;
    bool holds_message;      /* the buffer holds exactly one message, which may be empty */
    enum record_found found; /* bytes cut into messages: is the next one whole? */
    struct record next;
    struct totals taken, given; /* read from the source, written to the sink */
    struct batch *batch;        /* messages that one call has read (message.h); NULL: one by one */
    size_t batch_next;          /* the first of its trains that has not gone out */
    uint64_t shown;             /* bytes, to observers */
    bool is_unseen;             /* an observer has failed with the last of them */
    uint64_t ambiguous;         /* messages whose end cannot be told in the marked-up bytes */
};

/* Set the rest of a transfer whose first group of fields is filled in. Returns 0, or -1 with STATUS_LOCAL. */
int transfer_start(struct transfer *transfer, struct fault *fault);
void transfer_free(struct transfer *transfer);

/* Give back the buffer's memory while nothing is in it; the next read takes it anew. */
void transfer_rest(struct transfer *transfer);

/* Would a read now have somewhere to put its bytes? Would a write have something to write? */
bool transfer_has_room(const struct transfer *transfer);
bool transfer_finds_next(const struct transfer *transfer); /* where something is held, or not here */

static inline bool
transfer_has_next(const struct transfer *transfer)
{
    bool is_idle = buffer_size(&transfer->buffer) == 0 && !transfer->holds_message && !transfer->batch &&
                   !transfer->splice.begun;
    return !is_idle && transfer_finds_next(transfer);
}

/* Is nothing held, and does what a read brings go out as it is, by one write? */
static inline bool
transfer_passes_pieces(const struct transfer *transfer)
{
    return transfer->is_plain && buffer_size(&transfer->buffer) == 0 && !transfer->is_bulk &&
           !transfer->splice.begun;
}

/* Bytes that are known and not written yet. A message that is held may have none: is there nothing at all? */
uint64_t transfer_left(const struct transfer *transfer);
bool transfer_is_empty(const struct transfer *transfer);

/* One read from the source, or one batch of them. IO_FAILED also for bytes that are no record. */
enum io transfer_read(struct transfer *transfer, struct fault *fault);

/* The source has ended: what is held is all there will be. IO_FAILED if it ends within a record. */
enum io transfer_end(struct transfer *transfer, struct fault *fault);

/* Call when no more will be written, and before the descriptors are closed: they are left as they were found. */
void transfer_finish(struct transfer *transfer);

/* One write to the sink, or one batch of them. *unit_ended: a message or a whole line has gone out. */
enum io transfer_write(struct transfer *transfer, bool *unit_ended, struct fault *fault);

/* For message.c: have observers see what crosses the far endpoint. Returns 0, or -1 with fault (observer.h). */
int transfer_show(struct transfer *transfer, const void *data, size_t size, struct fault *fault);

/*
 * Write bytes or one message that were not read from the source, as if they had been: for a source that has them at hand
 * while nothing is held. Where that is not the case, or what is read does not go out as it is, it is IO_AGAIN.
 */
enum io transfer_pass(struct transfer *transfer, const void *data, size_t size, size_t *put,
                      struct fault *fault);

#endif
