/*
 * Telling a service manager (sd_notify(3)): a datagram to the Unix socket that NOTIFY_SOCKET names. The variable is looked
 * at only with --notify, because a program that a service has started has it, too.
 */
#ifndef SKT_SESSION_NOTIFY_H
#define SKT_SESSION_NOTIFY_H

#include "base/loop.h"
#include <stdint.h>

struct notify {
    int fd; /* -1: nobody to tell */
};

/*
 * Get hold of the socket while its path can be seen, and remove the variable, so that no child speaks for us.
 * Without the variable there is nobody to tell. Returns 0, or -1 with STATUS_LOCAL.
 */
int notify_open(struct notify *notify, struct fault *fault);

/* Say words as sd_notify(3) has them. deadline: monotonic ms. Returns 0, or -1: STATUS_LOCAL, STATUS_TIMEOUT, a signal. */
int notify_say(const struct notify *notify, struct loop *loop, const char *words, int64_t deadline,
               struct fault *fault);

/* That we are ending, and nothing more. */
void notify_close(struct notify *notify);

#endif
