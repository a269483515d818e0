/* Protocols over IPv4 and IPv6: protocols(5), and those that skt knows where that file is missing or older. */
#ifndef SKT_DOMAIN_INET_PROTOCOL_H
#define SKT_DOMAIN_INET_PROTOCOL_H

#include "base/fault.h"
#include "domain/protocol.h"
#include "domain/type.h"

/* The types, with their rows for protocols that differ. */
extern const struct type *const inet_types[];

/* See domain.h for these. */
const char *inet_protocol_name(const struct type *type, int protocol);
int inet_protocol_find(const char *name);
const char *inet_lacking(const struct type *type, int protocol, int error);
int inet_socket_protocol(const struct type *type, int protocol);
extern const struct protocol inet_protocols[];

/* Has the protocol such a type? Returns 0, or -1 with STATUS_USAGE and those that it has. */
int inet_protocol_fits(const struct type *type, int protocol, struct fault *fault);

#endif
