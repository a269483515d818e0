#include "dial/group.h"

#include "base/number.h"
#include "domain/host.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

enum { TEXT_MAX = 160 };

bool
group_is_interface(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size < IF_NAMESIZE && !strpbrk(text, "/@,% \t");
}

static unsigned
index_of(int fd, const char *name)
{
    struct ifreq request = { .ifr_ifindex = 0 };
    if (fd < 0)
        return if_nametoindex(name);
    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    return ioctl(fd, SIOCGIFINDEX, &request) == 0 ? (unsigned)request.ifr_ifindex : 0;
}

static bool
is_index(int fd, unsigned index)
{
    char name[IF_NAMESIZE];
    struct ifreq request = { .ifr_ifindex = (int)index };
    return fd < 0 ? if_indextoname(index, name) != NULL : ioctl(fd, SIOCGIFNAME, &request) == 0;
}

unsigned
group_interface(int fd, const char *text)
{
    unsigned index = index_of(fd, text);
    int64_t number = 0;
    if (index == 0 && number_whole(text, NUMBER_DECIMAL, &number) == NUMBER_FOUND && number <= INT32_MAX &&
        is_index(fd, (unsigned)number))
        index = (unsigned)number;
    if (index == 0)
        errno = ENODEV;
    return index;
}

/* Read a numeric address into `name`, and its zone. Returns NULL, or what is wrong. */
static const char *
read_address(const char *text, struct sockaddr_storage *name, char *zone)
{
    struct host host;
    host_read(text, &host);
    memset(name, 0, sizeof *name);
    zone[0] = '\0';
    if (host.kind == HOST_IPV4) {
        const struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_addr = host.ipv4 };
        memcpy(name, &ipv4, sizeof ipv4);
        return NULL;
    }
    if (host.kind != HOST_IPV6)
        return host.kind == HOST_BAD ? host.problem : "not a numeric address";
    const struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_addr = host.ipv6 };
    memcpy(name, &ipv6, sizeof ipv6);
    (void)snprintf(zone, IF_NAMESIZE, "%s", host.scope);
    return NULL;
}

static bool
is_multicast(const struct sockaddr_storage *name)
{
    if (name->ss_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, name, sizeof ipv4);
        return IN_MULTICAST(ntohl(ipv4.sin_addr.s_addr));
    }
    struct sockaddr_in6 ipv6;
    memcpy(&ipv6, name, sizeof ipv6);
    return IN6_IS_ADDR_MULTICAST(&ipv6.sin6_addr);
}

/* The source and the interface, which stand behind the address. NULL: `text` has none. */
static const char *
read_rest(char *source, const char *interface, struct group *group)
{
    char zone[IF_NAMESIZE];
    if (interface) {
        if (!group_is_interface(interface))
            return "after @ comes the name or the index of an interface";
        if (group->interface[0] != '\0')
            return "the interface is given twice";
        (void)snprintf(group->interface, sizeof group->interface, "%s", interface);
    }
    if (!source)
        return NULL;
    const char *problem = read_address(source, &group->source, zone);
    if (problem)
        return problem;
    if (group->source.ss_family != group->address.ss_family)
        return "the group and its source are of two families";
    return is_multicast(&group->source) ? "the source is a group itself" : NULL;
}

const char *
group_read(const char *text, struct group *group)
{
    char copy[TEXT_MAX];
    if (strlen(text) >= sizeof copy)
        return "too long";
    memset(group, 0, sizeof *group);
    (void)snprintf(copy, sizeof copy, "%s", text);
    char *source = strchr(copy, ',');
    if (source)
        *source++ = '\0';
    char *interface = strchr(copy, '@');
    if (interface)
        *interface++ = '\0';
    const char *problem = read_address(copy, &group->address, group->interface);
    if (problem)
        return problem;
    if (!is_multicast(&group->address))
        return "not a multicast address, which are 224.0.0.0 to 239.255.255.255 and those with ff";
    return read_rest(source, interface, group);
}
