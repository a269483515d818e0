/*
 * Inside a socket: its state, and how messages are received and sent. Only its own files include it.
 */
#ifndef SKT_ENDPOINT_SOCKET_MESSAGE_H
#define SKT_ENDPOINT_SOCKET_MESSAGE_H

#include "endpoint/batch.h"
#include "endpoint/envelope.h"
#include "endpoint/socket.h"

/* What only messages need: thousands of streams may be idle, and none of them has it. */
struct messages {
    struct address peer;  /* of types without connect(2); length 0: connected */
    size_t part;          /* of the message being written: what send(2) has taken already */
    bool marks_records;   /* every record comes with credentials, so that an empty one is no end */
    struct pieces pieces; /* of the message that is coming in */
    struct bulk bulk;     /* with reads_batches and writes_batches */
    struct sequel sequel;
};

struct socket {
    struct endpoint base;
    int fd;
    const struct domain *domain;
    const struct type *type;
    struct socket_choice choice;
    struct envelope envelope;
    struct messages *messages; /* NULL: the unit is bytes */
    bool ended;                /* the peer was told that our writing has ended */
    bool shut_both;
    bool has_arrived; /* all of it, and nothing more comes behind it */
    bool is_gone;     /* there was no connection any more to be told of that */
    bool hung_up;     /* poll goes on saying so, whatever is asked */
    int broken;       /* the first hard errno: the kernel tells it only once (see socket_broke) */
    struct urgent urgent;
    char name[];
};

/* endpoint.h: not of a socket that others use, too. */
bool socket_gather(struct endpoint *endpoint, int bytes);

/* The connection has failed with `error`, for good: IO_FAILED. */
enum io socket_broke(struct socket *socket, int error, struct fault *fault);

/* The peer has ended: IO_ENDED. After our own shutdown of both directions that says nothing about it. */
enum io socket_ended(struct socket *socket);

/* What errno of a receiving call means. */
enum io socket_not_read(struct socket *socket, struct fault *fault);

/* The same where what comes is wanted: an end that looks orderly may have cost some of it. */
enum io socket_not_received(struct socket *socket, struct fault *fault);

/* What errno of a sending call means, for `size` bytes or a message of so many. */
enum io socket_not_written(struct socket *socket, int error, size_t size, struct fault *fault);

/* The error that the kernel has for whoever asks first, or 0. */
int socket_pending_error(int fd);

/* What came is no message but tells of one, or of the connection. */
enum io socket_take_notice(struct socket *socket, const void *notice, size_t size, struct fault *fault);

/*
 * After reading nothing: was that the end of the connection? An empty record of a Unix socket comes with credentials; an
 * empty message of DCCP reads just as the end does, which poll(2) tells as well.
 */
bool socket_is_end(const struct socket *socket, const struct msghdr *message);

/* Of a socket that has all but these. peer: where types without connect(2) send to. Returns NULL without memory. */
struct messages *messages_new(struct socket *socket, const struct address *peer);
void messages_free(struct messages *messages);

/* The socket's operations (endpoint.h) where it keeps messages apart. */
enum io socket_read_message(struct socket *socket, void *data, size_t room, size_t *got, struct fault *fault);
enum io socket_write_message(struct socket *socket, const void *data, size_t size, size_t *put,
                             struct fault *fault);
enum io socket_read_batch(struct endpoint *endpoint, struct batch *batch, struct fault *fault);
enum io socket_write_batch(struct endpoint *endpoint, const struct iovec *messages, size_t count,
                           size_t *sent, struct fault *fault);
uint64_t socket_dropped(struct endpoint *endpoint);

#endif
