/* What a listener does between listening and its first client: it tells who waits for it, and gives up its privileges. */
#ifndef SKT_SESSION_READINESS_H
#define SKT_SESSION_READINESS_H

#include "dial/listener.h"
#include "session/notify.h"
#include "session/pid_file.h"
#include "session/privilege.h"
#include "session/session.h"

struct readiness {
    struct privilege privilege;
    struct notify notify;
    struct pid_file pid_file;
};

/* Find out what can no longer be found out later. Returns 0, for readiness_end, or -1 with nothing to end. */
int readiness_prepare(struct readiness *readiness, const struct run *run, struct fault *fault);

/*
 * We listen: announce it, write the process id, give up privileges, and tell the service manager. One that has given
 * them up cannot bind again: then the listener stays open between its clients.
 * Returns 0, or -1 with fault.
 */
int readiness_reach(struct readiness *readiness, const struct run *run, struct listener *listener,
                    struct fault *fault);
void readiness_end(struct readiness *readiness);

/* The same in another process, which is not meant: nothing is told, and nothing removed. */
void readiness_leave(struct readiness *readiness);

#endif
