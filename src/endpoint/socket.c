#include "endpoint/socket.h"

#include "base/fd.h"
#include "base/unset.h"
#include "endpoint/socket_message.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes thrown away in one go while settling; more waits for the next call. */
enum { DISCARD_SIZE = 4 * 1024, DISCARD_ROUNDS = 1024 };

/*
 * The kernel hands a pending error to whoever asks first and then forgets it: after a reset was told to
 * send(2), recv(2) reads an end that looks orderly. So it is kept here.
 */
enum io
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

/* Is there something to be told that no descriptor tells? */
static bool
has_sequel(const struct socket *socket)
{
    return socket->messages && socket->messages->sequel.result != IO_DONE;
}

static size_t
socket_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    const struct socket *socket = (const struct socket *)endpoint;
    short events = 0;
    if (is_over(socket) && wants & (WANT_WRITE | WANT_NOTICE))
        *now = true;
    if (has_sequel(socket) && wants & WANT_READ)
        *now = true;
    if (wants & WANT_READ)
        events |= POLLIN;
    if (wants & WANT_WRITE)
        events |= POLLOUT;
    if (urgent_takes(&socket->urgent) && (wants != 0 || !socket->hung_up))
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
        urgent_take(&socket->urgent,
                    socket->fd); /* also while our buffer is full: there is room for one only */
    if (wants & WANT_READ && (socket->urgent.lost || has_sequel(socket)))
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

enum io
socket_ended(struct socket *socket)
{
    socket->base.peer_ended = !socket->shut_both;
    return IO_ENDED;
}

int
socket_pending_error(int fd)
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

enum io
socket_not_read(struct socket *socket, struct fault *fault)
{
    if (errno == EAGAIN && socket->hung_up) {
        (void)domain_clear_errors(socket->domain, socket->fd,
                                  socket->type); /* it may be all that poll told of */
        return IO_AGAIN;
    }
    if (errno == EAGAIN || is_loss(socket, errno))
        return IO_AGAIN;
    if (errno != socket->type->end_error)
        return socket_broke(socket, errno, fault);
    int error = socket->broken ? socket->broken
                               : socket_pending_error(socket->fd); /* not every end is an orderly one */
    return error == 0 ? socket_ended(socket) : socket_broke(socket, error, fault);
}

enum io
socket_not_received(struct socket *socket, struct fault *fault)
{
    char why[128];
    enum io result = socket_not_read(socket, fault);
    if (result != IO_ENDED || !socket->domain->ended_badly ||
        !socket->domain->ended_badly(socket->fd, why, sizeof why))
        return result;
    (void)fault_say(fault, STATUS_CONNECTION, why, "%s", socket->name);
    return IO_FAILED;
}

/* What has to go before the next bytes, where urgent data go their own way. IO_AGAIN: there are none yet. */
static enum io
read_urgent(struct socket *socket, struct fault *fault)
{
    bool is_behind = !urgent_takes(&socket->urgent) || urgent_is_behind(socket->fd);
    urgent_take(&socket->urgent, socket->fd);
    if (socket->urgent.lost) {
        (void)fault_recall(socket->urgent.fault, fault);
        socket->urgent.fault = NULL;
        return IO_FAILED;
    }
    return is_behind ? IO_DONE : IO_AGAIN;
}

static enum io
read_bytes(struct socket *socket, void *data, size_t room, size_t *got, struct fault *fault)
{
    enum io result = socket->urgent.sink.fd >= 0 ? read_urgent(socket, fault) : IO_DONE;
    if (result != IO_DONE)
        return result;
    ssize_t n;
    do
        n = recv(socket->fd, data, room, MSG_DONTWAIT | socket->choice.receive_flags);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return socket_not_read(socket, fault);
    if (n == 0)
        return socket->broken == ECONNRESET ? socket_broke(socket, ECONNRESET, fault) : socket_ended(socket);
    *got = (size_t)n;
    return IO_DONE;
}

static enum io
socket_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    return socket->messages ? socket_read_message(socket, data, room, got, fault)
                            : read_bytes(socket, data, room, got, fault);
}

enum io
socket_not_written(struct socket *socket, int error, size_t size, struct fault *fault)
{
    bool messages = socket->type->unit == UNIT_MESSAGES;
    if (error == EAGAIN) /* DCCP's poll(2) says writable while its queue is full */
        return messages && fd_is_ready(socket->fd, POLLOUT) ? IO_PAUSE : IO_AGAIN;
    if (error == ENOBUFS || error == ENOMEM)
        return IO_PAUSE; /* a full queue of an interface; no descriptor tells when it has room again */
    if (error == EMSGSIZE && messages)
        return envelope_too_large(&socket->base, size, fault);
    return socket_broke(socket, error, fault);
}

/* A stream that is made of messages takes no more at once than its send buffer holds (SCTP): less, then. */
static enum io
write_bytes(struct socket *socket, const void *data, size_t size, size_t *put, struct fault *fault)
{
    ssize_t n;
    while ((n = envelope_send(&socket->envelope, socket->fd, data, size, NULL)) < 0) {
        if (errno != EMSGSIZE || size <= 1)
            return socket_not_written(socket, errno, size, fault);
        size /= 2;
    }
    *put = (size_t)n;
    return IO_DONE;
}

static enum io
socket_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    return socket->messages ? socket_write_message(socket, data, size, put, fault)
                            : write_bytes(socket, data, size, put, fault);
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
    socket->is_gone = !socket->ended && errno == ENOTCONN;
    if (socket->ended || socket->is_gone) /* reading tells how it ended */
        return IO_DONE;
    return socket_broke(socket, errno, fault);
}

/* Poll(2) said so. Was it more than the queue of errors, which tells of no loss? */
static bool
is_still_lost(const struct socket *socket)
{
    return !domain_clear_errors(socket->domain, socket->fd, socket->type) || is_over(socket) ||
           fd_is_ready(socket->fd, 0);
}

static enum io
socket_lost(struct endpoint *endpoint, struct fault *fault)
{
    struct socket *socket = (struct socket *)endpoint;
    int error = socket_pending_error(socket->fd);
    if (is_loss(socket, error))
        return IO_AGAIN;
    if (error != 0 || socket->broken != 0)
        return socket_broke(socket, error ? error : socket->broken, fault);
    return socket->type->accepts && is_still_lost(socket) ? IO_LOST : IO_AGAIN;
}

/* What the peer's kernel has not acknowledged; our end, the last of it, counts as one byte. */
static uint64_t
in_flight(struct socket *socket)
{
    if (socket->has_arrived || !socket->domain->unsettled)
        return 0;
    uint64_t open = socket->domain->unsettled(socket->fd, socket->type);
    socket->has_arrived = socket->ended && open == 0;
    return open;
}

static uint64_t
socket_unsettled(struct endpoint *endpoint)
{
    struct socket *socket = (struct socket *)endpoint;
    uint64_t open = in_flight(socket);
    return socket->ended && open > 0 ? open - 1 : open;
}

/* Throw away what has come in. */
static enum io
discard(struct socket *socket, struct fault *fault)
{
    char data[DISCARD_SIZE] UNSET;
    for (int round = 0; round < DISCARD_ROUNDS; round++) {
        struct iovec vector = { .iov_base = data, .iov_len = sizeof data };
        struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
        ssize_t n = recvmsg(socket->fd, &message, (MSG_DONTWAIT | MSG_TRUNC) & ~socket->type->no_flags);
        enum io result = IO_AGAIN;
        if (n >= 0 && message.msg_flags & NOTICE_FLAG)
            result = socket_take_notice(socket, data, (size_t)n, fault);
        else if (n == 0 && (socket->type->unit == UNIT_BYTES || socket_is_end(socket, &message)))
            return socket_ended(socket);
        else if (n < 0 && errno != EINTR)
            return socket_not_read(socket, fault);
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
is_end_refused(struct socket *socket)
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
    int error = socket_pending_error(socket->fd);
    if (error != 0 && !is_end_refused(socket))
        return socket_broke(socket, error, fault);
    if (socket->is_gone && socket->broken == 0)
        return IO_ENDED; /* a program that had the socket was told how, and nothing more will be acknowledged */
    if (socket->base.peer_ended)
        return socket_unsettled(endpoint) > 0 ? IO_AGAIN : IO_ENDED;
    return in_flight(socket) > 0 ? IO_AGAIN : IO_DONE;
}

/* TCP resets a connection that is closed so (RFC 9293 section 3.10.4); others just end. */
static void
socket_spoil(struct endpoint *endpoint)
{
    const struct socket *socket = (const struct socket *)endpoint;
    const struct linger at_once = { .l_onoff = 1 };
    if (!socket->choice.is_shared) /* whoever has it, too, goes on with it */
        (void)setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void
socket_close(struct endpoint *endpoint)
{
    struct socket *socket = (struct socket *)endpoint;
    if (socket->type->shuts_both && !socket->choice.is_left)
        (void)shutdown(socket->fd, SHUT_RDWR); /* the peer that is gone already needs none */
    (void)fd_close(&socket->fd);               /* what close could say, settle has said */
    free(socket->urgent.fault);
    messages_free(socket->messages);
    free(socket);
}

static const struct endpoint_ops socket_ops = {
    .interest = socket_interest,
    .ready = socket_ready,
    .read = socket_read,
    .write = socket_write,
    .read_batch = socket_read_batch,
    .write_batch = socket_write_batch,
    .gather = socket_gather,
    .broke = socket_broke_elsewhere,
    .end_writing = socket_end_writing,
    .lost = socket_lost,
    .settle = socket_settle,
    .unsettled = socket_unsettled,
    .dropped = socket_dropped,
    .spoil = socket_spoil,
    .close = socket_close,
};

/* May its bytes be moved past us, and is its end as plain as they are? */
static void
find_shortcuts(struct socket *socket)
{
    const struct type *type = socket->type;
    const struct socket_choice *choice = &socket->choice;
    bool is_plain = type_is_plain(type);
    socket->base.close_tells = choice->close_tells && type_closes_plainly(type);
    bool reads_plainly = choice->receive_flags == 0 && choice->urgent.fd < 0;
    socket->base.read_fd = is_plain && reads_plainly ? socket->fd : -1;
    socket->base.write_fd = is_plain && choice->send_flags == 0 && type->send_flags == 0 ? socket->fd : -1;
}

struct endpoint *
socket_take(int fd, const struct domain *domain, const struct type *type, const struct address *peer,
            const struct socket_choice *choice, const char *name, struct fault *fault)
{
    size_t name_size = strlen(name) + 1;
    struct socket *socket = malloc(sizeof *socket + name_size);
    if (!socket) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", name);
        (void)fd_close(&fd);
        return NULL;
    }
    *socket = (struct socket){
        .base = { .ops = &socket_ops,
                  .name = socket->name,
                  .unit = type->unit,
                  .ends = type->accepts || type->listens,
                  .tells_end = type->half_closes,
                  .unread_lost = type->unread_lost,
                  .join_max = type->unit == UNIT_BYTES ? SIZE_MAX : 0,
                  .socket = fd,
                  .message_max = domain_message_max(domain, fd, type) },
        .fd = fd,
        .domain = domain,
        .type = type,
        .choice = *choice,
        .urgent = { .sink = choice->urgent },
        .envelope = envelope_make(domain, type, choice->protocol, choice->keeps_headers, choice->send_flags),
    };
    memcpy(socket->name, name, name_size);
    find_shortcuts(socket);
    socket->messages = type->unit == UNIT_MESSAGES ? messages_new(socket, peer) : NULL;
    if (socket->messages || type->unit == UNIT_BYTES)
        return &socket->base;
    (void)fault_set(fault, STATUS_LOCAL, "%s", name);
    (void)fd_close(&socket->fd);
    free(socket);
    return NULL;
}
