#include "dial/sockopt.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <strings.h>
#include <sys/socket.h>

enum { PLACES = sizeof((struct sockopt_row *)NULL)->at / sizeof((struct sockopt_row *)NULL)->at[0] };

const struct sockopt_row sockopt_rows[] = {
    { .name = "broadcast",
      .phase = PHASE_OPENED,
      .at = { { SOL_SOCKET, SO_BROADCAST } },
      .help = "may send to broadcast addresses" },
    { .name = "debug",
      .phase = PHASE_OPENED,
      .at = { { SOL_SOCKET, SO_DEBUG } },
      .help = "the kernel records what the protocol does" },
    /* Buffers before connect and listen: TCP agrees on the window's scale with the first packet (tcp(7)). */
    { .name = "rcvbuf",
      .phase = PHASE_OPENED,
      .at = { { SOL_SOCKET, SO_RCVBUF } },
      .help = "bytes of the receive buffer" },
    { .name = "sndbuf",
      .phase = PHASE_OPENED,
      .at = { { SOL_SOCKET, SO_SNDBUF } },
      .help = "bytes of the send buffer" },
    { .name = "ttl",
      .phase = PHASE_OPENED,
      .at = { { IPPROTO_IP, IP_TTL }, { IPPROTO_IPV6, IPV6_UNICAST_HOPS } },
      .help = "hops that a packet lives" },
    { .name = "minttl",
      .phase = PHASE_OPENED,
      .at = { { IPPROTO_IP, IP_MINTTL }, { IPPROTO_IPV6, IPV6_MINHOPCOUNT } },
      .help = "hops that a received packet must have left" },
    { .name = "tos",
      .phase = PHASE_OPENED,
      .at = { { IPPROTO_IP, IP_TOS }, { IPPROTO_IPV6, IPV6_TCLASS } },
      .help = "type of service, or traffic class" },
    /* an accepted socket has it from its listener only in some families */
    { .name = "oobinline",
      .phase = PHASE_CONNECTED,
      .at = { { SOL_SOCKET, SO_OOBINLINE } },
      .help = "urgent data stays among the rest" },
    { .name = NULL },
};

const struct sockopt_row *
sockopt_find(const char *name)
{
    for (const struct sockopt_row *row = sockopt_rows; row->name; row++) {
        if (strcasecmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

/* True if the socket has no such level or option at all, whatever the value. */
static bool
is_elsewhere(int error)
{
    return error == ENOPROTOOPT || error == EOPNOTSUPP;
}

/*
 * An IPv6 socket has the options of IPv4 as well and uses them when it talks to ::ffff:0:0/96; sockets of
 * other families have neither. So each place is tried, and one that does not exist does no harm.
 */
static int
apply(int fd, const struct sockopt_setting *setting, enum status status, struct fault *fault)
{
    int failure = ENOPROTOOPT;
    bool applied = false;
    for (int i = 0; i < PLACES && setting->row->at[i].option != 0; i++) {
        const struct sockopt_place *at = &setting->row->at[i];
        if (setsockopt(fd, at->level, at->option, &setting->value, sizeof setting->value) == 0)
            applied = true;
        else if (!is_elsewhere(errno) || is_elsewhere(failure))
            failure = errno;
    }
    if (applied && is_elsewhere(failure))
        return 0;
    errno = failure;
    return fault_set(fault, status, "socket option %s=%d", setting->row->name, setting->value);
}

int
sockopt_apply(int fd, const struct sockopt_settings *settings, enum sockopt_phase phase, enum status status,
              struct fault *fault)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct sockopt_setting *setting = &settings->items[i];
        if (setting->row->phase == phase && apply(fd, setting, status, fault) < 0)
            return -1;
    }
    return 0;
}
