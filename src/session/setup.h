/*
 * What all sessions of a run need and what is read, opened or looked up for it before there is a socket: so whatever is wrong
 * with it is told before anybody has been spoken to, and while there are still privileges to read it with.
 */
#ifndef SKT_SESSION_SETUP_H
#define SKT_SESSION_SETUP_H

#include "session/credentials.h"
#include "session/key.h"
#include "session/session.h"
#include <limits.h>

struct setup {
    struct run run;
    struct request *request;
    struct key key;
    struct credentials credentials, relay_credentials; /* with proxies */
    char program_path[PATH_MAX];
};

/*
 * Fill it, and in the request what is only named there. The request and what else it points at are lent. It stays where it
 * is, and is to be closed also after a failure.
 * Returns 0, or -1: STATUS_LOCAL, STATUS_LOOKUP, STATUS_USAGE, STATUS_NOT_FOUND, STATUS_TIMEOUT or a signal.
 */
int setup_open(struct setup *setup, struct loop *loop, struct request *request, const struct log *log,
               struct fault *fault);

/* Leaves no secret in memory. Returns 0, or -1 with STATUS_LOCAL: a copy of the traffic that is not whole. */
int setup_close(struct setup *setup, struct fault *fault);

#endif
