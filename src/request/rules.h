/* What goes together: the columns excludes, needs and fits of the option table, each read by one loop. */
#ifndef SKT_REQUEST_RULES_H
#define SKT_REQUEST_RULES_H

#include "request/command.h"
#include <stdbool.h>

/* Do the options that were given get on with each other? Returns 0, or -1 with STATUS_USAGE naming them. */
int rules_agree(const struct command *command, struct fault *fault);

/* Do they mean something for the domain and the type? Returns 0, or -1 with STATUS_USAGE. */
int rules_fit(const struct command *command, struct fault *fault);

/* Does what was asked for go together in ways that are no column: with -k, with programs, with what is given away? */
int rules_meet(const struct command *command, struct fault *fault);

/* Is something asked for that is about each of the clients, so that those without connections have to be told apart? */
bool rules_tell_apart(const struct command *command);

#endif
