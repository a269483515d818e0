/*
 * Operands: the words that say where to connect or listen. HOST PORT, HOST:PORT, [IPV6]:PORT, a path, or what
 * follows the scheme of a URL (scheme.h).
 */
#ifndef SKT_REQUEST_OPERAND_H
#define SKT_REQUEST_OPERAND_H

#include "request/command.h"

/* How one word names a host, a port, or both. */
enum shape {
    SHAPE_WORD,     /* no colon: a host or a port */
    SHAPE_PAIR,     /* HOST:PORT or [HOST]:PORT */
    SHAPE_BRACKETS, /* [HOST] */
    SHAPE_COLONS,   /* several colons and no brackets: IPv6 text, or a mistake */
    SHAPE_BROKEN,   /* a bracket that is not closed, or followed by something else */
};

/* What a word is, and in *colon where the host of a pair ends. */
enum shape operand_shape(const char *word, const char **colon);

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
