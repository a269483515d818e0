/*
 * A connected socket as an endpoint: send(2) and recv(2) with MSG_DONTWAIT, half-close by shutdown(2), delivery by
 * SIOCOUTQ (tcp(7), unix(7)).
 *
 * On message sockets an empty record and the end of a connection both read as 0. SO_PASSCRED (unix(7)) tells
 * them apart: a record, however empty, comes with credentials.
 */
#ifndef SKT_ENDPOINT_SOCKET_H
#define SKT_ENDPOINT_SOCKET_H

#include "endpoint/endpoint.h"
#include "endpoint/urgent.h"
#include "domain/domain.h"

enum half_close { HALF_CLOSE_WRITE, HALF_CLOSE_BOTH, HALF_CLOSE_NONE };

struct socket_choice {
    enum half_close half_close; /* what end_writing does */
    bool eof_message;           /* types without half-close: an empty message is the end, both ways */
    bool keeps_headers;         /* messages have the kernel's headers, both ways */
    int protocol;               /* of the socket, as the user chose it; 0: the usual one */
    int send_flags;             /* for each send(2) and recv(2), with those that are always in force */
    int receive_flags;
    bool
        close_tells; /* it is closed where it is over, and nothing but what is written here goes out: endpoint.h */
    bool is_shared;   /* others have the socket, too, and may read it */
    bool is_left;     /* as it is, to somebody else: nothing of it is changed, nor the peer told of an end */
    on_loss *on_loss; /* may be NULL */
    on_loss *on_drop; /* called once when the kernel tells that it drops what comes; may be NULL */
    const void *context; /* of both */
    struct urgent_sink urgent;
};

/*
 * Take a connected descriptor: the endpoint closes it. peer: where types without connect(2) send to.
 * name and peer are copied.
 * Returns an endpoint, or NULL with STATUS_LOCAL (and then fd is closed).
 */
struct endpoint *socket_take(int fd, const struct domain *domain, const struct type *type,
                             const struct address *peer, const struct socket_choice *choice, const char *name,
                             struct fault *fault);

#endif
