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

/* A socket's: where it goes, and whether it still can. */
struct urgent {
    struct urgent_sink sink;
    bool lost;           /* some could not be written: the next read says why */
    struct fault *fault; /* fault_keep's, until that read */
};

/* Is any taken? Not once some is lost. */
bool urgent_takes(const struct urgent *urgent);

/*
 * Move all urgent data that has come in by `socket` to the sink, if any is taken. Never blocks: a sink that takes
 * nothing is full, and that is a failure, as urgent data cannot wait: then `lost`, and the fault is STATUS_LOCAL.
 */
void urgent_take(struct urgent *urgent, int socket);

/*
 * Is there anything but urgent data to receive? If so, urgent data that comes from now on is behind it, and a
 * recv(2) stops before it; without that knowledge a recv(2) could drop what has come since urgent_take.
 * True for bytes, the end, and an error.
 */
bool urgent_is_behind(int socket);

#endif
