/*
 * What a program is told of its connection, in its environment: the names of UCSPI (TCPREMOTEIP and the like),
 * REMOTE_ADDR, those of Ncat, and ours; of TLS those of mod_ssl and s6-tlsd, and ours. Only numeric addresses, and paths
 * without control characters.
 */
#ifndef SKT_SESSION_ENVIRONMENT_H
#define SKT_SESSION_ENVIRONMENT_H

#include "base/fault.h"
#include "dial/open.h"
#include "endpoint/endpoint.h"

/*
 * Take out of our own environment what an outer server may have said of another connection, and what is said of each
 * here: once, before others read it.
 */
void environment_clean(const struct socket_plan *plan);

/*
 * Our own environment with these names for a connection of `plan`, whose first bytes are `peeked` (in hexadecimal digits;
 * NULL: nobody has looked).
 * Returns it, ended by NULL, to be freed in one piece by free(3), or NULL with STATUS_LOCAL.
 */
char **environment_new(const struct socket_plan *plan, const struct endpoint *far, const char *peeked,
                       struct fault *fault);

#endif
