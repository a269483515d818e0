#include "domain/inet.h"

#include "base/number.h"
#include "domain/host.h"
#include "domain/inet_name.h"
#include "domain/inet_pattern.h"
#include "domain/inet_protocol.h"
#include "domain/inet_sctp.h"
#include "domain/inet_socket.h"
#include "domain/inet_udp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535 };

static bool
service_port(const char *name, const char *protocol, uint16_t *port)
{
    struct servent entry, *found = NULL;
    char storage[4096]; /* a service has a handful of aliases */
    if (getservbyname_r(name, protocol, &entry, storage, sizeof storage, &found) != 0 || !found)
        return false;
    *port = ntohs((uint16_t)found->s_port);
    return true;
}

int
inet_port(const char *text, const char *protocol, uint16_t *port, struct fault *fault)
{
    int64_t number = 0;
    enum number_found found = number_whole(text, NUMBER_DECIMAL, &number);
    if (found == NUMBER_FOUND && number <= PORT_MAX) {
        *port = (uint16_t)number;
        return 0;
    }
    if (found == NUMBER_NONSENSE && *text != '\0' &&
        (service_port(text, protocol, port) || service_port(text, NULL, port)))
        return 0;
    return fault_say(fault, STATUS_USAGE, "a port is 0 to 65535 or a service name", "port %s",
                     *text ? text : "\"\"");
}

static int
host_fault(const struct resolve_query *query, const char *why, struct fault *fault)
{
    const char *host = query->target.host;
    return fault_say(fault, STATUS_USAGE, why, "host %s", *host ? host : "\"\"");
}

static int
check_host(const struct resolve_query *query, struct host *host, struct fault *fault)
{
    if (!query->target.host) {
        if (query->purpose == PURPOSE_CONNECT)
            return fault_say(fault, STATUS_USAGE, "missing; where to connect is HOST PORT", "host");
        return 0;
    }
    host_read(query->target.host, host);
    if (host->kind == HOST_BAD)
        return host_fault(query, host->problem, fault);
    if (host->kind == HOST_IPV4 && query->family == AF_INET6)
        return host_fault(query, "not an IPv6 address", fault);
    if (host->kind == HOST_IPV6 && query->family == AF_INET)
        return host_fault(query, "not an IPv4 address", fault);
    if (host->kind == HOST_NAME && query->numeric)
        return host_fault(query, "not a numeric address, and -n forbids names", fault);
    return 0;
}

static int
check_port(const struct resolve_query *query, uint16_t *port, struct fault *fault)
{
    const char *text = query->target.port;
    *port = 0;
    if (query->type->portless)
        return text ? fault_say(fault, STATUS_USAGE, "sockets of this type have no ports", "port %s", text)
                    : 0;
    if (!text) {
        if (query->purpose != PURPOSE_SOURCE)
            return fault_say(fault, STATUS_USAGE, "missing; 0 to 65535 or a service name", "port");
        return 0;
    }
    if (inet_port(text, inet_protocol_name(query->type, query->protocol), port, fault) < 0)
        return -1;
    if (*port == 0 && query->purpose == PURPOSE_CONNECT)
        return fault_say(fault, STATUS_USAGE, "can only be listened on", "port %s", text);
    return 0;
}

/*
 * ICMP is of IPv4, ICMPv6 of IPv6: a name's other addresses, and the other "every interface", would be silent. The
 * header of IPv6 can be sent, but is never received (ipv6(7), RFC 3542 section 3).
 */
static struct resolve_query
of_one_family(const struct resolve_query *query)
{
    struct resolve_query narrowed = *query;
    if (query->family != AF_UNSPEC || !query->type->portless)
        return narrowed;
    if (query->protocol == IPPROTO_ICMP || query->keeps_headers)
        narrowed.family = AF_INET;
    else if (query->protocol == IPPROTO_ICMPV6)
        narrowed.family = AF_INET6;
    return narrowed;
}

static int
inet_check(const struct resolve_query *asked, struct fault *fault)
{
    struct host host;
    uint16_t port;
    const struct resolve_query query = of_one_family(asked);
    if (query.type->value == SOCK_RAW && query.protocol == 0)
        return fault_say(fault, STATUS_USAGE, "needs a protocol, such as --protocol icmp", "type raw");
    if (inet_protocol_fits(query.type, query.protocol, fault) < 0)
        return -1;
    if (query.type->value == SOCK_RAW && query.family == AF_UNSPEC && !query.target.host)
        return fault_say(fault, STATUS_USAGE, "a raw socket hears IPv4 or IPv6: choose with -4 or -6",
                         "type raw");
    if (check_host(&query, &host, fault) < 0)
        return -1;
    return check_port(&query, &port, fault);
}

static bool
inet_needs_lookup(const struct resolve_query *query)
{
    if (!query->target.host)
        return false;
    struct host host;
    host_read(query->target.host, &host);
    return host.kind == HOST_NAME;
}

/* Add with the port, unless it is there already: /etc/hosts may name an address twice. */
static int
add_name(struct address_list *list, const union inet_name *name, uint16_t port, struct fault *fault)
{
    struct address address;
    inet_address(name, &address);
    inet_set_port(&address, port);
    for (size_t i = 0; i < list->count; i++) {
        if (inet_same(&list->items[i], &address) && list->items[i].length == address.length)
            return 0;
    }
    if (address_list_add(list, (const struct sockaddr *)&address.name, address.length) < 0)
        return fault_set(fault, STATUS_LOCAL, "list of addresses");
    return 0;
}

/* No host: every interface. IPv6 first, because its socket can take IPv4 too (inet46_bind). */
static int
resolve_any(const struct resolve_query *query, uint16_t port, struct address_list *list, struct fault *fault)
{
    const union inet_name any6 = { .ipv6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT } };
    const union inet_name any4 = { .ipv4 = { .sin_family = AF_INET } };
    if (query->family != AF_INET && add_name(list, &any6, port, fault) < 0)
        return -1;
    if (query->family != AF_INET6 && add_name(list, &any4, port, fault) < 0)
        return -1;
    return 0;
}

/* Not in host.c, and not before anything is opened: if_nametoindex(3) asks through a socket. */
static int
scope_index(const struct resolve_query *query, const char *scope, uint32_t *index, struct fault *fault)
{
    *index = 0;
    if (scope[0] == '\0')
        return 0;
    int64_t number = 0;
    enum number_found found = number_whole(scope, NUMBER_DECIMAL, &number);
    if (found != NUMBER_NONSENSE) {
        if (found == NUMBER_HUGE || number == 0 || number > UINT32_MAX)
            return host_fault(query, "an interface's index is 1 to 4294967295", fault);
        *index = (uint32_t)number;
        return 0;
    }
    *index = if_nametoindex(scope);
    if (*index == 0)
        return fault_set(fault, STATUS_LOOKUP, "lookup of %s", query->target.host);
    return 0;
}

static int
resolve_literal(const struct resolve_query *query, const struct host *host, uint16_t port,
                struct address_list *list, struct fault *fault)
{
    union inet_name name;
    memset(&name, 0, sizeof name);
    if (host->kind == HOST_IPV4) {
        name.ipv4.sin_family = AF_INET;
        name.ipv4.sin_addr = host->ipv4;
        return add_name(list, &name, port, fault);
    }
    name.ipv6.sin6_family = AF_INET6;
    name.ipv6.sin6_addr = host->ipv6;
    if (scope_index(query, host->scope, &name.ipv6.sin6_scope_id, fault) < 0)
        return -1;
    return add_name(list, &name, port, fault);
}

/*
 * Without AI_ADDRCONFIG, which leaves out IPv6 loopback where only loopback has IPv6: an address that cannot
 * be reached fails at once and the race goes on to the next. The type is only there to get each address once.
 */
static int
resolve_name(const struct resolve_query *query, uint16_t port, struct address_list *list, struct fault *fault)
{
    const struct addrinfo hints = { .ai_family = query->family, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int error = getaddrinfo(query->target.host, NULL, &hints, &found);
    if (error == EAI_SYSTEM)
        return fault_set(fault, STATUS_LOOKUP, "lookup of %s", query->target.host);
    if (error != 0)
        return fault_say(fault, STATUS_LOOKUP, gai_strerror(error), "lookup of %s", query->target.host);
    int added = 0;
    for (const struct addrinfo *at = found; at && added == 0; at = at->ai_next) {
        union inet_name name;
        memset(&name, 0, sizeof name);
        memcpy(&name, at->ai_addr, at->ai_addrlen < sizeof name ? at->ai_addrlen : sizeof name);
        added = add_name(list, &name, port, fault);
    }
    freeaddrinfo(found);
    return added;
}

static int
inet_resolve(const struct resolve_query *asked, struct address_list *list, struct fault *fault)
{
    struct host host;
    uint16_t port;
    const struct resolve_query query = of_one_family(asked);
    if (check_host(&query, &host, fault) < 0 || check_port(&query, &port, fault) < 0)
        return -1;
    if (!query.target.host)
        return resolve_any(&query, port, list, fault);
    if (host.kind == HOST_NAME)
        return resolve_name(&query, port, list, fault);
    return resolve_literal(&query, &host, port, list, fault);
}

/* All addresses of a name, or the one with the index of its interface. */
static int
inet_resolve_pattern(const struct pattern *pattern, struct pattern_list *list, struct fault *fault)
{
    const struct resolve_query query = {
        .family = AF_UNSPEC,
        .target = { .host = pattern->name },
        .purpose = PURPOSE_SOURCE,
        .type = &stream_type,
    };
    struct address_list found = { .items = NULL };
    int result = inet_resolve(&query, &found, fault);
    for (size_t i = 0; i < found.count && result == 0; i++) {
        struct pattern one = *pattern;
        inet_pattern_of(&found.items[i], &one);
        if (pattern_list_add(list, &one) < 0)
            result = fault_set(fault, STATUS_LOCAL, "list of patterns");
    }
    address_list_free(&found);
    return result;
}

static void
inet_spell(const struct address *address, const struct type *type, char *word, size_t size)
{
    struct address_text text;
    inet_format(address, &text);
    if (type->portless) { /* what looks like a port in the address is the protocol (raw(7)) */
        (void)snprintf(word, size, "%s", text.host);
        return;
    }
    bool brackets = strchr(text.host, ':') != NULL; /* RFC 3986 section 3.2.2 */
    const char *zone = strstr(text.host, "%25"); /* %25 stands for % in a URL (RFC 6874); else % is plain */
    int before = (int)(zone ? zone - text.host : 0);
    (void)snprintf(word, size, "%s://%s%.*s%s%s%s:%s", inet_protocol_name(type, 0), brackets ? "[" : "",
                   before, text.host, zone ? "%25" : "", zone ? zone + 1 : text.host, brackets ? "]" : "",
                   text.port);
}

#define INET_COLUMNS                                                                                         \
    .types = inet_types, .has_port = true, .operands = "[HOST] PORT", .check = inet_check,                   \
    .resolve = inet_resolve, .needs_lookup = inet_needs_lookup, .format = inet_format, .spell = inet_spell,  \
    .protocol_name = inet_protocol_name, .protocol_find = inet_protocol_find, .protocols = inet_protocols,   \
    .socket_protocol = inet_socket_protocol, .read_port = inet_port, .prepare = inet_prepare,                \
    .connect = inet_connect, .notice = sctp_notice, .lacking = inet_lacking, .opened = inet_opened,          \
    .clear_errors = inet_clear_errors, .message_max = inet_message_max,                                      \
    .message_max_to = inet_message_max_to, .has_trains = inet_has_trains, .gather = inet_gather,             \
    .unsettled = inet_unsettled, .same = inet_same, .tell_origins = inet_tell_origins,                       \
    .origin = inet_origin, .is_usual_origin = udp_is_usual_origin, .same_bytes = true,                       \
    .port = inet_get_port, .set_port = inet_set_port, .read_pattern = inet_read_pattern,                     \
    .resolve_pattern = inet_resolve_pattern, .matches = inet_matches

const struct domain inet46_domain = {
    .name = "inet46",
    .aliases = "ip unspec any",
    .family = AF_UNSPEC,
    .help = "IPv4 and IPv6, whichever the host has",
    .bind = inet46_bind,
    .header_size = inet_header_size,
    INET_COLUMNS,
};

const struct domain inet4_domain = {
    .name = "inet",
    .aliases = "inet4 ipv4 ip4",
    .family = AF_INET,
    .whole = &inet46_domain,
    .help = "IPv4 only",
    .bind = inet_bind,
    .header_size = inet_header_size,
    INET_COLUMNS,
};

const struct domain inet6_domain = {
    .name = "inet6",
    .aliases = "ipv6 ip6",
    .family = AF_INET6,
    .kernel = "CONFIG_IPV6",
    .whole = &inet46_domain,
    .help = "IPv6 only",
    .bind = inet_bind,
    INET_COLUMNS,
};
