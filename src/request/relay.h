/* --relay: the other socket, which is said as a command to connect is said. */
#ifndef SKT_REQUEST_RELAY_H
#define SKT_REQUEST_RELAY_H

#include "request/command.h"

/*
 * Find out what kind of socket it is and where it connects to, in command->relay. Nothing to do without --relay.
 * Returns 0, or -1 with STATUS_USAGE.
 */
int relay_choose(struct command *command, struct fault *fault);

/*
 * Put it into the request, once that is known as well. Returns 0, or -1 with STATUS_USAGE: an option that means nothing
 * between these two.
 */
int relay_conclude(struct command *command, struct fault *fault);

#endif
