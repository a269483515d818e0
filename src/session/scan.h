/*
 * A scan: every port of every host, or every path, as a target with a finding. scan.c says what is tried and what it
 * means together, scan_sweep.c tries many at a time, scan_probe.c is one socket on its way, and scan_report.c tells.
 */
#ifndef SKT_SESSION_SCAN_H
#define SKT_SESSION_SCAN_H

#include "session/session.h"

/* What is known of a target. Of several addresses of one host, the finding that comes first here is the host's. */
enum scan_state {
    SCAN_OPEN,
    SCAN_SILENT,      /* asked, and neither answered nor refused: open or filtered */
    SCAN_CLOSED,      /* refused, or no such path */
    SCAN_FILTERED,    /* nothing came back at all */
    SCAN_UNREACHABLE, /* the network says that there is no way */
    SCAN_FAILED,      /* this side could not try it */
    SCAN_UNTRIED,
};

struct scan_target {
    enum scan_state state;
    int error;      /* errno behind it; 0: none, as for a time limit of ours */
    size_t address; /* which of the host's */
    uint32_t took_ms;
};

struct scan_host {
    const char *name; /* as typed */
    struct address_list addresses;
    struct fault fault; /* if there are none */
};

struct scan {
    const struct run *run;
    struct socket_plan plan; /* with what scans need besides what was asked for */
    struct scan_host *hosts;
    size_t host_count;
    size_t port_count;           /* at least 1: an address without ports counts as one */
    struct scan_target *targets; /* all of the first host, then those of the next */
    size_t target_count;
    struct address_list sources;
    bool holds_back;      /* there may be another try: failures are not told yet */
    bool is_cut;          /* the time was over before all were known */
    struct fault failure; /* the last SCAN_FAILED */
    int spare_fd;         /* a socket that was refused and may connect again; -1: none */
    int spare_family;
};

/* Has it answered? Silence counts, as a port that refuses would have said so. */
bool scan_answered(const struct scan_target *target);

/* The host of a target, by its number. */
const struct scan_host *scan_host(const struct scan *scan, size_t target);

/* The port of a target, 0 if addresses have none. */
uint16_t scan_port(const struct scan *scan, size_t target);

/* Which address of its host, with its port, a target has. */
struct address scan_address(const struct scan *scan, size_t target, size_t index);

/* The plan with the words of a target, for messages; `port` has room for the text. */
enum { SCAN_PORT_SIZE = 8 };
struct socket_plan scan_plan(const struct scan *scan, size_t target, char *port);

/* Is a target only heard of by asking, because it has no connections (UDP)? */
bool scan_asks(const struct scan *scan);

#endif
