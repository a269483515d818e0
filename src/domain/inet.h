/*
 * IPv4 and IPv6: ip(7), ipv6(7). Three rows: either of the two, only IPv4, only IPv6.
 * Hosts are names, dotted quads, or IPv6 text (RFC 4291) with a scope id after % (RFC 4007); brackets around
 * IPv6 text are taken off (RFC 3986); see host.h. Ports are 0 to 65535 or names from services(5).
 */
#ifndef SKT_DOMAIN_INET_H
#define SKT_DOMAIN_INET_H

#include "domain/domain.h"
#include <stdint.h>

extern const struct domain inet46_domain, inet4_domain, inet6_domain;

/*
 * Read one port. Returns 0 and *port, or -1 with STATUS_USAGE and the port as typed. `protocol` ("tcp") is
 * where a service name is looked up first; a name that only another protocol has is taken from there.
 * Digits never ask services(5).
 */
int inet_port(const char *text, const char *protocol, uint16_t *port, struct fault *fault);

#endif
