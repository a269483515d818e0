#include "dial/sockopt.h"
#include "tap.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
apply(int fd, const char *name, int value, struct fault *fault)
{
    struct sockopt_settings settings = { .count = 1 };
    settings.items[0] = (struct sockopt_setting){ .row = sockopt_find(name), .value = value };
    return sockopt_apply(fd, &settings, PHASE_OPENED, STATUS_CONNECT, fault);
}

static int
value_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, option, &value, &size) < 0 ? -1 : value;
}

static void
rows_are_found(void)
{
    static const char *const names[] = { "broadcast", "debug", "rcvbuf", "sndbuf", "ttl", "minttl", "tos" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct sockopt_row *row = sockopt_find(names[i]);
        is_text(row ? row->name : NULL, names[i], "%s is found", names[i]);
    }
    ok(sockopt_find("TTL") == sockopt_find("ttl"), "in any case");
    ok(!sockopt_find("") && !sockopt_find("tt") && !sockopt_find("ttll"), "but not by other words");
    for (const struct sockopt_row *row = sockopt_rows; row->name; row++)
        ok(row->help && row->at[0].option != 0, "%s says what it is", row->name);
}

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
        tap_skip(5, "no IPv6 here");
        return;
    }
    is_int(apply(fd, "ttl", 9, &fault), 0, "IPv6 takes ttl");
    is_int(value_of(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9, "for IPv6");
    is_int(value_of(fd, IPPROTO_IP, IP_TTL), 9, "and for the IPv4 that it carries");
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
    struct sockopt_settings settings = { .count = 1 };
    settings.items[0] = (struct sockopt_setting){ .row = sockopt_find("ttl"), .value = 300 };
    is_int(sockopt_apply(-1, &settings, PHASE_CONNECTED, STATUS_LISTEN, &fault), 0,
           "what belongs to one phase is not touched in the other");
    is_int(sockopt_apply(-1, &settings, PHASE_OPENED, STATUS_LISTEN, &fault), -1, "only in its own");
    is_int(fault.error, EBADF, "where a bad descriptor is a fault");
}

int
main(void)
{
    rows_are_found();
    ipv4_takes_them();
    ipv6_has_both();
    others_have_not();
    phases_are_apart();
    return tap_done();
}
