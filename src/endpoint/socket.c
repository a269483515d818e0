#include "endpoint/socket.h"

#include "base/fd.h"
#include "endpoint/pieces.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct socket {
    struct endpoint base;
    int fd;
    const struct domain *domain;
    const struct type *type;
    struct socket_choice choice;
    struct address peer; /* of types without connect(2); length 0: connected */
    struct socket_header header;
    size_t part;        /* of the message being written: what send(2) has taken already */
    bool marks_records; /* every record comes with credentials, so that an empty one is no end */
    bool ended;         /* the peer was told that our writing has ended */
    bool shut_both;
    struct pieces pieces; /* of the message that is coming in */
    bool hung_up;         /* poll goes on saying so, whatever is asked */
    bool urgent_lost;     /* urgent data could not be written: the next read says why */
    struct fault urgent_fault;
    int broken; /* the first hard errno: the kernel tells it only once (see socket_broke) */
    char name[256];
};

/* Bytes thrown away in one go while settling; more waits for the next call. */
enum { DISCARD_SIZE = 64 * 1024, DISCARD_ROUNDS = 64 };

/*
 * The kernel hands a pending error to whoever asks first and then forgets it: after a reset was told to
 * send(2), recv(2) reads an end that looks orderly. So it is kept here.
 */
static enum io
socket_broke(struct socket *socket, int error, struct fault *fault)
{
    if (socket->broken == 0)
        socket->broken = error;
    errno = error;
    bool refused = error == ECONNREFUSED && !socket->type->accepts;
    (void)fault_set(fault, refused ? STATUS_CONNECT : STATUS_CONNECTION, "%s", socket->name);
    return IO_FAILED;
}

/* Where no direction ends by itself, the peer's end is ours too; not every family's poll(2) says so. */
static bool
is_over(const struct socket *socket)
{
    return socket->base.ends && socket->base.peer_ended && !socket->type->half_closes;
}

static bool
takes_urgent(const struct socket *socket)
{
    return socket->choice.urgent.fd >= 0 && !socket->urgent_lost;
}

static void
take_urgent(struct socket *socket)
{
    if (takes_urgent(socket))
        socket->urgent_lost = urgent_take(socket->fd, &socket->choice.urgent, &socket->urgent_fault) != 0;
}

static size_t
socket_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    const struct socket *socket = (const struct socket *)endpoint;
    short events = 0;
    if (is_over(socket) && wants & (WANT_WRITE | WANT_NOTICE))
        *now = true;
    if (wants & WANT_READ)
        events |= POLLIN;
    if (wants & WANT_WRITE)
        events |= POLLOUT;
    if (takes_urgent(socket) && (wants != 0 || !socket->hung_up))
        events |= POLLPRI;
    if (wants == 0 && events == 0)
        return 0;
    polls[0] = (struct pollfd){ .fd = socket->fd, .events = events };
    return 1;
}

static unsigned
socket_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    struct socket *socket = (struct socket *)endpoint;
    if (count == 0)
        return 0;
    short revents = polls[0].revents;
    unsigned ready = 0;
    if (revents & POLLPRI)
        take_urgent(socket); /* at once, also while our buffer is full: the next one would take its place */
    if (wants & WANT_READ && socket->urgent_lost)
        ready |= READY_READ;
    if (wants & WANT_READ && revents & (POLLIN | POLLHUP | POLLERR))
        ready |= READY_READ;
    if (revents & POLLOUT)
        ready |= READY_WRITE;
    if (revents & (POLLHUP | POLLERR) || is_over(socket))
        ready |= READY_LOST;
    socket->hung_up = socket->hung_up || revents & (POLLHUP | POLLERR);
    return ready;
}

/* After our own shutdown of both directions an end says nothing about the peer. */
static enum io
note_end(struct socket *socket)
{
    socket->base.peer_ended = !socket->shut_both;
    return IO_ENDED;
}

static int
pending_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/* Does errno tell that messages are lost, which is no end? Says so. */
static bool
is_loss(const struct socket *socket, int error)
{
    if (error == 0 || error != socket->type->loss_error)
        return false;
    if (socket->choice.on_loss)
        socket->choice.on_loss(socket->choice.context, socket->name);
    return true;
}

/* What errno of a receiving call means. */
static enum io
not_read(struct socket *socket, struct fault *fault)
{
    if (errno == EAGAIN || is_loss(socket, errno))
        return IO_AGAIN;
    if (errno != socket->type->end_error)
        return socket_broke(socket, errno, fault);
    int error =
        socket->broken ? socket->broken : pending_error(socket->fd); /* not every end is an orderly one */
    return error == 0 ? note_end(socket) : socket_broke(socket, error, fault);
}

static enum io
read_bytes(struct socket *socket, void *data, size_t room, size_t *got, struct fault *fault)
{
    bool is_behind = !takes_urgent(socket) || urgent_is_behind(socket->fd);
    take_urgent(socket);
    if (socket->urgent_lost) {
        *fault = socket->urgent_fault;
        return IO_FAILED;
    }
    if (!is_behind)
        return IO_AGAIN;
    ssize_t n;
    do
        n = recv(socket->fd, data, room, MSG_DONTWAIT | socket->choice.receive_flags);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return not_read(socket, fault);
    if (n == 0)
        return socket->broken == ECONNRESET ? socket_broke(socket, ECONNRESET, fault) : note_end(socket);
    *got = (size_t)n;
    return IO_DONE;
}

size_t
socket_payload(const struct domain *domain, int fd, const struct type *type, void *message, size_t size)
{
    size_t header = domain->header_size ? domain->header_size(fd, type, message, size) : 0;
    if (header > size)
        header = size;
    if (header > 0)
        memmove(message, (char *)message + header, size - header);
    return size - header;
}

/* A message of ours that nobody took came back, without its bytes. */
static enum io
came_back(const struct socket *socket, struct fault *fault)
{
    (void)fault_say(fault, STATUS_CONNECTION, "a message came back: nobody is there, or has no room for it",
                    "%s", socket->name);
    return IO_FAILED;
}

/* What came is no message but tells of one, or of the connection. */
static enum io
take_notice(struct socket *socket, const void *notice, size_t size, struct fault *fault)
{
    switch (socket->domain->notice ? socket->domain->notice(notice, size) : NOTICE_OTHER) {
    case NOTICE_ENDED:
        return note_end(socket);
    case NOTICE_LOST:
        return socket_broke(socket, ECONNRESET, fault);
    case NOTICE_OTHER:
        break;
    }
    return IO_AGAIN;
}

/*
 * After reading nothing: was that the end of the connection? An empty record of a Unix socket comes with credentials; an
 * empty message of DCCP reads just as the end does, which poll(2) tells as well.
 */
static bool
is_end(const struct socket *socket, const struct msghdr *message)
{
    struct pollfd hang_up = { .fd = socket->fd, .events = POLLRDHUP };
    const struct type *type = socket->type;
    if (!type->accepts || message->msg_controllen > 0 || (type->end_error != 0 && !type->no_empty))
        return false;
    return !type->no_empty || poll(&hang_up, 1, 0) > 0;
}

static enum io
read_message(struct socket *socket, void *data, size_t room, size_t *got, struct fault *fault)
{
    union {
        struct cmsghdr aligned;
        char space[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec vector = { .iov_base = data, .iov_len = room };
    bool told = socket->marks_records; /* others would get descriptors that nobody asked for */
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
        return not_read(socket, fault);
    if (message.msg_flags & NOTICE_FLAG)
        return take_notice(socket, data, (size_t)n, fault);
    if (n == 0 && is_end(socket, &message))
        return socket->broken == ECONNRESET ? socket_broke(socket, ECONNRESET, fault) : note_end(socket);
    if (n == 0 && socket->type->paired)
        return socket_broke(socket, ENETDOWN, fault); /* no message of a circuit is empty (vcc_recvmsg) */
    if (n == 0 && socket->type->no_empty && !socket->type->accepts)
        return came_back(socket, fault);
    if (n == 0 && !socket->type->half_closes && socket->choice.eof_message) /* the connection may still end */
        return socket->type->unread_lost ? IO_ENDED : note_end(socket);
    if (message.msg_flags & MSG_TRUNC) {
        socket->base.cut = true;
        (void)fault_say(fault, STATUS_CONNECTION, "message cut", "%s: %zd bytes, room for %zu", socket->name,
                        n, room);
        return IO_FAILED;
    }
    *got = (size_t)n;
    bool is_last = !socket->type->marks_end || message.msg_flags & MSG_EOR;
    enum io joined = pieces_join(&socket->pieces, is_last, data, room, got, socket->name, fault);
    if (joined == IO_DONE && !socket->choice.keeps_headers)
        *got = socket_payload(socket->domain, socket->fd, socket->type, data, *got);
    return joined;
}

struct socket_header
socket_header(const struct domain *domain, const struct type *type, const struct socket_choice *choice)
{
    struct socket_header header = { .size = 0 };
    if (domain->put_header && !choice->keeps_headers)
        header.size = domain->put_header(type, choice->protocol, header.bytes);
    return header;
}

/* With a header before the payload, in one message. */
static ssize_t
send_parts(int fd, int flags, const struct socket_header *header, const void *data, size_t size,
           const struct address *peer)
{
    struct iovec parts[] = {
        { .iov_base = (void *)(uintptr_t)header->bytes, .iov_len = header->size },
        { .iov_base = (void *)(uintptr_t)data, .iov_len = size },
    };
    const struct msghdr message = {
        .msg_name = peer ? (void *)(uintptr_t)&peer->name : NULL,
        .msg_namelen = peer ? peer->length : 0,
        .msg_iov = parts,
        .msg_iovlen = 2,
    };
    ssize_t n = sendmsg(fd, &message, flags);
    return n >= (ssize_t)header->size ? n - (ssize_t)header->size : n;
}

ssize_t
socket_send(int fd, const struct type *type, int flags, const struct socket_header *header, const void *data,
            size_t size, const struct address *peer)
{
    if (peer && peer->length == 0)
        peer = NULL;
    /* where MSG_NOSIGNAL is refused: SIGPIPE is ignored anyway (base/loop.h) */
    flags |= ((MSG_DONTWAIT | MSG_NOSIGNAL) & ~type->no_flags) | type->send_flags;
    ssize_t n;
    do
        n = header->size > 0
                ? send_parts(fd, flags, header, data, size, peer)
                : sendto(fd, data, size, flags, peer ? (const struct sockaddr *)&peer->name : NULL,
                         peer ? peer->length : 0);
    while (n < 0 && errno == EINTR);
    return n;
}

static enum io
socket_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    return socket->type->unit == UNIT_MESSAGES ? read_message(socket, data, room, got, fault)
                                               : read_bytes(socket, data, room, got, fault);
}

enum io
socket_too_large(const struct endpoint *endpoint, size_t size, struct fault *fault)
{
    static const char why[] = "message too large";
    if (endpoint->message_max == SIZE_MAX)
        (void)fault_say(fault, STATUS_LOCAL, why, "%s: %zu bytes", endpoint->name, size);
    else
        (void)fault_say(fault, STATUS_LOCAL, why, "%s: %zu bytes, at most %zu", endpoint->name, size,
                        endpoint->message_max);
    return IO_FAILED;
}

/* send(2) took `n` of the message. The pump writes the same one again until all of it is taken. */
static enum io
was_taken(struct socket *socket, size_t size, size_t n, size_t *put, struct fault *fault)
{
    bool is_part = socket->type->unit == UNIT_MESSAGES && socket->part + n < size;
    if (is_part && socket->type->continues) {
        socket->part += n;
        return IO_AGAIN;
    }
    if (is_part) {
        (void)fault_say(fault, STATUS_CONNECTION, "the kernel cut a message short", "%s: %zu of %zu bytes",
                        socket->name, n, size);
        return IO_FAILED;
    }
    *put = socket->part + n;
    socket->part = 0;
    return IO_DONE;
}

/* A stream that is made of messages takes no more at once than its send buffer holds (SCTP): less, then. */
static ssize_t
send_some(const struct socket *socket, const void *data, size_t size)
{
    for (;;) {
        ssize_t n = socket_send(socket->fd, socket->type, socket->choice.send_flags, &socket->header, data,
                                size, &socket->peer);
        bool is_too_much = n < 0 && errno == EMSGSIZE && socket->type->unit == UNIT_BYTES && size > 1;
        if (!is_too_much)
            return n;
        size /= 2;
    }
}

/* Does poll(2) say so, though send(2) has just refused? DCCP's does while its queue is full. */
static bool
polls_writable(const struct socket *socket)
{
    struct pollfd poll_fd = { .fd = socket->fd, .events = POLLOUT };
    return poll(&poll_fd, 1, 0) == 1 && poll_fd.revents & POLLOUT;
}

static enum io
socket_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    bool messages = socket->type->unit == UNIT_MESSAGES;
    if (messages && size > socket->base.message_max)
        return socket_too_large(endpoint, size, fault);
    if (messages && size == 0 && socket->type->no_empty) {
        (void)fault_say(fault, STATUS_LOCAL, "message too small", "%s: 0 bytes, at least 1", socket->name);
        return IO_FAILED;
    }
    ssize_t n = send_some(socket, (const char *)data + socket->part, size - socket->part);
    if (n >= 0)
        return was_taken(socket, size, (size_t)n, put, fault);
    if (errno == EAGAIN)
        return messages && polls_writable(socket) ? IO_PAUSE : IO_AGAIN;
    if (errno == ENOBUFS || errno == ENOMEM)
        return IO_PAUSE; /* a full queue of an interface; no descriptor tells when it has room again */
    if (errno == EMSGSIZE && messages)
        return socket_too_large(endpoint, size, fault);
    return socket_broke(socket, errno, fault);
}

static enum io
socket_broke_elsewhere(struct endpoint *endpoint, bool writing, int error, struct fault *fault)
{
    (void)writing;
    return socket_broke((struct socket *)endpoint, error, fault);
}

static enum io
socket_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    if (!socket->type->half_closes) {
        size_t put;
        return socket->choice.eof_message ? socket_write(endpoint, "", 0, &put, fault) : IO_DONE;
    }
    if (socket->choice.half_close == HALF_CLOSE_NONE)
        return IO_DONE;
    socket->shut_both = socket->choice.half_close == HALF_CLOSE_BOTH;
    socket->ended = shutdown(socket->fd, socket->shut_both ? SHUT_RDWR : SHUT_WR) == 0;
    if (socket->ended || errno == ENOTCONN) /* gone already: reading tells how it ended */
        return IO_DONE;
    return socket_broke(socket, errno, fault);
}

static enum io
socket_lost(struct endpoint *endpoint, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    int error = pending_error(socket->fd);
    if (is_loss(socket, error))
        return IO_AGAIN;
    if (error != 0 || socket->broken != 0)
        return socket_broke(socket, error ? error : socket->broken, fault);
    return socket->type->accepts ? IO_LOST : IO_AGAIN;
}

/* What the peer's kernel has not acknowledged; our end, the last of it, counts as one byte. */
static uint64_t
in_flight(const struct socket *socket)
{
    return socket->domain->unsettled ? socket->domain->unsettled(socket->fd, socket->type) : 0;
}

static uint64_t
socket_unsettled(struct endpoint *endpoint)
{
    const struct socket *socket = (const struct socket *)endpoint;
    uint64_t open = in_flight(socket);
    return socket->ended && open > 0 ? open - 1 : open;
}

/* Throw away what has come in. */
static enum io
discard(struct socket *socket, struct fault *fault)
{
    char data[DISCARD_SIZE];
    for (int round = 0; round < DISCARD_ROUNDS; round++) {
        struct iovec vector = { .iov_base = data, .iov_len = sizeof data };
        struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
        ssize_t n = recvmsg(socket->fd, &message, (MSG_DONTWAIT | MSG_TRUNC) & ~socket->type->no_flags);
        enum io result = IO_AGAIN;
        if (n >= 0 && message.msg_flags & NOTICE_FLAG)
            result = take_notice(socket, data, (size_t)n, fault);
        else if (n == 0 && (socket->type->unit == UNIT_BYTES || is_end(socket, &message)))
            return note_end(socket);
        else if (n < 0 && errno != EINTR)
            return not_read(socket, fault);
        if (result != IO_AGAIN)
            return result;
    }
    return IO_DONE;
}

/*
 * The peer has ended and has all of our bytes, and only our own end is refused: its socket is gone by now, as
 * a closed one waits for our end no longer than net.ipv4.tcp_fin_timeout (tcp(7)).
 */
static bool
is_end_refused(const struct socket *socket)
{
    return socket->base.peer_ended && socket->ended && in_flight(socket) == 1;
}

/*
 * Closing with unread input would reset the connection and destroy what the peer has not read of our own
 * last bytes (RFC 9293 section 3.10.4, RFC 2525 section 2.17).
 */
static enum io
socket_settle(struct endpoint *endpoint, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    if (!socket->base.ends)
        return IO_ENDED;
    if (!socket->base.peer_ended && discard(socket, fault) == IO_FAILED)
        return IO_FAILED;
    int error = pending_error(socket->fd);
    if (error != 0 && !is_end_refused(socket))
        return socket_broke(socket, error, fault);
    if (socket->base.peer_ended)
        return socket_unsettled(endpoint) > 0 ? IO_AGAIN : IO_ENDED;
    return in_flight(socket) > 0 ? IO_AGAIN : IO_DONE;
}

static void
socket_close(struct endpoint *endpoint)
{
    struct socket *socket = (struct socket *)endpoint;
    if (socket->type->shuts_both)
        (void)shutdown(socket->fd, SHUT_RDWR); /* the peer that is gone already needs none */
    (void)fd_close(&socket->fd);               /* what close could say, settle has said */
    pieces_free(&socket->pieces);
    free(socket);
}

static const struct endpoint_ops socket_ops = {
    .interest = socket_interest,
    .ready = socket_ready,
    .read = socket_read,
    .write = socket_write,
    .broke = socket_broke_elsewhere,
    .end_writing = socket_end_writing,
    .lost = socket_lost,
    .settle = socket_settle,
    .unsettled = socket_unsettled,
    .close = socket_close,
};

struct endpoint *
socket_take(int fd, const struct domain *domain, const struct type *type, const struct address *peer,
            const struct socket_choice *choice, const char *name, struct fault *fault)
{
    struct socket *socket = malloc(sizeof *socket);
    if (!socket) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", name);
        (void)fd_close(&fd);
        return NULL;
    }
    *socket = (struct socket){
        .base = { .ops = &socket_ops,
                  .unit = type->unit,
                  .ends = type->accepts || type->listens,
                  .tells_end = type->half_closes,
                  .unread_lost = type->unread_lost },
        .fd = fd,
        .domain = domain,
        .type = type,
        .choice = *choice,
        .header = socket_header(domain, type, choice),
    };
    if (type->addressed)
        socket->peer = *peer;
    (void)snprintf(socket->name, sizeof socket->name, "%s", name);
    socket->base.name = socket->name;
    socket->base.socket = fd;
    socket->base.message_max = domain_message_max(domain, fd, type);
    /* urgent data stands between bytes, and an end that is an error is told only once */
    bool reads_plainly = choice->receive_flags == 0 && choice->urgent.fd < 0 && type->end_error == 0;
    socket->base.read_fd = type->unit == UNIT_BYTES && reads_plainly ? fd : -1;
    socket->base.write_fd =
        type->unit == UNIT_BYTES && choice->send_flags == 0 && type->send_flags == 0 ? fd : -1;
    if (type->unit == UNIT_MESSAGES && type->accepts && !type->no_empty) {
        const int on = 1; /* a family without it has no empty records */
        socket->marks_records = setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
    }
    return &socket->base;
}
