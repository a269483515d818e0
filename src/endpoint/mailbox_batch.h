/*
 * Inside a mailbox: its state, and how it reads and writes batches. Only mailbox.c and mailbox_batch.c include it.
 */
#ifndef SKT_ENDPOINT_MAILBOX_BATCH_H
#define SKT_ENDPOINT_MAILBOX_BATCH_H

#include "endpoint/batch.h"
#include "endpoint/envelope.h"
#include "endpoint/mailbox.h"

enum { SENDER_ERRORS_MAX = 1000 }; /* pending at once: the kernel tells each only once */

enum { MAILBOX_WHO_SIZE = 80 };

struct mailbox {
    struct endpoint base;
    int fds[MAILBOX_SOCKETS_MAX]; /* -1: closed, because the only sender uses another */
    size_t count;
    const struct domain *domain;
    const struct type *type;
    struct mailbox_choice choice;
    struct envelope envelope;
    struct address sender;      /* the last one, or the only one */
    char who[MAILBOX_WHO_SIZE]; /* that has sent the message just received; "": not known */
    int sender_fd;              /* where it wrote to; -1: nobody has written yet */
    struct origin origin;       /* where it wrote to, for answers */
    bool tells_origins[MAILBOX_SOCKETS_MAX], tells_senders[MAILBOX_SOCKETS_MAX];
    bool connected;                         /* to the only sender */
    struct bulk bulks[MAILBOX_SOCKETS_MAX]; /* with reads_batches and writes_batches */
    struct sequel sequel;
    struct pieces
        pieces[MAILBOX_SOCKETS_MAX]; /* of the message that is coming in by each socket: one at a time */
};

/*
 * recvmsg(2) on socket `i` has put *got bytes of a sender's, sent to `origin`, into `data`: IO_DONE if they are a message, with *got bytes
 * of payload, or what it means that they are none.
 */
enum io mailbox_take_message(struct mailbox *mailbox, size_t i, const struct address *sender,
                             const struct origin *origin, int flags, void *data, size_t room, size_t *got,
                             struct fault *fault);

/* What errno of a receiving call means. */
enum io mailbox_not_read(const struct mailbox *mailbox, int error, struct fault *fault);

/* Of the mailbox's operations (endpoint.h): the write of one message, and those of batches. */
enum io mailbox_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put,
                      struct fault *fault);
enum io mailbox_read_batch(struct endpoint *endpoint, struct batch *batch, struct fault *fault);
enum io mailbox_write_batch(struct endpoint *endpoint, const struct iovec *messages, size_t count,
                            size_t *sent, struct fault *fault);
uint64_t mailbox_dropped(struct endpoint *endpoint);

#endif
