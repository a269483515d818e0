#include "endpoint/mailbox.h"

#include "base/fd.h"
#include "endpoint/pieces.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    DISCARD_ROUNDS = 64
}; /* messages thrown away in one go while settling; more waits for the next call */

enum { SENDER_ERRORS_MAX = 1000 }; /* pending at once: the kernel tells each only once */

struct mailbox {
    struct endpoint base;
    int fds[MAILBOX_SOCKETS_MAX]; /* -1: closed, because the only sender uses another */
    size_t count;
    const struct domain *domain;
    const struct type *type;
    struct mailbox_choice choice;
    struct address sender; /* the last one, or the only one */
    int sender_fd;         /* where it wrote to; -1: nobody has written yet */
    bool connected;        /* to the only sender */
    struct socket_header header;
    struct pieces
        pieces[MAILBOX_SOCKETS_MAX]; /* of the message that is coming in by each socket: one at a time */
};

static size_t
mailbox_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    (void)now;
    const struct mailbox *mailbox = (const struct mailbox *)endpoint;
    for (size_t i = 0; i < mailbox->count; i++) {
        short events = wants & WANT_READ ? POLLIN : 0;
        if (wants & WANT_WRITE && mailbox->fds[i] == mailbox->sender_fd)
            events |= POLLOUT;
        polls[i] = (struct pollfd){ .fd = events ? mailbox->fds[i] : -1, .events = events };
    }
    return mailbox->count;
}

static unsigned
mailbox_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    (void)endpoint;
    unsigned ready = 0;
    for (size_t i = 0; i < count; i++) {
        if (wants & WANT_READ && polls[i].revents & (POLLIN | POLLERR | POLLHUP))
            ready |= READY_READ;
        if (wants & WANT_WRITE && polls[i].revents & (POLLOUT | POLLERR | POLLHUP))
            ready |= READY_WRITE;
    }
    return ready;
}

static enum io
mailbox_failed(const struct mailbox *mailbox, struct fault *fault)
{
    (void)fault_set(fault, STATUS_CONNECTION, "%s", mailbox->base.name);
    return IO_FAILED;
}

/* Errors that tell of an earlier message to somebody: no reason for a listener to end. */
static bool
concerns_a_sender(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == ECONNRESET ||
           error == EPERM || error == ENOENT || error == EPIPE || error == ENOTCONN;
}

/*
 * From the first sender on, only that one: the kernel refuses the others (connect(2) on datagrams), or, where it
 * would refuse what the sender sends to a group as well, note_sender does.
 */
static void
keep_only(struct mailbox *mailbox, int fd)
{
    bool connects = !mailbox->type->paired && !mailbox->type->addressed && !mailbox->choice.hears_groups;
    if (connects)
        mailbox->connected =
            connect(fd, (struct sockaddr *)&mailbox->sender.name, mailbox->sender.length) == 0;
    if (mailbox->type->listens)
        (void)listen(fd, 0); /* nobody else is taken in; who got in before is not heard */
    mailbox->base.message_max = domain_message_max(mailbox->domain, fd, mailbox->type);
    for (size_t i = 0; i < mailbox->count; i++)
        if (mailbox->fds[i] != fd)
            (void)fd_close(&mailbox->fds[i]);
}

/* Local sockets that were never bound write without a name: they cannot be told apart, and count as one. */
static bool
is_same_sender(const struct mailbox *mailbox, const struct address *sender)
{
    if (sender->length == 0 || mailbox->sender.length == 0)
        return sender->length == mailbox->sender.length;
    return domain_same(mailbox->domain, &mailbox->sender, sender);
}

/* Note who wrote. Returns false for a message that is not from the only sender. */
static bool
note_sender(struct mailbox *mailbox, int fd, const struct address *sender)
{
    bool known = mailbox->sender_fd >= 0;
    bool same = known && is_same_sender(mailbox, sender);
    if (known && !same && !mailbox->choice.takes_all)
        return false; /* it was queued before the socket was connected to the first */
    mailbox->sender = *sender;
    mailbox->sender_fd = mailbox->base.socket = fd;
    if (!same && mailbox->choice.on_sender)
        mailbox->choice.on_sender(mailbox->choice.context, sender);
    if (!known && !mailbox->choice.takes_all)
        keep_only(mailbox, fd);
    return true;
}

/* An answer that nobody took came back, without its bytes. */
static enum io
came_back(const struct mailbox *mailbox, const struct address *sender, struct fault *fault)
{
    errno = EHOSTUNREACH;
    if (!mailbox->choice.takes_all || !mailbox->choice.on_undelivered)
        return mailbox_failed(mailbox, fault);
    mailbox->choice.on_undelivered(mailbox->choice.context, sender, errno);
    return IO_AGAIN;
}

/* What came is no message but tells of one, or of its sender. */
static enum io
take_notice(struct mailbox *mailbox, const struct address *about, const void *notice, size_t size,
            struct fault *fault)
{
    enum notice means = mailbox->domain->notice ? mailbox->domain->notice(notice, size) : NOTICE_OTHER;
    bool is_ours = mailbox->sender_fd >= 0 && is_same_sender(mailbox, about);
    if (means == NOTICE_LOST && mailbox->choice.takes_all && mailbox->choice.on_undelivered)
        mailbox->choice.on_undelivered(mailbox->choice.context, about, ECONNRESET);
    if (!is_ours || mailbox->choice.takes_all || means == NOTICE_OTHER)
        return IO_AGAIN;
    errno = ECONNRESET;
    return means == NOTICE_ENDED ? IO_ENDED : mailbox_failed(mailbox, fault);
}

static enum io
receive(struct mailbox *mailbox, size_t i, void *data, size_t room, size_t *got, struct fault *fault)
{
    const int fd = mailbox->fds[i];
    struct address sender = { .length = 0 };
    struct iovec vector = { .iov_base = data, .iov_len = room };
    struct msghdr message = {
        .msg_name = &sender.name,
        .msg_namelen = sizeof sender.name,
        .msg_iov = &vector,
        .msg_iovlen = 1,
    };
    int flags = ((MSG_DONTWAIT | MSG_TRUNC) & ~mailbox->type->no_flags) | mailbox->choice.receive_flags;
    ssize_t n;
    int told = 0; /* an error that does not pass is no news of a sender */
    do
        n = recvmsg(fd, &message, flags);
    while (n < 0 && (errno == EINTR || (concerns_a_sender(errno) && ++told < SENDER_ERRORS_MAX)));
    if (n < 0 && errno != EAGAIN && errno == mailbox->type->loss_error) {
        if (mailbox->choice.on_loss)
            mailbox->choice.on_loss(mailbox->choice.context, mailbox->base.name);
        return IO_AGAIN;
    }
    if (n < 0)
        return errno == EAGAIN ? IO_AGAIN : mailbox_failed(mailbox, fault);
    sender.length = message.msg_namelen;
    if (message.msg_flags & NOTICE_FLAG)
        return take_notice(mailbox, &sender, data, (size_t)n, fault);
    if (n == 0 && mailbox->type->paired) {
        errno = ENETDOWN; /* no message of a circuit is empty (vcc_recvmsg) */
        return mailbox_failed(mailbox, fault);
    }
    if (n == 0 && mailbox->type->no_empty)
        return came_back(mailbox, &sender, fault);
    if (!note_sender(mailbox, fd, &sender))
        return IO_AGAIN;
    if (message.msg_flags & MSG_TRUNC) {
        mailbox->base.cut = true;
        (void)fault_say(fault, STATUS_CONNECTION, "message cut", "%s: %zd bytes, room for %zu",
                        mailbox->base.name, n, room);
        return IO_FAILED;
    }
    if (n == 0 && mailbox->choice.eof_message)
        return mailbox->choice.takes_all ? IO_AGAIN : IO_ENDED; /* one sender's end is not everybody's */
    *got = (size_t)n;
    bool is_last = !mailbox->type->marks_end || message.msg_flags & MSG_EOR;
    enum io joined = pieces_join(&mailbox->pieces[i], is_last, data, room, got, mailbox->base.name, fault);
    if (joined == IO_DONE && !mailbox->choice.keeps_headers)
        *got = socket_payload(mailbox->domain, fd, mailbox->type, data, *got);
    return joined;
}

static enum io
mailbox_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct mailbox *mailbox = (struct mailbox *)endpoint;
    for (size_t i = 0; i < mailbox->count; i++) {
        if (mailbox->fds[i] < 0)
            continue;
        enum io result = receive(mailbox, i, data, room, got, fault);
        if (result != IO_AGAIN)
            return result;
    }
    return IO_AGAIN;
}

/* The one we answer is gone. With one sender that is the end of writing; with many it is said, and on. */
static enum io
cannot_answer(struct mailbox *mailbox, size_t size, size_t *put, struct fault *fault)
{
    bool has_many = mailbox->choice.takes_all && mailbox->choice.on_undelivered;
    if (!has_many && mailbox->sender.length == 0) {
        (void)fault_say(fault, STATUS_CONNECTION, "the sender has no name that could be answered", "%s",
                        mailbox->base.name);
        return IO_FAILED;
    }
    if (!has_many)
        return mailbox_failed(mailbox, fault);
    mailbox->choice.on_undelivered(mailbox->choice.context, &mailbox->sender, errno);
    *put = size;
    return IO_DONE;
}

static ssize_t
send_to_sender(const struct mailbox *mailbox, const void *data, size_t size)
{
    return socket_send(mailbox->sender_fd, mailbox->type, mailbox->choice.send_flags, &mailbox->header, data,
                       size, mailbox->connected ? NULL : &mailbox->sender);
}

static enum io
mailbox_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct mailbox *mailbox = (struct mailbox *)endpoint;
    if (mailbox->sender_fd < 0)
        return IO_AGAIN; /* nobody to write to yet; reading finds one */
    if (size > mailbox->base.message_max)
        return socket_too_large(endpoint, size, fault);
    if (size == 0 && mailbox->type->no_empty) {
        (void)fault_say(fault, STATUS_LOCAL, "message too small", "%s: 0 bytes, at least 1",
                        mailbox->base.name);
        return IO_FAILED;
    }
    ssize_t n = send_to_sender(mailbox, data, size);
    if (n < 0 && concerns_a_sender(errno))
        n = send_to_sender(mailbox, data, size); /* the error may have been an earlier message's */
    if (n >= 0 && (size_t)n < size) {
        (void)fault_say(fault, STATUS_CONNECTION, "the kernel cut a message short", "%s: %zd of %zu bytes",
                        mailbox->base.name, n, size);
        return IO_FAILED;
    }
    if (n >= 0) {
        *put = (size_t)n;
        return IO_DONE;
    }
    if (errno == EAGAIN && mailbox->connected)
        return IO_AGAIN;
    if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
        return IO_PAUSE; /* poll knows only our own side of an unconnected socket */
    if (errno == EMSGSIZE)
        return socket_too_large(endpoint, size, fault);
    return cannot_answer(mailbox, size, put, fault);
}

static enum io
mailbox_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct mailbox *mailbox = (struct mailbox *)endpoint;
    size_t put;
    if (!mailbox->choice.eof_message)
        return IO_DONE;
    return mailbox_write(endpoint, "", 0, &put, fault);
}

static enum io
mailbox_lost(struct endpoint *endpoint, struct fault *fault)
{
    (void)endpoint;
    (void)fault;
    return IO_AGAIN;
}

static uint64_t
mailbox_unsettled(struct endpoint *endpoint)
{
    const struct mailbox *mailbox = (const struct mailbox *)endpoint;
    bool knows = mailbox->domain->unsettled && mailbox->sender_fd >= 0;
    return knows ? mailbox->domain->unsettled(mailbox->sender_fd, mailbox->type) : 0;
}

/* Throw away what has come in, of any size and from anybody; a notice among it may tell that ours have not arrived. */
static enum io
discard(struct mailbox *mailbox, struct fault *fault)
{
    char data[4096];
    for (int round = 0; round < DISCARD_ROUNDS; round++) {
        struct address about = { .length = 0 };
        struct iovec vector = { .iov_base = data, .iov_len = sizeof data };
        struct msghdr message = {
            .msg_name = &about.name,
            .msg_namelen = sizeof about.name,
            .msg_iov = &vector,
            .msg_iovlen = 1,
        };
        ssize_t n = recvmsg(mailbox->sender_fd, &message, MSG_DONTWAIT & ~mailbox->type->no_flags);
        if (n < 0 && errno != EINTR && !concerns_a_sender(errno))
            return errno == EAGAIN ? IO_DONE : mailbox_failed(mailbox, fault);
        about.length = message.msg_namelen;
        if (n >= 0 && message.msg_flags & NOTICE_FLAG &&
            take_notice(mailbox, &about, data, (size_t)n, fault) == IO_FAILED)
            return IO_FAILED;
    }
    return IO_DONE;
}

static enum io
mailbox_settle(struct endpoint *endpoint, struct fault *fault)
{
    struct mailbox *mailbox = (struct mailbox *)endpoint;
    if (mailbox->domain->notice && mailbox->sender_fd >= 0 && discard(mailbox, fault) == IO_FAILED)
        return IO_FAILED;
    return mailbox_unsettled(endpoint) > 0 ? IO_AGAIN : IO_ENDED;
}

static void
mailbox_close(struct endpoint *endpoint)
{
    struct mailbox *mailbox = (struct mailbox *)endpoint;
    for (size_t i = 0; i < mailbox->count; i++) {
        (void)fd_close(&mailbox->fds[i]);
        pieces_free(&mailbox->pieces[i]);
    }
    free(mailbox);
}

static const struct endpoint_ops mailbox_ops = {
    .interest = mailbox_interest,
    .ready = mailbox_ready,
    .read = mailbox_read,
    .write = mailbox_write,
    .end_writing = mailbox_end_writing,
    .lost = mailbox_lost,
    .settle = mailbox_settle,
    .unsettled = mailbox_unsettled,
    .close = mailbox_close,
};

struct endpoint *
mailbox_take(const int *fds, size_t count, const struct domain *domain, const struct type *type,
             const struct mailbox_choice *choice, struct fault *fault)
{
    struct mailbox *mailbox = malloc(sizeof *mailbox);
    if (!mailbox) {
        (void)fault_set(fault, STATUS_LOCAL, "datagrams");
        for (size_t i = 0; i < count; i++) {
            int closing = fds[i];
            (void)fd_close(&closing);
        }
        return NULL;
    }
    *mailbox = (struct mailbox){
        .base = { .ops = &mailbox_ops, .name = "datagrams", .unit = UNIT_MESSAGES },
        .count = count,
        .domain = domain,
        .type = type,
        .choice = *choice,
        .sender_fd = -1,
        .connected = type->paired,
    };
    memcpy(mailbox->fds, fds, count * sizeof *fds);
    const struct socket_choice header = { .keeps_headers = choice->keeps_headers,
                                          .protocol = choice->protocol };
    mailbox->header = socket_header(domain, type, &header);
    mailbox->base.message_max = domain_message_max(domain, fds[0], type);
    mailbox->base.socket = mailbox->base.read_fd = mailbox->base.write_fd = -1;
    return &mailbox->base;
}
