#include "dial/sockopt_value.h"

#include "base/hex.h"
#include "dial/group.h"
#include "domain/host.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

int
sockopt_hex(const char *text, unsigned char *bytes, size_t room)
{
    size_t count = 0;
    const char *problem;
    return hex_read(text, strcspn(text, ":"), bytes, room, &count, &problem) < 0 ? -1 : (int)count;
}

bool
sockopt_station(const char *text, char *interface, unsigned char *mac)
{
    size_t length = strcspn(text, "/"), count = 0;
    const char *problem;
    if (text[length] == '\0' || length >= IF_NAMESIZE)
        return false;
    (void)snprintf(interface, IF_NAMESIZE, "%.*s", (int)length, text);
    const char *address = text + length + 1;
    return group_is_interface(interface) &&
           hex_read(address, strlen(address), mac, ETH_ALEN, &count, &problem) == 0 && count == ETH_ALEN;
}

static int
put(struct sockopt_bytes *bytes, const void *value, size_t size)
{
    memcpy(bytes->data, value, size);
    bytes->size = (socklen_t)size;
    return 0;
}

static int
put_int(struct sockopt_bytes *bytes, int64_t number)
{
    int value = (int)(uint32_t)(uint64_t)number; /* of 32 bits without a sign there are options too */
    return put(bytes, &value, sizeof value);
}

/* Rounded up, so that only zero becomes zero. */
static int64_t
seconds_of(int64_t ms)
{
    return ms / 1000 + (ms % 1000 != 0);
}

static int
put_timeval(struct sockopt_bytes *bytes, int64_t ms)
{
    const struct timeval value = { .tv_sec = (time_t)(ms / 1000),
                                   .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
    return put(bytes, &value, sizeof value);
}

static int
put_linger(struct sockopt_bytes *bytes, int64_t ms)
{
    const struct linger value = { .l_onoff = ms >= 0, .l_linger = ms >= 0 ? (int)seconds_of(ms) : 0 };
    return put(bytes, &value, sizeof value);
}

/* LOW-HIGH as the kernel wants it; the text is known to be good. */
static int
put_ports(struct sockopt_bytes *bytes, const char *text)
{
    char *end = NULL;
    unsigned long low = strtoul(text, &end, 10);
    unsigned long high = strtoul(end + 1, NULL, 10);
    const uint32_t value = (uint32_t)(high << 16 | low);
    return put(bytes, &value, sizeof value);
}

/* The name of an interface in one of its many wrappings. */
static int
put_interface(int fd, struct sockopt_bytes *bytes, enum sockopt_form form, const char *text)
{
    unsigned index = group_interface(fd, text);
    if (index == 0)
        return -1;
    const uint32_t swapped = htonl(index);
    const struct ip_mreqn request = { .imr_ifindex = (int)index };
    struct packet_mreq membership = { .mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC };
    if (form == FORM_MREQN)
        return put(bytes, &request, sizeof request);
    if (form == FORM_INDEX_BE)
        return put(bytes, &swapped, sizeof swapped);
    if (form == FORM_INDEX)
        return put_int(bytes, index);
    if (form == FORM_ALLMULTI)
        membership.mr_type = PACKET_MR_ALLMULTI;
    return put(bytes, &membership, sizeof membership);
}

/* A frame's destination that the interface has to let through (packet(7)). */
static int
put_station(int fd, struct sockopt_bytes *bytes, enum sockopt_form form, const char *text)
{
    char interface[IF_NAMESIZE];
    struct packet_mreq membership = {
        .mr_type = form == FORM_MULTICAST ? PACKET_MR_MULTICAST : PACKET_MR_UNICAST,
        .mr_alen = ETH_ALEN,
    };
    (void)sockopt_station(text, interface, membership.mr_address); /* known to be good */
    unsigned index = group_interface(fd, interface);
    membership.mr_ifindex = (int)index;
    return index == 0 ? -1 : put(bytes, &membership, sizeof membership);
}

static int
put_anycast(int fd, struct sockopt_bytes *bytes, const char *text)
{
    struct host host;
    host_read(text, &host);
    unsigned index = host.scope[0] != '\0' ? group_interface(fd, host.scope) : 0;
    if (host.scope[0] != '\0' && index == 0)
        return -1;
    const struct ipv6_mreq value = { .ipv6mr_multiaddr = host.ipv6, .ipv6mr_interface = index };
    return put(bytes, &value, sizeof value);
}

/* RFC 3678 section 5: one structure for both families, but each is understood on its own level only. */
static int
put_group(int fd, struct sockopt_bytes *bytes, const struct sockopt_place *place, const char *text)
{
    struct group group;
    (void)group_read(text, &group); /* known to be good */
    int family = place->level == LEVEL_IP ? AF_INET : AF_INET6;
    if (group.address.ss_family != family) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    unsigned index = group.interface[0] != '\0' ? group_interface(fd, group.interface) : 0;
    if (group.interface[0] != '\0' && index == 0)
        return -1;
    const struct group_req any = { .gr_interface = index, .gr_group = group.address };
    const struct group_source_req one = { .gsr_interface = index,
                                          .gsr_group = group.address,
                                          .gsr_source = group.source };
    return place->form == FORM_SOURCE ? put(bytes, &one, sizeof one) : put(bytes, &any, sizeof any);
}

static int
put_hex(struct sockopt_bytes *bytes, const char *text)
{
    int size = sockopt_hex(text, bytes->data, sizeof bytes->data);
    bytes->size = (socklen_t)size;
    return 0;
}

/* struct sctp_assoc_value; association 0 stands for those to come (RFC 6458 section 7). */
static int
put_association(struct sockopt_bytes *bytes, int64_t number)
{
    const uint32_t value[2] = { 0, (uint32_t)(uint64_t)number };
    return put(bytes, value, sizeof value);
}

/* Any peer: a prefix of no bits. A socket of IPv6 keeps the keys for ::ffff:0:0/96 apart. */
static int
put_md5(struct sockopt_bytes *bytes, enum sockopt_form form, const char *key)
{
    struct tcp_md5sig value = { .tcpm_flags = TCP_MD5SIG_FLAG_PREFIX };
    struct sockaddr_in6 name = { .sin6_family = form == FORM_MD5_IPV4 ? AF_INET : AF_INET6 };
    if (form == FORM_MD5_MAPPED)
        memset(name.sin6_addr.s6_addr + 10, 0xff, 2);
    memcpy(&value.tcpm_addr, &name, sizeof name);
    value.tcpm_keylen = (uint16_t)strlen(key);
    memcpy(value.tcpm_key, key, value.tcpm_keylen);
    return put(bytes, &value, sizeof value);
}

static int
put_number(struct sockopt_bytes *bytes, enum sockopt_form form, int64_t number)
{
    const uint32_t swapped = htonl((uint32_t)(uint64_t)number);
    const uint64_t wide = (uint64_t)number;
    const unsigned char byte = (unsigned char)number;
    if (form == FORM_INT_BE)
        return put(bytes, &swapped, sizeof swapped);
    if (form == FORM_BYTE)
        return put(bytes, &byte, sizeof byte);
    if (form == FORM_U64)
        return put(bytes, &wide, sizeof wide);
    return put_int(bytes, number);
}

int
sockopt_encode(int fd, const struct sockopt_setting *setting, const struct sockopt_place *place,
               struct sockopt_bytes *bytes)
{
    if (!place)
        return put_hex(bytes, setting->text);
    switch (place->form) {
    case FORM_SECONDS:
        return put_int(bytes, seconds_of(setting->number));
    case FORM_TIMEVAL:
        return put_timeval(bytes, setting->number);
    case FORM_LINGER:
        return put_linger(bytes, setting->number);
    case FORM_TEXT:
        return put(bytes, setting->text, strlen(setting->text) + 1);
    case FORM_HEX:
        return put_hex(bytes, setting->text);
    case FORM_PORTS:
        return put_ports(bytes, setting->text);
    case FORM_INDEX:
    case FORM_INDEX_BE:
    case FORM_MREQN:
    case FORM_PROMISC:
    case FORM_ALLMULTI:
        return put_interface(fd, bytes, place->form, setting->text);
    case FORM_MULTICAST:
    case FORM_UNICAST:
        return put_station(fd, bytes, place->form, setting->text);
    case FORM_ANYCAST:
        return put_anycast(fd, bytes, setting->text);
    case FORM_GROUP:
    case FORM_SOURCE:
        return put_group(fd, bytes, place, setting->text);
    case FORM_ASSOC:
        return put_association(bytes, setting->number);
    case FORM_MD5_IPV4:
    case FORM_MD5_IPV6:
    case FORM_MD5_MAPPED:
        return put_md5(bytes, place->form, setting->text);
    case FORM_INT:
    case FORM_INT_BE:
    case FORM_BYTE:
    case FORM_U64:
    case FORM_MS:
        break;
    }
    return put_number(bytes, place->form, setting->number);
}

static int
get_int(const struct sockopt_bytes *bytes, int64_t factor, int64_t *number)
{
    int value = 0;
    memcpy(&value, bytes->data, sizeof value);
    *number = factor * value;
    return bytes->size == sizeof value ? 0 : -1;
}

static int
get_timeval(const struct sockopt_bytes *bytes, int64_t *number)
{
    struct timeval value;
    memcpy(&value, bytes->data, sizeof value);
    *number = (int64_t)value.tv_sec * 1000 + value.tv_usec / 1000;
    return bytes->size == sizeof value ? 0 : -1;
}

static int
get_u64(const struct sockopt_bytes *bytes, int64_t *number)
{
    memcpy(number, bytes->data, sizeof *number);
    return bytes->size == sizeof *number ? 0 : -1;
}

int
sockopt_decode(const struct sockopt_place *place, const struct sockopt_bytes *bytes, int64_t *number)
{
    if (place->form == FORM_INT || place->form == FORM_MS)
        return get_int(bytes, 1, number);
    if (place->form == FORM_SECONDS)
        return get_int(bytes, 1000, number);
    if (place->form == FORM_TIMEVAL)
        return get_timeval(bytes, number);
    if (place->form == FORM_U64)
        return get_u64(bytes, number);
    return -1;
}
