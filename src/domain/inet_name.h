/* The address of an IPv4 or IPv6 socket (ip(7), ipv6(7)) and the port in it. For inet.c. */
#ifndef SKT_DOMAIN_INET_NAME_H
#define SKT_DOMAIN_INET_NAME_H

#include "domain/domain.h"
#include <netinet/in.h>

/* Either kind of address. A copy, because a sockaddr_storage may not be looked at as anything else. */
union inet_name {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

/* Out of an address and into one. */
union inet_name inet_name(const struct address *address);
void inet_address(const union inet_name *name, struct address *address);

/* The IPv4 address inside ::ffff:0:0/96 (RFC 4291 section 2.5.5.2) is what people know it by. */
union inet_name inet_unmapped(const union inet_name *name);

void inet_set_port(struct address *address, uint16_t port);
uint16_t inet_get_port(const struct address *address);

/* Columns of the rows, see domain.h. */
void inet_format(const struct address *address, struct address_text *text);
bool inet_same(const struct address *a, const struct address *b);

#endif
