/* What UDP, and UDP-Lite with it, has of its own: udp(7). */
#ifndef SKT_DOMAIN_INET_UDP_H
#define SKT_DOMAIN_INET_UDP_H

#include "domain/domain.h"
#include <stdbool.h>

/*
 * A receive buffer for a flood: by default one holds a few hundred datagrams, and what comes while it is full is dropped.
 * As large as the system allows, up to what comes in some milliseconds, for which a receiver may have to wait for its
 * processor; only what waits takes memory. Options of the user's come later, and are the last.
 */
void udp_prepare(int fd);

/* Are datagrams of one size taken and given in one piece (domain.h, has_trains)? Of UDP only. */
bool udp_has_trains(int fd);

/* The domain's columns tell_origins, origin and is_usual_origin (domain.h), for sockets of UDP that are bound to all addresses. */
bool udp_tell_origins(int fd, bool is_shared);
void udp_origin(struct msghdr *message, struct origin *origin);
bool udp_is_usual_origin(const struct origin *origin, const struct address *peer);

#endif
