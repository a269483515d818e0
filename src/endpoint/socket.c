#include "endpoint/socket.h"

#include "base/fd.h"
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
    bool marks_records;  /* every record comes with credentials, so that an empty one is no end */
    bool ended;          /* the peer was told that our writing has ended */
    bool shut_both;
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

static size_t
socket_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    (void)now;
    const struct socket *socket = (const struct socket *)endpoint;
    short events = 0;
    if (wants & WANT_READ)
        events |= POLLIN;
    if (wants & WANT_WRITE)
        events |= POLLOUT;
    if (wants == 0)
        return 0;
    polls[0] = (struct pollfd){ .fd = socket->fd, .events = events };
    return 1;
}

static unsigned
socket_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    (void)endpoint;
    if (count == 0)
        return 0;
    short revents = polls[0].revents;
    unsigned ready = 0;
    if (wants & WANT_READ && revents & (POLLIN | POLLHUP | POLLERR))
        ready |= READY_READ;
    if (revents & POLLOUT)
        ready |= READY_WRITE;
    if (revents & (POLLHUP | POLLERR))
        ready |= READY_LOST;
    return ready;
}

/* After our own shutdown of both directions an end says nothing about the peer. */
static enum io
note_end(struct socket *socket)
{
    socket->base.peer_ended = !socket->shut_both;
    return IO_ENDED;
}

/* What errno of a receiving call means. */
static enum io
not_read(struct socket *socket, struct fault *fault)
{
    if (errno == EAGAIN)
        return IO_AGAIN;
    if (errno == socket->type->end_error && socket->broken == 0)
        return note_end(socket);
    return socket_broke(socket, errno, fault);
}

static enum io
read_bytes(struct socket *socket, void *data, size_t room, size_t *got, struct fault *fault)
{
    ssize_t n;
    do
        n = recv(socket->fd, data, room, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return not_read(socket, fault);
    if (n == 0)
        return socket->broken == ECONNRESET ? socket_broke(socket, ECONNRESET, fault) : note_end(socket);
    *got = (size_t)n;
    return IO_DONE;
}

size_t
socket_payload(const struct domain *domain, const struct type *type, void *message, size_t size)
{
    size_t header = domain->header_size ? domain->header_size(type, message, size) : 0;
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
    int flags = MSG_DONTWAIT | MSG_TRUNC | (told ? MSG_CMSG_CLOEXEC : 0);
    ssize_t n;
    do
        n = recvmsg(socket->fd, &message, flags & ~socket->type->no_flags);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return not_read(socket, fault);
    if (n == 0 && socket->type->accepts && message.msg_controllen == 0)
        return socket->broken == ECONNRESET ? socket_broke(socket, ECONNRESET, fault) : note_end(socket);
    if (n == 0 && socket->type->lacks_empty)
        return came_back(socket, fault);
    if (n == 0 && !socket->type->half_closes && socket->choice.eof_message)
        return note_end(socket);
    if (message.msg_flags & MSG_TRUNC) {
        (void)fault_say(fault, STATUS_CONNECTION, "message cut", "%s: %zd bytes, room for %zu", socket->name,
                        n, room);
        return IO_FAILED;
    }
    *got = socket->choice.keeps_headers ? (size_t)n
                                        : socket_payload(socket->domain, socket->type, data, (size_t)n);
    return IO_DONE;
}

static enum io
socket_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    return socket->type->unit == UNIT_MESSAGES ? read_message(socket, data, room, got, fault)
                                               : read_bytes(socket, data, room, got, fault);
}

static enum io
too_large(const struct socket *socket, size_t size, struct fault *fault)
{
    if (socket->base.message_max == SIZE_MAX) /* only the kernel knows */
        (void)fault_say(fault, STATUS_LOCAL, "message too large", "%s: %zu bytes", socket->name, size);
    else
        (void)fault_say(fault, STATUS_LOCAL, "message too large", "%s: %zu bytes, at most %zu", socket->name,
                        size, socket->base.message_max);
    return IO_FAILED;
}

static enum io
socket_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    bool messages = socket->type->unit == UNIT_MESSAGES;
    if (messages && size > socket->base.message_max)
        return too_large(socket, size, fault);
    if (messages && size == 0 && socket->type->lacks_empty) {
        (void)fault_say(fault, STATUS_LOCAL, "sockets of this kind carry no empty messages", "%s",
                        socket->name);
        return IO_FAILED;
    }
    const struct sockaddr *peer =
        socket->peer.length > 0 ? (const struct sockaddr *)&socket->peer.name : NULL;
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL | socket->type->send_flags;
    ssize_t n;
    do
        n = sendto(socket->fd, data, size, flags & ~socket->type->no_flags, peer, socket->peer.length);
    while (n < 0 && errno == EINTR);
    if (messages && n >= 0 && (size_t)n < size) {
        (void)fault_say(fault, STATUS_CONNECTION, "the kernel cut a message short", "%s: %zd of %zu bytes",
                        socket->name, n, size);
        return IO_FAILED;
    }
    if (n >= 0) {
        *put = (size_t)n;
        return IO_DONE;
    }
    if (errno == EAGAIN)
        return IO_AGAIN;
    if (errno == ENOBUFS || errno == ENOMEM)
        return IO_PAUSE; /* a full queue of an interface; no descriptor tells when it has room again */
    if (errno == EMSGSIZE && messages)
        return too_large(socket, size, fault);
    return socket_broke(socket, errno, fault);
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

static int
pending_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static enum io
socket_lost(struct endpoint *endpoint, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    int error = pending_error(socket->fd);
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
        ssize_t n = recv(socket->fd, data, sizeof data, MSG_DONTWAIT | MSG_TRUNC);
        if (n == 0)
            return note_end(socket);
        if (n < 0 && errno != EINTR)
            return not_read(socket, fault);
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
    if (!socket->type->accepts)
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
    free(socket);
}

static const struct endpoint_ops socket_ops = {
    .interest = socket_interest,
    .ready = socket_ready,
    .read = socket_read,
    .write = socket_write,
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
                  .ends = type->accepts,
                  .tells_end = type->half_closes },
        .fd = fd,
        .domain = domain,
        .type = type,
        .choice = *choice,
    };
    if (type->addressed)
        socket->peer = *peer;
    (void)snprintf(socket->name, sizeof socket->name, "%s", name);
    socket->base.name = socket->name;
    socket->base.message_max = domain_message_max(domain, fd, type);
    socket->base.read_fd = socket->base.write_fd = fd;
    if (type->unit == UNIT_MESSAGES && type->accepts && !type->lacks_empty) {
        const int on = 1; /* a family without it has no empty records */
        socket->marks_records = setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
    }
    return &socket->base;
}
