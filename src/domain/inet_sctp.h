/*
 * SCTP's sockets, sctp(7) and RFC 6458: one-to-one (stream) and one-to-many (seqpacket). An association has no half-close:
 * who has ended takes nothing any more (RFC 9260 section 9.2).
 */
#ifndef SKT_DOMAIN_INET_SCTP_H
#define SKT_DOMAIN_INET_SCTP_H

#include "domain/domain.h"

extern const struct type sctp_stream_type, sctp_type;

/* Settings of a new one-to-many socket: notices, and no waiting for more to send. */
int sctp_prepare(int fd, enum status status, struct fault *fault);

/*
 * Set up the association of a one-to-many socket, as connect(2) does; poll(2) does not tell when it is there, so
 * that EAGAIN asks for another try soon.
 */
int sctp_connect(int fd, const struct address *remote);

/* See notice in domain.h. */
enum notice sctp_notice(const void *message, size_t size);

/* Send at once what is written, on a connected socket. */
void sctp_opened(int fd);

#endif
