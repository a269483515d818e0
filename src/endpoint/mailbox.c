#include "endpoint/mailbox_batch.h"

#include "base/fd.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    DISCARD_ROUNDS = 64
}; /* messages thrown away in one go while settling; more waits for the next call */

static size_t
mailbox_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    const struct mailbox *mailbox = (const struct mailbox *)endpoint;
    if (mailbox->sequel.result != IO_DONE && wants & WANT_READ)
        *now = true;
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
    const struct mailbox *mailbox = (const struct mailbox *)endpoint;
    unsigned ready = mailbox->sequel.result != IO_DONE && wants & WANT_READ ? READY_READ : 0;
    for (size_t i = 0; i < count; i++) {
        if (wants & WANT_READ && polls[i].revents & (POLLIN | POLLERR | POLLHUP))
            ready |= READY_READ;
        if (wants & WANT_WRITE && polls[i].revents & (POLLOUT | POLLERR | POLLHUP))
            ready |= READY_WRITE;
        if (polls[i].revents & POLLERR) /* errors of single senders matter to nobody */
            (void)domain_clear_errors(mailbox->domain, mailbox->fds[i], mailbox->type);
    }
    return ready;
}

static enum io
mailbox_failed(const struct mailbox *mailbox, struct fault *fault)
{
    (void)fault_set(fault, STATUS_CONNECTION, "%s", mailbox->base.name);
    return IO_FAILED;
}

/*
 * From the first sender on, only that one: the kernel refuses the others (connect(2) on datagrams), or note_sender does:
 * where the kernel would refuse what the sender sends to a group as well, or to that address of ours to which it has written
 * (connect(2) chooses another one).
 */
static void
keep_only(struct mailbox *mailbox, int fd)
{
    bool connects = !mailbox->type->paired && !mailbox->type->addressed && !mailbox->choice.hears_groups;
    if (connects && mailbox->domain->is_usual_origin)
        connects = mailbox->domain->is_usual_origin(&mailbox->origin, &mailbox->sender);
    if (connects)
        mailbox->connected =
            connect(fd, (struct sockaddr *)&mailbox->sender.name, mailbox->sender.length) == 0;
    if (mailbox->connected)
        mailbox->origin.size = 0;
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
    if (sender->length == mailbox->sender.length &&
        memcmp(&sender->name, &mailbox->sender.name, sender->length) == 0)
        return true; /* the usual case, without asking */
    return domain_same(mailbox->domain, &mailbox->sender, sender);
}

/* Note who wrote. Returns false for a message that is not from the only sender, or from one that may not write. */
static bool
note_sender(struct mailbox *mailbox, int fd, const struct address *sender, const struct origin *origin)
{
    bool known = mailbox->sender_fd >= 0;
    bool same = known && is_same_sender(mailbox, sender);
    if (known && !same && !mailbox->choice.takes_all)
        return false; /* it was queued before the socket was connected to the first */
    bool is_new = !known || mailbox->choice.takes_all;
    if (is_new && mailbox->choice.is_heard && !mailbox->choice.is_heard(mailbox->choice.context, sender))
        return false;
    mailbox->sender = *sender;
    if (!mailbox->connected)
        mailbox->origin = *origin;
    mailbox->sender_fd = mailbox->base.socket = fd;
    if (!same && mailbox->choice.on_sender)
        mailbox->choice.on_sender(mailbox->choice.context, sender);
    if (!same && mailbox->choice.on_who && *mailbox->who)
        mailbox->choice.on_who(mailbox->choice.context, mailbox->who);
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

enum io
mailbox_take_message(struct mailbox *mailbox, size_t i, const struct address *sender,
                     const struct origin *origin, int flags, void *data, size_t room, size_t *got,
                     struct fault *fault)
{
    if (flags & NOTICE_FLAG)
        return take_notice(mailbox, sender, data, *got, fault);
    if (*got == 0 && mailbox->type->paired) {
        errno = ENETDOWN; /* no message of a circuit is empty (vcc_recvmsg) */
        return mailbox_failed(mailbox, fault);
    }
    if (*got == 0 && mailbox->type->no_empty)
        return came_back(mailbox, sender, fault);
    if (!note_sender(mailbox, mailbox->fds[i], sender, origin))
        return IO_AGAIN;
    if (*got == 0 && mailbox->choice.eof_message)
        return mailbox->choice.takes_all ? IO_AGAIN : IO_ENDED; /* one sender's end is not everybody's */
    return envelope_open(&mailbox->envelope, &mailbox->base, mailbox->fds[i], &mailbox->pieces[i], flags,
                         data, room, got, fault);
}

enum io
mailbox_not_read(const struct mailbox *mailbox, int error, struct fault *fault)
{
    if (error == EAGAIN)
        return IO_AGAIN;
    errno = error;
    if (error != mailbox->type->loss_error)
        return mailbox_failed(mailbox, fault);
    if (mailbox->choice.on_loss)
        mailbox->choice.on_loss(mailbox->choice.context, mailbox->base.name);
    return IO_AGAIN;
}

static enum io
receive(struct mailbox *mailbox, size_t i, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct address sender = { .length = 0 };
    struct origin origin = { .size = 0 };
    struct iovec vector = { .iov_base = data, .iov_len = room };
    union {
        struct cmsghdr aligned;
        char space[CMSG_SPACE(sizeof(struct ucred)) + ORIGIN_RECEIVE_SIZE];
    } control;
    bool with_who = mailbox->tells_senders[i], with_origin = mailbox->tells_origins[i];
    size_t control_size = /* no more: others would get descriptors that nobody asked for */
        (with_who ? CMSG_SPACE(sizeof(struct ucred)) : 0) + (with_origin ? ORIGIN_RECEIVE_SIZE : 0);
    struct msghdr message = {
        .msg_name = &sender.name,
        .msg_namelen = sizeof sender.name,
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = control_size > 0 ? &control : NULL,
        .msg_controllen = control_size,
    };
    int flags = ((MSG_DONTWAIT | MSG_TRUNC) & ~mailbox->type->no_flags) | mailbox->choice.receive_flags;
    ssize_t n;
    int told = 0; /* an error that does not pass is no news of a sender */
    do
        n = recvmsg(mailbox->fds[i], &message, flags);
    while (n < 0 && (errno == EINTR || (envelope_concerns_a_peer(errno) && ++told < SENDER_ERRORS_MAX)));
    if (n < 0)
        return mailbox_not_read(mailbox, errno, fault);
    sender.length = message.msg_namelen;
    *got = (size_t)n;
    if (!with_who || !mailbox->domain->sender(&message, mailbox->who, sizeof mailbox->who))
        *mailbox->who = '\0';
    if (with_origin)
        mailbox->domain->origin(&message, &origin);
    return mailbox_take_message(mailbox, i, &sender, &origin, message.msg_flags, data, room, got, fault);
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
    return envelope_answer(&mailbox->envelope, mailbox->sender_fd, data, size,
                           mailbox->connected ? NULL : &mailbox->sender, &mailbox->origin);
}

enum io
mailbox_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct mailbox *mailbox = (struct mailbox *)endpoint;
    if (mailbox->sender_fd < 0)
        return IO_AGAIN; /* nobody to write to yet; reading finds one */
    if (envelope_check(&mailbox->envelope, endpoint, size, fault) != IO_DONE)
        return IO_FAILED;
    ssize_t n = send_to_sender(mailbox, data, size);
    int before = n < 0 ? errno : 0;
    if (n < 0 && envelope_concerns_a_peer(before))
        n = send_to_sender(mailbox, data, size); /* the error may have been an earlier message's */
    if (n < 0 && errno == ENOTCONN)
        errno = before; /* a local socket forgets the peer of whose end it has told (unix_dgram_sendmsg) */
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
        return envelope_too_large(endpoint, size, fault);
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
        if (n < 0 && errno != EINTR && !envelope_concerns_a_peer(errno))
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
    sequel_free(&mailbox->sequel);
    free(mailbox);
}

static const struct endpoint_ops mailbox_ops = {
    .interest = mailbox_interest,
    .ready = mailbox_ready,
    .read = mailbox_read,
    .write = mailbox_write,
    .read_batch = mailbox_read_batch,
    .write_batch = mailbox_write_batch,
    .end_writing = mailbox_end_writing,
    .lost = endpoint_never_lost,
    .settle = mailbox_settle,
    .unsettled = mailbox_unsettled,
    .dropped = mailbox_dropped,
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
        .envelope = envelope_make(domain, type, choice->protocol, choice->keeps_headers, choice->send_flags),
        .sender_fd = -1,
        .connected = type->paired,
    };
    memcpy(mailbox->fds, fds, count * sizeof *fds);
    mailbox->base.message_max = domain_message_max(domain, fds[0], type);
    mailbox->base.socket = mailbox->base.read_fd = mailbox->base.write_fd = -1;
    bool has_trains = domain->has_trains && domain->has_trains(fds[0], type);
    mailbox->base.reads_batches = mailbox->base.writes_batches = has_trains;
    for (size_t i = 0; i < count; i++) {
        if (has_trains)
            mailbox->bulks[i] = bulk_make(fds[i], choice->is_shared);
        if (domain->tell_origins)
            mailbox->tells_origins[i] = domain->tell_origins(fds[i], type, choice->is_shared);
        if (has_trains && mailbox->tells_origins[i])
            mailbox->bulks[i].origins = domain;
        if (choice->on_who && domain->tell_senders)
            mailbox->tells_senders[i] = domain->tell_senders(fds[i], choice->is_shared);
    }
    return &mailbox->base;
}
