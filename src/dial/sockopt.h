/*
 * Socket options by name: setsockopt(2), socket(7), ip(7), ipv6(7), tcp(7). A row says on which levels an
 * option lives and when it applies; one loop applies a phase.
 */
#ifndef SKT_DIAL_SOCKOPT_H
#define SKT_DIAL_SOCKOPT_H

#include "base/fault.h"
#include <stddef.h>

enum sockopt_phase {
    PHASE_OPENED,    /* right after socket(2), before bind */
    PHASE_CONNECTED, /* after connect or accept */
};

struct sockopt_row {
    const char *name; /* "rcvbuf", "ttl", "tos" */
    enum sockopt_phase phase;
    struct sockopt_place {
        int level, option;
    } at[2]; /* IPv6 calls some otherwise, and its sockets may carry IPv4 too; unused: option 0 */
    const char *help;
};

struct sockopt_setting {
    const struct sockopt_row *row;
    int value;
};

enum { SOCKOPT_SETTINGS_MAX = 32 };

struct sockopt_settings {
    struct sockopt_setting items[SOCKOPT_SETTINGS_MAX];
    size_t count;
};

/* All rows, ended by one with name NULL. */
extern const struct sockopt_row sockopt_rows[];

/* Find by name in any case. NULL: none. */
const struct sockopt_row *sockopt_find(const char *name);

/*
 * Apply the settings of one phase to a socket: each at every place that the socket knows, at one at least.
 * Returns 0, or -1 with `status`, "socket option NAME=VALUE".
 */
int sockopt_apply(int fd, const struct sockopt_settings *settings, enum sockopt_phase phase,
                  enum status status, struct fault *fault);

#endif
