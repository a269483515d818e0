/* What sockets of IPv4 and IPv6 need that others do not. */
#ifndef SKT_DOMAIN_INET_SOCKET_H
#define SKT_DOMAIN_INET_SOCKET_H

#include "domain/domain.h"

/* See domain.h for these. inet46_bind takes IPv4 as well where the address is "every interface" of IPv6. */
int inet_bind(int fd, const struct address *address, mode_t mode, struct binding *binding, enum status status,
              struct fault *fault);
int inet46_bind(int fd, const struct address *address, mode_t mode, struct binding *binding,
                enum status status, struct fault *fault);
int inet_prepare(int fd, const struct type *type, int protocol, enum status status, struct fault *fault);
int inet_connect(int fd, const struct type *type, const struct address *remote);
void inet_opened(int fd, const struct type *type, int protocol, bool is_prepared);
bool inet_has_trains(int fd, const struct type *type);
bool inet_gather(int fd, const struct type *type, int bytes);
bool inet_clear_errors(int fd, const struct type *type);
bool inet_tell_origins(int fd, const struct type *type, bool is_shared);
void inet_origin(struct msghdr *message, struct origin *origin);
size_t inet_message_max(int fd, const struct type *type);
size_t inet_message_max_to(int fd, const struct type *type, const struct address *peer);
size_t inet_header_size(int fd, const struct type *type, const void *message, size_t size);
uint64_t inet_unsettled(int fd, const struct type *type);

#endif
