/*
 * URLs: a scheme says the domain and the type of socket. tcp://HOST:PORT, unix:PATH, unix:@NAME,
 * unix:///PATH.
 */
#ifndef SKT_REQUEST_SCHEME_H
#define SKT_REQUEST_SCHEME_H

#include "request/command.h"

/*
 * If the first operand is a URL, take its scheme: sets command->domain, type and address.
 * Returns 0, or -1 with STATUS_USAGE: an unknown scheme, or one that an option contradicts.
 */
int scheme_take(struct command *command, struct fault *fault);

/* The schemes as "tcp:// tcp4:// ... unix:", for --help. */
void scheme_names(char *text, size_t size);

#endif
