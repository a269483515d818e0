#include "domain/inet_pattern.h"

#include "domain/host.h"
#include "domain/inet_name.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* What the bounds of a pattern are. */
enum kind {
    KIND_OCTETS, /* of each of four bytes by itself */
    KIND_IPV4,   /* of an address, of 4 bytes */
    KIND_IPV6,   /* of 16 */
};

enum { IPV4_BYTES = 4, IPV6_BYTES = 16, MAPPED_BITS = 96 };

static const char no_bits4[] = "after / come 0 to 32 bits of an IPv4 address";
static const char no_bits6[] = "after / come 0 to 128 bits of an IPv6 address";
static const char no_range[] = "a range is two addresses of one kind, the lower one first";
static const char no_octets[] =
    "not an IPv4 address or pattern: four numbers of 0 to 255, each of which may be a "
    "range, as 1-9, or *";

static size_t
bytes_of(enum kind kind)
{
    return kind == KIND_IPV6 ? IPV6_BYTES : IPV4_BYTES;
}

/* The bytes of an address, IPv4 inside IPv6 being IPv4. */
static enum kind
take_bytes(const union inet_name *given, unsigned char *bytes)
{
    union inet_name name = inet_unmapped(given);
    if (name.any.sa_family == AF_INET6) {
        memcpy(bytes, &name.ipv6.sin6_addr, IPV6_BYTES);
        return KIND_IPV6;
    }
    memcpy(bytes, &name.ipv4.sin_addr, IPV4_BYTES);
    return KIND_IPV4;
}

/* All addresses that begin with `bits` bits of pattern->low. */
static void
set_prefix(struct pattern *pattern, uint32_t bits)
{
    for (uint32_t i = 0; i < bytes_of((enum kind)pattern->kind); i++) {
        uint32_t own = bits > 8 * i ? bits - 8 * i : 0;
        unsigned char rest = (unsigned char)(own >= 8 ? 0 : 0xff >> own);
        pattern->high[i] = pattern->low[i] | rest;
        pattern->low[i] &= (unsigned char)~rest;
    }
}

/* An IPv6 address alone, with a prefix or as the end of a range, IPv4 inside it being IPv4. */
static void
set_host(const struct host *host, struct pattern *pattern)
{
    union inet_name name;
    memset(&name, 0, sizeof name);
    name.ipv6.sin6_family = AF_INET6;
    name.ipv6.sin6_addr = host->ipv6;
    pattern->kind = (int)take_bytes(&name, pattern->low);
}

/* "A-B", each an address of its own. `first` is the size of A. */
static const char *
read_range(const char *words, size_t first, struct pattern *pattern)
{
    char text[2][PATTERN_WORD_MAX + 1];
    struct pattern ends[2] = { { .kind = KIND_IPV4 }, { .kind = KIND_IPV4 } };
    (void)snprintf(text[0], sizeof text[0], "%.*s", (int)first, words);
    (void)snprintf(text[1], sizeof text[1], "%s", words + first + 1);
    for (int i = 0; i < 2; i++) {
        struct host host;
        host_read(text[i], &host);
        if (host.scope[0] != '\0' || (host.kind != HOST_IPV4 && host.kind != HOST_IPV6))
            return no_range;
        if (host.kind == HOST_IPV6)
            set_host(&host, &ends[i]);
        else
            memcpy(ends[i].low, &host.ipv4, IPV4_BYTES);
    }
    size_t bytes = bytes_of((enum kind)ends[0].kind);
    if (ends[0].kind != ends[1].kind || memcmp(ends[0].low, ends[1].low, bytes) > 0)
        return no_range;
    pattern->kind = ends[0].kind;
    memcpy(pattern->low, ends[0].low, bytes);
    memcpy(pattern->high, ends[1].low, bytes);
    return NULL;
}

/* Four numbers, each of which may be a range or *. */
static const char *
read_octets(const char *words, struct pattern *pattern)
{
    pattern->kind = KIND_OCTETS;
    for (int i = 0; i < IPV4_BYTES; i++) {
        char octet[8];
        uint32_t low = 0, high = 255;
        size_t size = strcspn(words, ".");
        if (size >= sizeof octet || words[size] != (i < IPV4_BYTES - 1 ? '.' : '\0'))
            return no_octets;
        memcpy(octet, words, size);
        octet[size] = '\0';
        if (strcmp(octet, "*") != 0 && !pattern_read_range(octet, 255, &low, &high))
            return no_octets;
        pattern->low[i] = (unsigned char)low;
        pattern->high[i] = (unsigned char)high;
        words += size + 1;
    }
    return NULL;
}

/* Is the dash one between two addresses? In 10.0.0.1-9 it is not. */
static bool
parts_addresses(const char *words, size_t first)
{
    char text[16];
    struct in_addr address;
    if (first >= sizeof text)
        return false;
    memcpy(text, words, first);
    text[first] = '\0';
    return inet_pton(AF_INET, text, &address) == 1 && strchr(words + first + 1, '.');
}

static const char *
read_ipv4(const char *words, struct pattern *pattern)
{
    size_t size = strcspn(words, "/"), first = strcspn(words, "-");
    if (words[size] == '\0' && words[first] == '-' && parts_addresses(words, first))
        return read_range(words, first, pattern);
    char text[PATTERN_WORD_MAX + 1];
    (void)snprintf(text, sizeof text, "%.*s", (int)size, words);
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1)
        return words[size] == '/' ? no_bits4 : read_octets(words, pattern);
    uint32_t bits = 32, same;
    if (words[size] == '/' && (!pattern_read_range(words + size + 1, 32, &bits, &same) || bits != same))
        return no_bits4;
    pattern->kind = KIND_IPV4;
    memcpy(pattern->low, &address, sizeof address);
    set_prefix(pattern, bits);
    return NULL;
}

static const char *
read_ipv6(const char *words, struct pattern *pattern)
{
    size_t size = strcspn(words, "/"), first = strcspn(words, "-");
    if (!strchr(words, '%') && words[first] == '-')
        return read_range(words, first, pattern);
    char text[PATTERN_WORD_MAX + 1];
    (void)snprintf(text, sizeof text, "%.*s", (int)size, words);
    struct host host;
    host_read(text, &host);
    if (host.kind != HOST_IPV6)
        return host.kind == HOST_BAD ? host.problem : "not an IPv6 address, and names have no colon";
    uint32_t bits = 128, same;
    if (words[size] == '/' &&
        (host.scope[0] != '\0' || !pattern_read_range(words + size + 1, 128, &bits, &same) || bits != same))
        return no_bits6;
    if (host.scope[0] != '\0') { /* the index of an interface is asked for like a name */
        pattern->name = words;
        return NULL;
    }
    pattern->kind = KIND_IPV6;
    memcpy(pattern->low, &host.ipv6, IPV6_BYTES);
    if (bits >= MAPPED_BITS && IN6_IS_ADDR_V4MAPPED(&host.ipv6)) {
        set_host(&host, pattern);
        bits -= MAPPED_BITS;
    }
    set_prefix(pattern, bits);
    return NULL;
}

/* Only what may be in a name of a host: a slip of the pen should be found before a name server is asked for it. */
static const char *
read_name(const char *words, struct pattern *pattern)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    struct host host;
    if (strchr(words, '/'))
        return "a prefix goes with an address, not with a name";
    host_read(words, &host);
    if (host.kind == HOST_BAD)
        return host.problem;
    if (words[strspn(words, letters)] != '\0' || words[0] == '-' || words[0] == '.')
        return "neither an address nor a name of letters, digits, - and .";
    pattern->name = words;
    return NULL;
}

const char *
inet_read_pattern(const char *words, struct pattern *pattern)
{
    size_t size = strcspn(words, "/");
    if (strchr(words, ':'))
        return read_ipv6(words, pattern);
    if (strspn(words, "0123456789.-*") >= size)
        return read_ipv4(words, pattern);
    return read_name(words, pattern);
}

void
inet_pattern_of(const struct address *address, struct pattern *pattern)
{
    union inet_name name = inet_name(address);
    pattern->kind = (int)take_bytes(&name, pattern->low);
    pattern->scope = pattern->kind == KIND_IPV6 ? name.ipv6.sin6_scope_id : 0;
    memcpy(pattern->high, pattern->low, sizeof pattern->high);
}

bool
inet_matches(const struct pattern *pattern, const struct address *peer, int fd)
{
    (void)fd;
    struct pattern is = { .kind = KIND_IPV4 };
    inet_pattern_of(peer, &is);
    if (pattern->kind == KIND_OCTETS) {
        bool matches = is.kind == KIND_IPV4;
        for (int i = 0; i < IPV4_BYTES; i++)
            matches = matches && pattern->low[i] <= is.low[i] && is.low[i] <= pattern->high[i];
        return matches;
    }
    size_t bytes = bytes_of((enum kind)pattern->kind);
    return pattern->kind == is.kind && (pattern->scope == 0 || pattern->scope == is.scope) &&
           memcmp(pattern->low, is.low, bytes) <= 0 && memcmp(is.low, pattern->high, bytes) <= 0;
}
