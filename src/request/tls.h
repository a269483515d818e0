/* What the options and an address such as tls://HOST:PORT say of encryption. */
#ifndef SKT_REQUEST_TLS_H
#define SKT_REQUEST_TLS_H

#include "request/command.h"

/*
 * Find out whether TLS is asked for, and whether what it is asked for with goes together. After the kind of the socket and
 * its address are known; for a relay's command by itself. Returns 0, or -1 with STATUS_USAGE.
 */
int tls_conclude(struct command *command, struct fault *fault);

#endif
