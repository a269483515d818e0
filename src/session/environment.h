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

struct environment;

/*
 * For the programs of all connections of `plan`, which outlives it. Takes out of our own environment what an outer server
 * may have said of another connection, and what is said of each here: once, before others read it.
 * Returns one to close, or NULL with STATUS_LOCAL.
 */
struct environment *environment_open(const struct socket_plan *plan, struct fault *fault);

/*
 * Our own environment with these names for one connection, whose first bytes are `peeked` (in hexadecimal digits; NULL:
 * nobody has looked). What all connections to one address of ours have in common is put together for the first of them, our
 * own environment and our process ID with it: whoever is to be another process by then, or changes it, has done so.
 * Returns it, ended by NULL, lent until the next call; or NULL with STATUS_LOCAL.
 */
char **environment_for(struct environment *environment, const struct endpoint *far, const char *peeked,
                       struct fault *fault);

/* Takes NULL, too. */
void environment_close(struct environment *environment);

#endif
