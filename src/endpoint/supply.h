/*
 * An end that gives something of its own and throws away what it gets: nothing at all (RFC 863), a pattern of
 * characters without end (RFC 864), or a file.
 */
#ifndef SKT_ENDPOINT_SUPPLY_H
#define SKT_ENDPOINT_SUPPLY_H

#include "endpoint/endpoint.h"

/* Each returns an endpoint, or NULL with STATUS_LOCAL. */

/* Gives nothing, and ends when the other side has. unit: of the other end. */
struct endpoint *supply_nothing(enum unit unit, struct fault *fault);

/* Gives lines of 72 characters, each beginning one character later, until the other side ends. */
struct endpoint *supply_pattern(struct fault *fault);

/* Gives the file from its start to its end. Opens it, so that each end has its own place in it. path outlives it. */
struct endpoint *supply_file(const char *path, struct fault *fault);

/* Can supply_file open it? A folder, a pipe and a terminal are no files in this sense. Returns 0, or -1. */
int supply_check_file(const char *path, struct fault *fault);

#endif
