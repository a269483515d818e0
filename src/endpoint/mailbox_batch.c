#include "endpoint/mailbox_batch.h"

#include <errno.h>
#include <string.h>

struct place {
    struct mailbox *mailbox;
    size_t i;
};

/* From the only sender, and whole: mailbox_take_message would find nothing to do that was not done with its first. */
static bool
is_more_of_the_same(const struct mailbox *mailbox, const struct arrival *arrival)
{
    const struct address *sender = &arrival->sender;
    return mailbox->connected && mailbox->sender_fd >= 0 && !mailbox->choice.takes_all &&
           arrival->flags == 0 && arrival->train.size > 0 && sender->length == mailbox->sender.length &&
           memcmp(&sender->name, &mailbox->sender.name, sender->length) == 0;
}

static enum io
take_arrival(void *context, const struct arrival *arrival, size_t *size, struct fault *fault)
{
    const struct place *place = context;
    *size = arrival->train.size;
    if (is_more_of_the_same(place->mailbox, arrival))
        return IO_DONE;
    return mailbox_take_message(place->mailbox, place->i, &arrival->sender, &arrival->origin, arrival->flags,
                                arrival->train.data, BATCH_SLOT_SIZE, size, fault);
}

static enum io
receive_batch(struct mailbox *mailbox, size_t i, struct batch *batch, struct fault *fault)
{
    struct place place = { .mailbox = mailbox, .i = i };
    int count, told = 0;
    do
        count = bulk_receive(&mailbox->bulks[i], mailbox->fds[i], mailbox->choice.receive_flags, batch);
    while (count < 0 && envelope_concerns_a_peer(errno) && ++told < SENDER_ERRORS_MAX);
    if (count < 0)
        return mailbox_not_read(mailbox, errno, fault);
    if (bulk_tells_drops(&mailbox->bulks[i]) && mailbox->choice.on_drop)
        mailbox->choice.on_drop(mailbox->choice.context, mailbox->base.name);
    return bulk_sort(batch, count, take_arrival, &place, &mailbox->sequel, fault);
}

enum io
mailbox_read_batch(struct endpoint *endpoint, struct batch *batch, struct fault *fault)
{
    struct mailbox *mailbox = (struct mailbox *)endpoint;
    if (mailbox->sequel.result != IO_DONE)
        return sequel_tell(&mailbox->sequel, fault);
    for (size_t i = 0; i < mailbox->count; i++) {
        enum io result = mailbox->fds[i] < 0 ? IO_AGAIN : receive_batch(mailbox, i, batch, fault);
        if (result != IO_AGAIN)
            return result;
    }
    return IO_AGAIN;
}

static struct bulk *
sender_bulk(struct mailbox *mailbox)
{
    size_t i = 0;
    while (mailbox->fds[i] != mailbox->sender_fd)
        i++;
    return &mailbox->bulks[i];
}

/* Where the batch stops, the write of one message says why, after trying once more. */
enum io
mailbox_write_batch(struct endpoint *endpoint, const struct iovec *messages, size_t count, size_t *sent,
                    struct fault *fault)
{
    struct mailbox *mailbox = (struct mailbox *)endpoint;
    *sent = 0;
    if (mailbox->sender_fd < 0)
        return IO_AGAIN;
    while (*sent < count) {
        size_t n;
        (void)bulk_send(sender_bulk(mailbox), mailbox->sender_fd, mailbox->envelope.send_flags,
                        messages + *sent, count - *sent, mailbox->connected ? NULL : &mailbox->sender,
                        &mailbox->origin, &n);
        *sent += n;
        if (*sent == count)
            break;
        const struct iovec *next = &messages[*sent];
        enum io result = mailbox_write(endpoint, next->iov_base, next->iov_len, &n, fault);
        if (result != IO_DONE)
            return *sent > 0 && result != IO_FAILED ? IO_DONE : result;
        ++*sent;
    }
    return IO_DONE;
}

uint64_t
mailbox_dropped(struct endpoint *endpoint)
{
    const struct mailbox *mailbox = (const struct mailbox *)endpoint;
    uint64_t dropped = 0;
    for (size_t i = 0; i < mailbox->count && endpoint->reads_batches; i++)
        if (mailbox->fds[i] >= 0)
            dropped += bulk_dropped(&mailbox->bulks[i], mailbox->fds[i]);
    return dropped;
}
