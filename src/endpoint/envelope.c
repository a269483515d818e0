#include "endpoint/envelope.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct envelope
envelope_make(const struct domain *domain, const struct type *type, int protocol, bool keeps_headers,
              int send_flags)
{
    struct envelope envelope = {
        .domain = domain,
        .type = type,
        .keeps_headers = keeps_headers,
        /* where MSG_NOSIGNAL is refused: SIGPIPE is ignored anyway (base/loop.h) */
        .send_flags = send_flags | ((MSG_DONTWAIT | MSG_NOSIGNAL) & ~type->no_flags) | type->send_flags,
    };
    if (domain->put_header && !keeps_headers)
        envelope.header_size = domain->put_header(type, protocol, envelope.header);
    return envelope;
}

/* With a header before the payload, in one message, and with what stands beside it. */
static ssize_t
send_parts(const struct envelope *envelope, int fd, int flags, const void *data, size_t size,
           const struct address *peer, const struct origin *origin)
{
    struct iovec parts[] = {
        { .iov_base = (void *)(uintptr_t)envelope->header, .iov_len = envelope->header_size },
        { .iov_base = (void *)(uintptr_t)data, .iov_len = size },
    };
    const struct msghdr message = {
        .msg_name = peer ? (void *)(uintptr_t)&peer->name : NULL,
        .msg_namelen = peer ? peer->length : 0,
        .msg_iov = parts,
        .msg_iovlen = 2,
        .msg_control = origin ? (void *)(uintptr_t)origin->control : NULL,
        .msg_controllen = origin ? origin->size : 0,
    };
    ssize_t n = sendmsg(fd, &message, flags);
    ssize_t before = (ssize_t)envelope->header_size;
    return n >= before ? n - before : n;
}

ssize_t
envelope_send(const struct envelope *envelope, int fd, const void *data, size_t size,
              const struct address *peer)
{
    if (peer && peer->length == 0)
        peer = NULL;
    int flags = envelope->send_flags;
    ssize_t n;
    do
        n = envelope->header_size > 0
                ? send_parts(envelope, fd, flags, data, size, peer, NULL)
                : sendto(fd, data, size, flags, peer ? (const struct sockaddr *)&peer->name : NULL,
                         peer ? peer->length : 0);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t
envelope_answer(const struct envelope *envelope, int fd, const void *data, size_t size,
                const struct address *peer, const struct origin *origin)
{
    if (origin->size == 0)
        return envelope_send(envelope, fd, data, size, peer);
    ssize_t n;
    do
        n = send_parts(envelope, fd, envelope->send_flags, data, size, peer, origin);
    while (n < 0 && errno == EINTR);
    return n;
}

size_t
envelope_payload(const struct domain *domain, int fd, const struct type *type, void *message, size_t size)
{
    size_t header = domain->header_size ? domain->header_size(fd, type, message, size) : 0;
    if (header > size)
        header = size;
    if (header > 0)
        memmove(message, (char *)message + header, size - header);
    return size - header;
}

enum io
envelope_open(const struct envelope *envelope, struct endpoint *endpoint, int fd, struct pieces *pieces,
              int flags, void *data, size_t room, size_t *size, struct fault *fault)
{
    if (flags & MSG_TRUNC) {
        endpoint->cut = true;
        (void)fault_say(fault, STATUS_CONNECTION, "message cut", "%s: %zu bytes, room for %zu",
                        endpoint->name, *size, room);
        return IO_FAILED;
    }
    bool is_last = !envelope->type->marks_end || flags & MSG_EOR;
    enum io joined = pieces_join(pieces, is_last, data, room, size, endpoint->name, fault);
    if (joined == IO_DONE && !envelope->keeps_headers)
        *size = envelope_payload(envelope->domain, fd, envelope->type, data, *size);
    return joined;
}

enum io
envelope_too_large(const struct endpoint *endpoint, size_t size, struct fault *fault)
{
    static const char why[] = "message too large";
    if (endpoint->message_max == SIZE_MAX)
        (void)fault_say(fault, STATUS_LOCAL, why, "%s: %zu bytes", endpoint->name, size);
    else
        (void)fault_say(fault, STATUS_LOCAL, why, "%s: %zu bytes, at most %zu", endpoint->name, size,
                        endpoint->message_max);
    return IO_FAILED;
}

enum io
envelope_check(const struct envelope *envelope, const struct endpoint *endpoint, size_t size,
               struct fault *fault)
{
    if (size > endpoint->message_max)
        return envelope_too_large(endpoint, size, fault);
    if (size > 0 || !envelope->type->no_empty)
        return IO_DONE;
    (void)fault_say(fault, STATUS_LOCAL, "message too small", "%s: 0 bytes, at least 1", endpoint->name);
    return IO_FAILED;
}

bool
envelope_concerns_a_peer(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == ECONNRESET ||
           error == EPERM || error == ENOENT || error == EPIPE || error == ENOTCONN;
}
