/* Whom a proxy takes us for, from the terminal or a file, so that it never stands in the command line. */
#ifndef SKT_SESSION_CREDENTIALS_H
#define SKT_SESSION_CREDENTIALS_H

#include "base/loop.h"
#include "dial/proxy.h"
#include <stdint.h>

struct credentials {
    char text[PROXY_USER_MAX + 1 + PROXY_PASSWORD_MAX + 1];
};

/*
 * If the password of this proxy is to be asked for, or user and password are in a file: read them, and give them to
 * *proxy, which goes on to refer to *credentials. In a file they are USER:PASSWORD, up to the end of the first line.
 * option: the option that says which proxy, for messages.
 * Returns 0, or -1: STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int credentials_take(struct loop *loop, struct proxy_choice *proxy, const char *option, int64_t deadline,
                     struct credentials *credentials, struct fault *fault);

/* Leave nothing of them in memory. */
void credentials_forget(struct credentials *credentials);

#endif
