/*
 * One socket of a scan on its way to one address: it connects, asks if there are no connections, and hears what the
 * service says first. It never waits: the sweep does, for all of them.
 */
#ifndef SKT_SESSION_SCAN_PROBE_H
#define SKT_SESSION_SCAN_PROBE_H

#include "session/scan.h"

enum scan_phase {
    PROBE_FREE, /* a place for one */
    PROBE_CONNECTING,
    PROBE_ASKING,  /* a question was sent */
    PROBE_HEARING, /* it is open; what does it say? */
    PROBE_OVER,    /* state and error are known */
};

struct scan_probe {
    enum scan_phase phase;
    int fd;
    size_t target, address;
    struct address remote; /* which that is */
    size_t attempt;        /* the sweep's */
    int64_t due;           /* something has to be done then, whatever comes */
    int64_t hears_until;   /* the banner is waited for no longer */
    unsigned asked;
    struct binding source;
    enum scan_state state;
    int error;
    bool reconnects; /* it was refused, and may connect again */
    unsigned char banner[256];
    size_t banner_size;
};

/*
 * Open a socket, or take the scan's spare one, and begin.
 *
 * Returns 0, or -1 if there is no descriptor left for one: nothing has begun, and the place is free.
 */
int probe_start(struct scan *scan, struct scan_probe *probe, size_t target, size_t address);

/* What to wait for with poll(2); 0: only for `due`. */
short probe_events(const struct scan_probe *probe);

/* Go on after `revents`, or because `due` has passed. */
void probe_advance(const struct scan *scan, struct scan_probe *probe, short revents);

/* The time for it is over: what is known is all. */
void probe_expire(struct scan_probe *probe);

/* Close it, or keep it as the scan's spare one. The place is free then. */
void probe_end(struct scan *scan, struct scan_probe *probe);

#endif
