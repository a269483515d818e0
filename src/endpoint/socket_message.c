#include "endpoint/socket_message.h"

#include "base/fd.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

struct messages *
messages_new(struct socket *socket, const struct address *peer)
{
    const struct type *type = socket->type;
    struct messages *messages = calloc(1, sizeof *messages);
    if (!messages)
        return NULL;
    if (type->addressed)
        messages->peer = *peer;
    if (socket->domain->has_trains && socket->domain->has_trains(socket->fd, type)) {
        socket->base.reads_batches = socket->base.writes_batches = true;
        messages->bulk = bulk_make(socket->fd, socket->choice.is_shared);
    }
    if (type->accepts && !type->no_empty && !socket->choice.is_left) {
        const int on = 1; /* a family without it has no empty records */
        messages->marks_records = setsockopt(socket->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
    }
    return messages;
}

void
messages_free(struct messages *messages)
{
    if (!messages)
        return;
    pieces_free(&messages->pieces);
    sequel_free(&messages->sequel);
    free(messages);
}

/* A message of ours that nobody took came back, without its bytes. */
static enum io
came_back(const struct socket *socket, struct fault *fault)
{
    (void)fault_say(fault, STATUS_CONNECTION, "a message came back: nobody is there, or has no room for it",
                    "%s", socket->name);
    return IO_FAILED;
}

enum io
socket_take_notice(struct socket *socket, const void *notice, size_t size, struct fault *fault)
{
    switch (socket->domain->notice ? socket->domain->notice(notice, size) : NOTICE_OTHER) {
    case NOTICE_ENDED:
        return socket_ended(socket);
    case NOTICE_LOST:
        return socket_broke(socket, ECONNRESET, fault);
    case NOTICE_OTHER:
        break;
    }
    return IO_AGAIN;
}

bool
socket_is_end(const struct socket *socket, const struct msghdr *message)
{
    const struct type *type = socket->type;
    if (!type->accepts || message->msg_controllen > 0 || (type->end_error != 0 && !type->no_empty))
        return false;
    return !type->no_empty || fd_is_ready(socket->fd, POLLRDHUP);
}

/* What recvmsg(2) has put into `data`: a message, of *got bytes, or what it means that it is none. */
static enum io
take_message(struct socket *socket, const struct msghdr *message, void *data, size_t room, size_t *got,
             struct fault *fault)
{
    if (message->msg_flags & NOTICE_FLAG)
        return socket_take_notice(socket, data, *got, fault);
    if (*got == 0 && socket_is_end(socket, message))
        return socket->broken == ECONNRESET ? socket_broke(socket, ECONNRESET, fault) : socket_ended(socket);
    if (*got == 0 && socket->type->paired)
        return socket_broke(socket, ENETDOWN, fault); /* no message of a circuit is empty (vcc_recvmsg) */
    if (*got == 0 && socket->type->no_empty && !socket->type->accepts)
        return came_back(socket, fault);
    if (*got == 0 && !socket->type->half_closes &&
        socket->choice.eof_message) /* the connection may still end */
        return socket->type->unread_lost ? IO_ENDED : socket_ended(socket);
    return envelope_open(&socket->envelope, &socket->base, socket->fd, &socket->messages->pieces,
                         message->msg_flags, data, room, got, fault);
}

enum io
socket_read_message(struct socket *socket, void *data, size_t room, size_t *got, struct fault *fault)
{
    union {
        struct cmsghdr aligned;
        char space[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec vector = { .iov_base = data, .iov_len = room };
    bool told = socket->messages->marks_records; /* others would get descriptors that nobody asked for */
    struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = told ? &control : NULL,
        .msg_controllen = told ? sizeof control : 0,
    };
    /* frames (packet(7)) refuse the last flag, which means nothing where no descriptors can come */
    int flags = MSG_DONTWAIT | MSG_TRUNC | (told ? MSG_CMSG_CLOEXEC : 0);
    ssize_t n;
    do
        n = recvmsg(socket->fd, &message, (flags & ~socket->type->no_flags) | socket->choice.receive_flags);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return socket_not_received(socket, fault);
    *got = (size_t)n;
    return take_message(socket, &message, data, room, got, fault);
}

static enum io
take_arrival(void *context, const struct arrival *arrival, size_t *size, struct fault *fault)
{
    struct socket *socket = context;
    const struct msghdr message = { .msg_flags = arrival->flags };
    *size = arrival->train.size;
    return take_message(socket, &message, arrival->train.data, BATCH_SLOT_SIZE, size, fault);
}

enum io
socket_read_batch(struct endpoint *endpoint, struct batch *batch, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    if (socket->messages->sequel.result != IO_DONE)
        return sequel_tell(&socket->messages->sequel, fault);
    int count = bulk_receive(&socket->messages->bulk, socket->fd, socket->choice.receive_flags, batch);
    if (count < 0)
        return socket_not_received(socket, fault);
    if (bulk_tells_drops(&socket->messages->bulk) && socket->choice.on_drop)
        socket->choice.on_drop(socket->choice.context, socket->name);
    return bulk_sort(batch, count, take_arrival, socket, &socket->messages->sequel, fault);
}

/* send(2) took `n` of the message. The pump writes the same one again until all of it is taken. */
static enum io
was_taken(struct socket *socket, size_t size, size_t n, size_t *put, struct fault *fault)
{
    struct messages *messages = socket->messages;
    bool is_part = messages->part + n < size;
    if (is_part && socket->type->continues) {
        messages->part += n;
        return IO_AGAIN;
    }
    if (is_part) {
        (void)fault_say(fault, STATUS_CONNECTION, "the kernel cut a message short", "%s: %zu of %zu bytes",
                        socket->name, n, size);
        return IO_FAILED;
    }
    *put = messages->part + n;
    messages->part = 0;
    return IO_DONE;
}

enum io
socket_write_message(struct socket *socket, const void *data, size_t size, size_t *put, struct fault *fault)
{
    const struct messages *messages = socket->messages;
    if (envelope_check(&socket->envelope, &socket->base, size, fault) != IO_DONE)
        return IO_FAILED;
    ssize_t n = envelope_send(&socket->envelope, socket->fd, (const char *)data + messages->part,
                              size - messages->part, &messages->peer);
    return n >= 0 ? was_taken(socket, size, (size_t)n, put, fault)
                  : socket_not_written(socket, errno, size, fault);
}

/* The refusal of the first may have come while others were sent, and nothing else may ask for it any more. */
enum io
socket_write_batch(struct endpoint *endpoint, const struct iovec *messages, size_t count, size_t *sent,
                   struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    int error = bulk_send(&socket->messages->bulk, socket->fd, socket->envelope.send_flags, messages, count,
                          &socket->messages->peer, NULL, sent);
    if (error == 0) {
        error = socket_pending_error(socket->fd);
        return error == 0 ? IO_DONE : socket_broke(socket, error, fault);
    }
    enum io result = socket_not_written(socket, error, messages[*sent].iov_len, fault);
    return *sent > 0 && result != IO_FAILED ? IO_DONE : result;
}

uint64_t
socket_dropped(struct endpoint *endpoint)
{
    const struct socket *socket = (const struct socket *)endpoint;
    return endpoint->reads_batches ? bulk_dropped(&socket->messages->bulk, socket->fd) : 0;
}
