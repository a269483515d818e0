/*
 * Operands: the words that say where to connect or listen. HOST PORT, HOST:PORT, [IPV6]:PORT, a path, or what
 * follows the scheme of a URL (scheme.h).
 */
#ifndef SKT_REQUEST_OPERAND_H
#define SKT_REQUEST_OPERAND_H

#include "request/command.h"

/*
 * Is the first operand fd:N, a socket that is open already? Then note it in the plan.
 * Returns 0, or -1 with STATUS_USAGE: something else is said that makes no sense with it.
 */
int operand_inherited(struct command *command, struct fault *fault);

/*
 * Fill in the plan's remote and source, and the range of ports of a scan, once the domain and the type are
 * known. Everything is checked that can be without a name server.
 * Returns 0, or -1 with STATUS_USAGE.
 */
int operand_targets(struct command *command, struct fault *fault);

#endif
