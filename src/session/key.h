/* -S: the key by which TCP packets are signed, from the terminal or a file. It never stands in the command line. */
#ifndef SKT_SESSION_KEY_H
#define SKT_SESSION_KEY_H

#include "base/loop.h"
#include "request/request.h"
#include <stdint.h>

enum { KEY_MAX = 80 }; /* TCP_MD5SIG_MAXKEYLEN of linux/tcp.h */

struct key {
    char text[KEY_MAX + 1];
};

/*
 * If the request has a setting whose value is such a key and not known yet: read it, up to the end of the first line,
 * and give it to the setting, which goes on to refer to *key. From a terminal it is asked for, without echo; nothing
 * behind the line is read, so that a descriptor may go on to be used.
 * Returns 0, or -1: STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int key_take(struct loop *loop, struct request *request, int64_t deadline, struct key *key,
             struct fault *fault);

/* Leave nothing of it in memory. */
void key_forget(struct key *key);

#endif
