/* --proxy and what goes with it: what several options and a URL say of one proxy, put together. */
#ifndef SKT_REQUEST_PROXY_OPTION_H
#define SKT_REQUEST_PROXY_OPTION_H

#include "request/command.h"

/*
 * Find out what proxy the plan has, once it is known what kind of socket it is, and before its operands are read, to whose
 * check it makes a difference. Nothing to do without --proxy, or where no proxy fits: that is for rules.h to say. Returns 0,
 * or -1 with STATUS_USAGE; a message never has a password in it.
 */
int proxy_option_choose(struct command *command, struct fault *fault);

/* Once the operands are read: can that proxy connect to such a target? Returns 0, or -1 with STATUS_USAGE. */
int proxy_option_check(struct command *command, struct fault *fault);

#endif
