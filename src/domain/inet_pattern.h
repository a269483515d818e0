/*
 * Which IPv4 and IPv6 peers a word means: an address, a prefix, a range from one address to another, numbers with
 * ranges in the place of some of the four of IPv4, as Nmap has them (10.0.0-3.*), or a name. For inet.c.
 *
 * IPv4 inside IPv6 (::ffff:0:0/96) is IPv4, in patterns and in peers: a socket of both kinds shows IPv4 clients so. Other
 * ways to write IPv4 (octal, hexadecimal, fewer numbers) are refused, because programs differ on what they mean.
 */
#ifndef SKT_DOMAIN_INET_PATTERN_H
#define SKT_DOMAIN_INET_PATTERN_H

#include "domain/domain.h"

/* Columns of the rows, see domain.h. */
const char *inet_read_pattern(const char *words, struct pattern *pattern);
bool inet_matches(const struct pattern *pattern, const struct address *peer, int fd);

/* The pattern that is an address: that one, whatever its port. */
void inet_pattern_of(const struct address *address, struct pattern *pattern);

#endif
