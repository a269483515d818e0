/*
 * What a program is told of its connection, in its environment: the names of UCSPI (TCPREMOTEIP and the like),
 * REMOTE_ADDR, those of Ncat, and ours. Only numeric addresses, and paths without control characters.
 */
#ifndef SKT_SESSION_ENVIRONMENT_H
#define SKT_SESSION_ENVIRONMENT_H

#include "base/fault.h"
#include "dial/open.h"

/*
 * Our own environment with these names for the socket `fd`, at whose other end is `peer` (NULL: it can be asked itself) and
 * whose first bytes are `peeked` (in hexadecimal digits; NULL: nobody has looked), and without what an outer server may have said of another.
 * Returns it, ended by NULL, to be freed in one piece by free(3), or NULL with STATUS_LOCAL.
 */
char **environment_new(const struct socket_plan *plan, int fd, const struct address *peer, const char *peeked,
                       struct fault *fault);

#endif
