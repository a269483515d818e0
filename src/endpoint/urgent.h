/*
 * Urgent data of a stream ("out of band": tcp(7), unix(7), RFC 6093), received apart from the rest. It overtakes
 * what was sent before it.
 */
#ifndef SKT_ENDPOINT_URGENT_H
#define SKT_ENDPOINT_URGENT_H

#include "base/fault.h"
#include <stdbool.h>

/* Where it goes. */
struct urgent_sink {
    int fd;           /* -1: it is not asked for, and the kernel drops it */
    const char *name; /* of the file, for messages */
};

/*
 * Move all urgent data that has come in by `socket` to the sink. Never blocks: a sink that takes nothing is full, and
 * that is a failure, as urgent data cannot wait. Returns 0, or -1 with STATUS_LOCAL.
 */
int urgent_take(int socket, const struct urgent_sink *sink, struct fault *fault);

/*
 * Is there anything but urgent data to receive? If so, urgent data that comes from now on is behind it, and a
 * recv(2) stops before it; without that knowledge a recv(2) could drop what has come since urgent_take.
 * True for bytes, the end, and an error.
 */
bool urgent_is_behind(int socket);

#endif
