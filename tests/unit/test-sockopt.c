#include "dial/sockopt.h"
#include "dial/sockopt_value.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockopt_settings
only(const char *name, int64_t number)
{
    static struct sockopt_setting setting;
    setting = (struct sockopt_setting){ .number = number };
    setting.row = sockopt_find(name, &setting.level);
    return (struct sockopt_settings){ .items = &setting, .count = 1 };
}

static int
apply(int fd, const char *name, int value, struct fault *fault)
{
    struct sockopt_settings settings = only(name, value);
    return sockopt_apply(fd, &settings, PHASE_OPENED, STATUS_CONNECT, fault);
}

static int
value_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, option, &value, &size) < 0 ? -1 : value;
}

/* --- the table --- */

static void
check_name(const struct sockopt_row *row, const struct sockopt_place *place, const char *own)
{
    char name[80];
    enum sockopt_level level;
    (void)snprintf(name, sizeof name, "%s.%s", sockopt_levels[place->level].name, own);
    ok(sockopt_find(name, &level) == row && level == place->level, "%s is found", name);
    const char *prefix = sockopt_levels[place->level].prefix;
    (void)snprintf(name, sizeof name, "%s%s", prefix, own);
    ok(!*prefix || (sockopt_find(name, &level) == row && level == place->level), "%s is found", name);
}

static void
check_place(const struct sockopt_row *row, const struct sockopt_place *place)
{
    check_name(row, place, row->name);
    const char *own = NULL;
    size_t count = 0;
    for (; (own = sockopt_own_name(place, count)) != NULL; count++)
        check_name(row, place, own);
    ok(count <= SOCKOPT_NAMES_MAX, "%s has no more names than there is room for", row->name);
}

/* Of what kinds of values a form can be made. */
static bool
goes_with(enum sockopt_kind kind, enum sockopt_form form)
{
    switch (kind) {
    case SOCKOPT_FLAG:
        return form == FORM_INT || form == FORM_ASSOC;
    case SOCKOPT_INT:
        return form == FORM_INT || form == FORM_INT_BE || form == FORM_BYTE || form == FORM_ASSOC;
    case SOCKOPT_SIZE:
        return form == FORM_INT || form == FORM_U64;
    case SOCKOPT_TIME:
        return form == FORM_SECONDS || form == FORM_MS || form == FORM_TIMEVAL;
    case SOCKOPT_LINGER:
        return form == FORM_LINGER;
    case SOCKOPT_TEXT:
        return form == FORM_TEXT || form == FORM_MD5_IPV4 || form == FORM_MD5_IPV6 || form == FORM_MD5_MAPPED;
    case SOCKOPT_PORTS:
        return form == FORM_PORTS;
    case SOCKOPT_INTERFACE:
        return form == FORM_INDEX || form == FORM_INDEX_BE || form == FORM_MREQN || form == FORM_PROMISC ||
               form == FORM_ALLMULTI;
    case SOCKOPT_STATION:
        return form == FORM_MULTICAST || form == FORM_UNICAST;
    case SOCKOPT_ADDRESS:
        return form == FORM_ANYCAST;
    case SOCKOPT_GROUP:
        return form == FORM_GROUP;
    case SOCKOPT_SOURCE:
        return form == FORM_SOURCE;
    case SOCKOPT_HEX:
        break;
    }
    return form == FORM_HEX;
}

static void
rows_are_sound(void)
{
    for (const struct sockopt_row *row = sockopt_rows; *row->name; row++) {
        ok(memchr(row->name, '\0', sizeof row->name) && memchr(row->help, '\0', sizeof row->help) &&
               memchr(row->instead, '\0', sizeof row->instead),
           "the texts of %.31s have room", row->name);
        ok(*row->help && row->at[0].level != LEVEL_ANY, "%s says what it is", row->name);
        ok(row->max == 0 || row->min <= row->max, "the bounds of %s are in order", row->name);
        ok(row->max <= INT32_MAX || row->max == UINT32_MAX || row->at[0].form == FORM_U64,
           "the values of %s fit", row->name);
        ok(!strpbrk(row->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.= "), "%s is spelt as all are", row->name);
        for (int i = 0; i < SOCKOPT_PLACES_MAX && row->at[i].level != LEVEL_ANY; i++) {
            check_place(row, &row->at[i]);
            ok(goes_with(row->kind, row->at[i].form), "the kernel can be given %s at place %d", row->name, i);
        }
    }
}

static void
rows_are_found(void)
{
    enum sockopt_level level;
    static const char *const names[] = { "broadcast", "debug", "rcvbuf", "sndbuf", "ttl", "minttl", "tos" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct sockopt_row *row = sockopt_find(names[i], &level);
        is_text(row ? row->name : NULL, names[i], "%s is found", names[i]);
        is_int(level, LEVEL_ANY, "on whichever level it is");
    }
    const struct sockopt_row *ttl = sockopt_find("ttl", &level);
    ok(sockopt_find("TTL", &level) == ttl, "in any case");
    ok(sockopt_find("ipv6.unicast_hops", &level) == ttl && level == LEVEL_IPV6, "by a level's own name");
    ok(sockopt_find("IPV6_UNICAST_HOPS", &level) == ttl && level == LEVEL_IPV6, "and by that of C");
    ok(!sockopt_find("", &level) && !sockopt_find("tt", &level) && !sockopt_find("ttll", &level) &&
           !sockopt_find("tcp.ttl", &level) && !sockopt_find("TCP_TTL", &level) &&
           !sockopt_find(".ttl", &level) && !sockopt_find("ip.", &level) && !sockopt_find("IP_", &level),
       "but not by other words");
    ok(!sockopt_find("checksum", &level), "nor by one that could be two");
    ok(sockopt_next(sockopt_next(NULL, "checksum", &level), "checksum", &level), "which are both told");
}

/* --- values --- */

static struct sockopt_bytes
encoded(const char *name, int64_t number, const char *text)
{
    enum sockopt_level level;
    const struct sockopt_setting setting = { .row = sockopt_find(name, &level),
                                             .number = number,
                                             .text = text };
    struct sockopt_bytes bytes = { .size = 0 };
    ok(sockopt_encode(-1, &setting, &setting.row->at[0], &bytes) == 0, "%s is encoded", name);
    return bytes;
}

static void
values_become_bytes(void)
{
    struct sockopt_bytes bytes = encoded("mark", UINT32_MAX, NULL);
    is_data(bytes.data, bytes.size, "\xff\xff\xff\xff", 4, "a number of 32 bits");
    bytes = encoded("dccp.service", 0x01020304, NULL);
    is_data(bytes.data, bytes.size, "\1\2\3\4", 4, "in network byte order");
    bytes = encoded("dccp.ccid", 3, NULL);
    is_data(bytes.data, bytes.size, "\3", 1, "a byte");
    bytes = encoded("congestion", 0, "reno");
    is_data(bytes.data, bytes.size, "reno", 5, "a word with its end");
    bytes = encoded("fastopen-key", 0, "00fF10");
    is_data(bytes.data, bytes.size, "\0\xff\x10", 3, "hexadecimal");
    bytes = encoded("keepidle", 1001, NULL);
    const int two = 2;
    is_data(bytes.data, bytes.size, &two, sizeof two, "seconds, rounded up");
    bytes = encoded("user-timeout", 1001, NULL);
    const int ms = 1001;
    is_data(bytes.data, bytes.size, &ms, sizeof ms, "milliseconds");
    bytes = encoded("rcvtimeo", 1250, NULL);
    const struct timeval time = { 1, 250000 };
    is_data(bytes.data, bytes.size, &time, sizeof time, "a struct timeval");
    bytes = encoded("linger", -1, NULL);
    const struct linger off = { 0, 0 }, now = { 1, 0 };
    is_data(bytes.data, bytes.size, &off, sizeof off, "no linger");
    bytes = encoded("linger", 0, NULL);
    is_data(bytes.data, bytes.size, &now, sizeof now, "linger without a time");
    bytes = encoded("local-port-range", 0, "1000-2000");
    const uint32_t range = 2000u << 16 | 1000;
    is_data(bytes.data, bytes.size, &range, sizeof range, "a range of ports");
    bytes = encoded("unicast-interface", 0, "lo");
    const uint32_t loopback = htonl(1);
    is_data(bytes.data, bytes.size, &loopback, sizeof loopback, "an interface by its name");
    bytes = encoded("bindtoifindex", 0, "1");
    const int one = 1;
    is_data(bytes.data, bytes.size, &one, sizeof one, "or by its index");
}

static void
groups_become_bytes(void)
{
    enum sockopt_level level;
    struct sockopt_bytes bytes = encoded("join-group", 0, "239.1.2.3@lo");
    struct group_req request;
    memcpy(&request, bytes.data, sizeof request);
    struct sockaddr_in group;
    memcpy(&group, &request.gr_group, sizeof group);
    ok(bytes.size == sizeof request && request.gr_interface == 1 && group.sin_family == AF_INET &&
           group.sin_addr.s_addr == htonl(0xef010203),
       "a group on an interface");
    bytes = encoded("join-source-group", 0, "239.1.2.3,10.0.0.1");
    struct group_source_req one;
    memcpy(&one, bytes.data, sizeof one);
    memcpy(&group, &one.gsr_source, sizeof group);
    ok(bytes.size == sizeof one && one.gsr_interface == 0 && group.sin_addr.s_addr == htonl(0x0a000001),
       "and its source");
    const struct sockopt_setting six = { .row = sockopt_find("join-group", &level), .text = "ff02::1" };
    is_int(sockopt_encode(-1, &six, &six.row->at[0], &bytes), -1, "a group of IPv6 is none of IPv4");
    is_int(errno, EAFNOSUPPORT, "and says so");
    is_int(sockopt_encode(-1, &six, &six.row->at[1], &bytes), 0, "but one of IPv6");
    const struct sockopt_setting lost = { .row = six.row, .text = "ff02::1@nosuch" };
    is_int(sockopt_encode(-1, &lost, &six.row->at[1], &bytes), -1,
           "an interface that does not exist is an error");
    is_int(errno, ENODEV, "and says so");
}

/* --- sockets --- */

static void
ipv4_takes_them(void)
{
    struct fault fault;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    is_int(apply(fd, "ttl", 7, &fault), 0, "IPv4 takes ttl");
    is_int(value_of(fd, IPPROTO_IP, IP_TTL), 7, "and has it");
    is_int(apply(fd, "tos", 16, &fault), 0, "IPv4 takes tos");
    is_int(apply(fd, "minttl", 255, &fault), 0, "IPv4 takes minttl");
    is_int(apply(fd, "rcvbuf", 65536, &fault), 0, "it takes rcvbuf");
    ok(value_of(fd, SOL_SOCKET, SO_RCVBUF) >= 65536, "and has it");
    is_int(apply(fd, "nodelay", 1, &fault), 0, "what other levels have as well is set where it is");
    is_int(value_of(fd, IPPROTO_TCP, TCP_NODELAY), 1, "and it has it");
    is_int(apply(fd, "sctp.nodelay", 1, &fault), -1, "but only there if the level is named");
    is_text(fault.what, "socket option sctp.nodelay=on", "which the message does, too");

    is_int(apply(fd, "ttl", 300, &fault), -1, "a value that the kernel refuses is a fault");
    is_int(fault.status, STATUS_CONNECT, "with the status that was asked for");
    is_int(fault.error, EINVAL, "and the kernel's reason");
    is_text(fault.what, "socket option ttl=300", "that names the option and the value");
    (void)close(fd);
}

static void
ipv6_has_both(void)
{
    struct fault fault;
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        tap_skip(7, "no IPv6 here");
        return;
    }
    is_int(apply(fd, "ttl", 9, &fault), 0, "IPv6 takes ttl");
    is_int(value_of(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9, "for IPv6");
    is_int(value_of(fd, IPPROTO_IP, IP_TTL), 9, "and for the IPv4 that it carries");
    is_int(apply(fd, "ip.ttl", 5, &fault), 0, "a level by itself");
    is_int(value_of(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9, "leaves the other as it is");
    is_int(apply(fd, "tos", 32, &fault), 0, "IPv6 takes tos");
    is_int(apply(fd, "minttl", 300, &fault), -1, "and refuses what is too large");
    (void)close(fd);
}

static void
others_have_not(void)
{
    struct fault fault;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    is_int(apply(fd, "ttl", 9, &fault), -1, "a local socket has no ttl");
    ok(fault.error == EOPNOTSUPP || fault.error == ENOPROTOOPT, "and says so");
    is_int(apply(fd, "sndbuf", 65536, &fault), 0, "but a send buffer");
    (void)close(fd);
}

static void
phases_are_apart(void)
{
    struct fault fault;
    struct sockopt_settings settings = only("ttl", 300);
    is_int(sockopt_apply(-1, &settings, PHASE_CONNECTED, STATUS_LISTEN, &fault), 0,
           "what belongs to one phase is not touched in the other");
    is_int(sockopt_apply(-1, &settings, PHASE_OPENED, STATUS_LISTEN, &fault), -1, "only in its own");
    is_int(fault.error, EBADF, "where a bad descriptor is a fault");
    is_int(sockopt_apply_again(-1, &settings, STATUS_LISTEN, &fault), -1, "and once more at the end");
    settings = only("reuseaddr", 1);
    is_int(sockopt_apply_again(-1, &settings, STATUS_LISTEN, &fault), 0, "unless once is enough");
    settings = only("quickack", 1);
    is_int(sockopt_apply_again(-1, &settings, STATUS_LISTEN, &fault), 0, "or it is too early for it");
}

static void
raw_ones_are_applied(void)
{
    struct fault fault;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockopt_setting setting = { .text = "21000000", .raw = { IPPROTO_IP, IP_TTL, PHASE_BOUND } };
    struct sockopt_settings settings = { .items = &setting, .count = 1 };
    is_int(sockopt_apply(fd, &settings, PHASE_OPENED, STATUS_LISTEN, &fault), 0, "not in another phase");
    ok(value_of(fd, IPPROTO_IP, IP_TTL) != 0x21, "it is not set");
    is_int(sockopt_apply(fd, &settings, PHASE_BOUND, STATUS_LISTEN, &fault), 0,
           "numbers and bytes are taken");
    ok(value_of(fd, IPPROTO_IP, IP_TTL) == 0x21 || htonl(1) == 1, "as they are");
    setting.raw.option = 9999;
    is_int(sockopt_apply(fd, &settings, PHASE_BOUND, STATUS_LISTEN, &fault), -1, "an unknown one is a fault");
    is_text(fault.what, "socket option 0:9999:21000000", "that names it");
    (void)close(fd);
}

static void
changes_are_told(void)
{
    char value[32] = "";
    struct fault fault;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockopt_settings settings = only("rcvbuf", 8192);
    (void)sockopt_apply(fd, &settings, PHASE_OPENED, STATUS_LISTEN, &fault);
    ok(sockopt_was_changed(fd, &settings.items[0], value, sizeof value), "the kernel doubles rcvbuf");
    is_text(value, "16384", "to twice the value");
    settings = only("nodelay", 1);
    (void)sockopt_apply(fd, &settings, PHASE_OPENED, STATUS_LISTEN, &fault);
    ok(!sockopt_was_changed(fd, &settings.items[0], value, sizeof value), "what was taken is no change");
    settings = only("nodelay", 0);
    ok(sockopt_was_changed(fd, &settings.items[0], value, sizeof value), "a flag that is otherwise is one");
    is_text(value, "on", "in words");
    settings = only("keepidle", 1500);
    (void)sockopt_apply(fd, &settings, PHASE_OPENED, STATUS_LISTEN, &fault);
    ok(!sockopt_was_changed(fd, &settings.items[0], value, sizeof value), "nor is our own rounding");
    settings = only("vsock.buffer-size", 5);
    ok(!sockopt_was_changed(fd, &settings.items[0], value, sizeof value), "nor what cannot be asked");
    (void)close(fd);
}

int
main(void)
{
    rows_are_sound();
    rows_are_found();
    values_become_bytes();
    groups_become_bytes();
    ipv4_takes_them();
    ipv6_has_both();
    others_have_not();
    phases_are_apart();
    raw_ones_are_applied();
    changes_are_told();
    return tap_done();
}
