/*
 * A host as people type it: a dotted quad, IPv6 text (RFC 4291) with a scope id after % (RFC 4007), with or
 * without brackets (RFC 3986), or a name. Pure: asks nobody.
 */
#ifndef SKT_DOMAIN_HOST_H
#define SKT_DOMAIN_HOST_H

#include <net/if.h>
#include <netinet/in.h>

enum host_kind { HOST_NAME, HOST_IPV4, HOST_IPV6, HOST_BAD };

enum { HOST_LENGTH_MAX = 255 };

struct host {
    enum host_kind kind;
    struct in_addr ipv4;
    struct in6_addr ipv6;
    char scope[IF_NAMESIZE]; /* an interface's name or index; empty: none */
    const char *problem;     /* HOST_BAD: what would be right */
};

/*
 * Read a host. What ends in a number is a dotted quad or bad: inet_aton(3), and so getaddrinfo(3), would take
 * 127.1 and 0x7f.1 for addresses that nobody meant.
 */
void host_read(const char *text, struct host *host);

#endif
