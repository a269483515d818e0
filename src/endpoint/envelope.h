/*
 * What is around a message's payload: the header that a domain wants before it when it is sent, the kernel's
 * own headers that are taken off when it has come in, and whether it has come whole.
 */
#ifndef SKT_ENDPOINT_ENVELOPE_H
#define SKT_ENDPOINT_ENVELOPE_H

#include "domain/domain.h"
#include "endpoint/endpoint.h"
#include "endpoint/pieces.h"
#include <sys/types.h>

struct envelope {
    const struct domain *domain;
    const struct type *type;
    bool keeps_headers; /* messages have the kernel's headers, both ways */
    int send_flags;     /* of each send(2), with those that are always in force */
    unsigned char header[DOMAIN_HEADER_MAX];
    size_t header_size;
};

/* protocol: of the socket, as the user chose it; 0: the usual one. send_flags: the user's. */
struct envelope envelope_make(const struct domain *domain, const struct type *type, int protocol,
                              bool keeps_headers, int send_flags);

/* send(2) without waiting; peer: where to, NULL or length 0 if connected. Returns as send(2), without the header. */
ssize_t envelope_send(const struct envelope *envelope, int fd, const void *data, size_t size,
                      const struct address *peer);

/* The same, coming from the one of our addresses that is `origin` (domain.h). */
ssize_t envelope_answer(const struct envelope *envelope, int fd, const void *data, size_t size,
                        const struct address *peer, const struct origin *origin);

/* Take the kernel's headers off a message received (domain.h, header_size). Returns what is left of `size`. */
size_t envelope_payload(const struct domain *domain, int fd, const struct type *type, void *message,
                        size_t size);

/*
 * Open what recvmsg(2) has put into `data`, of *size bytes, with msg_flags `flags`. Returns IO_DONE with the payload in
 * `data`, of *size bytes; IO_AGAIN if it is a piece, kept in `pieces`; or IO_FAILED when it did not fit.
 */
enum io envelope_open(const struct envelope *envelope, struct endpoint *endpoint, int fd,
                      struct pieces *pieces, int flags, void *data, size_t room, size_t *size,
                      struct fault *fault);

/* A message that the kernel or we found too large: IO_FAILED, with both sizes if the largest is known. */
enum io envelope_too_large(const struct endpoint *endpoint, size_t size, struct fault *fault);

/* Is it an errno that tells of an earlier message to some peer? Then it is no reason for others to end. */
bool envelope_concerns_a_peer(int error);

/* May a message of `size` bytes be sent at all? IO_DONE, or IO_FAILED with both sizes. */
enum io envelope_check(const struct envelope *envelope, const struct endpoint *endpoint, size_t size,
                       struct fault *fault);

#endif
