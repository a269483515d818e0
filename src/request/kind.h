/* The kind of socket that a command asks for: a row of the domains, one of the types, and a protocol. */
#ifndef SKT_REQUEST_KIND_H
#define SKT_REQUEST_KIND_H

#include "request/command.h"

/*
 * Choose them, once the options and a URL have said what they have to say; or ask the socket itself, if it is one that is
 * open already (fd:N). Fills in the plan's domain, family, type and protocol.
 * Returns 0, or -1 with STATUS_USAGE: they do not go together, or there are none of that name.
 */
int kind_choose(struct command *command, struct fault *fault);

#endif
