/* Giving up what was only needed to open the socket: --chroot, --user and --group. */
#ifndef SKT_SESSION_PRIVILEGE_H
#define SKT_SESSION_PRIVILEGE_H

#include "base/loop.h"
#include "request/request.h"
#include <stdint.h>
#include <sys/types.h>

struct privilege {
    const char *folder; /* to be the root; NULL: as it is */
    bool changes_user;
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* all of the user's */
    int group_count;
};

/*
 * Look up what the request names, before the folder hides who is who. deadline: monotonic ms.
 * Returns 0, for privilege_free, or -1 with nothing to free: STATUS_LOOKUP for a user or a group that there is not,
 * STATUS_TIMEOUT, STATUS_LOCAL, as for a folder that there is not, or a signal.
 */
int privilege_look_up(struct privilege *privilege, struct loop *loop, const struct request *request,
                      int64_t deadline, struct fault *fault);
void privilege_free(struct privilege *privilege);

/* Will anything be given up? */
bool privilege_changes(const struct privilege *privilege);

/*
 * Give it up, for good, which is tried out: chroot(2), then the groups, the group and the user.
 * Returns 0, or -1 with STATUS_LOCAL: then some of it may be gone, and nothing should go on.
 */
int privilege_drop(const struct privilege *privilege, struct fault *fault);

#endif
