#include "domain/inet_name.h"

#include "base/number.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

union inet_name
inet_name(const struct address *address)
{
    union inet_name name;
    memset(&name, 0, sizeof name);
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    return name;
}

void
inet_address(const union inet_name *name, struct address *address)
{
    memset(address, 0, sizeof *address);
    address->length = name->any.sa_family == AF_INET6 ? sizeof name->ipv6 : sizeof name->ipv4;
    memcpy(&address->name, name, address->length);
}

union inet_name
inet_unmapped(const union inet_name *name)
{
    if (name->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&name->ipv6.sin6_addr))
        return *name;
    union inet_name plain;
    memset(&plain, 0, sizeof plain);
    plain.ipv4.sin_family = AF_INET;
    plain.ipv4.sin_port = name->ipv6.sin6_port;
    memcpy(&plain.ipv4.sin_addr, name->ipv6.sin6_addr.s6_addr + 12, sizeof plain.ipv4.sin_addr);
    return plain;
}

void
inet_set_port(struct address *address, uint16_t port)
{
    const uint16_t in_order = htons(port);
    bool is_six = address->name.ss_family == AF_INET6;
    size_t place = is_six ? offsetof(struct sockaddr_in6, sin6_port) : offsetof(struct sockaddr_in, sin_port);
    memcpy((char *)&address->name + place, &in_order, sizeof in_order);
}

uint16_t
inet_get_port(const struct address *address)
{
    union inet_name name = inet_name(address);
    return ntohs(name.any.sa_family == AF_INET6 ? name.ipv6.sin6_port : name.ipv4.sin_port);
}

static bool
is_harmless(const char *name)
{
    for (; *name; name++) {
        if (*name <= ' ' || *name > '~')
            return false;
    }
    return true;
}

/* As inet_ntop(3) has it; that takes printf(3), which costs a server more than accept(2) for each client. */
static void
write_ipv4(const struct in_addr *address, char *text)
{
    const unsigned char *bytes = (const unsigned char *)&address->s_addr;
    for (int i = 0; i < 4; i++) {
        text = number_write(text, bytes[i]);
        *text++ = i < 3 ? '.' : '\0';
    }
}

void
inet_format(const struct address *address, struct address_text *text)
{
    union inet_name mapped = inet_name(address), name = inet_unmapped(&mapped);
    text->host[0] = text->port[0] = '\0';
    if (name.any.sa_family == AF_INET) {
        write_ipv4(&name.ipv4.sin_addr, text->host);
    } else if (name.any.sa_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &name.ipv6.sin6_addr, text->host, sizeof text->host); /* has room for it */
        uint32_t scope = name.ipv6.sin6_scope_id;
        size_t used = strlen(text->host);
        char interface[IF_NAMESIZE];
        if (scope != 0 && if_indextoname(scope, interface) && is_harmless(interface))
            (void)snprintf(text->host + used, sizeof text->host - used, "%%%s", interface);
        else if (scope != 0)
            (void)snprintf(text->host + used, sizeof text->host - used, "%%%lu", (unsigned long)scope);
    } else {
        return;
    }
    *number_write(text->port, inet_get_port(address)) = '\0';
}

/* One host and port is one end; a scope matters only where both say one. */
bool
inet_same(const struct address *a, const struct address *b)
{
    union inet_name given_a = inet_name(a), given_b = inet_name(b);
    union inet_name x = inet_unmapped(&given_a), y = inet_unmapped(&given_b);
    if (x.any.sa_family != y.any.sa_family)
        return false;
    if (x.any.sa_family == AF_INET)
        return x.ipv4.sin_port == y.ipv4.sin_port && x.ipv4.sin_addr.s_addr == y.ipv4.sin_addr.s_addr;
    if (x.any.sa_family != AF_INET6)
        return false;
    uint32_t scope_x = x.ipv6.sin6_scope_id, scope_y = y.ipv6.sin6_scope_id;
    return x.ipv6.sin6_port == y.ipv6.sin6_port &&
           memcmp(&x.ipv6.sin6_addr, &y.ipv6.sin6_addr, sizeof x.ipv6.sin6_addr) == 0 &&
           (scope_x == scope_y || scope_x == 0 || scope_y == 0);
}
