/*
 * Messages that come in pieces: SCTP hands out what is larger than its window as it comes in, and MSG_EOR marks the
 * last piece (RFC 6458 section 5.1). A message has to be joined before anybody sees it.
 */
#ifndef SKT_ENDPOINT_PIECES_H
#define SKT_ENDPOINT_PIECES_H

#include "endpoint/endpoint.h"

struct pieces {
    char *data; /* all zero: none */
    size_t size;
};

/*
 * Take what recvmsg(2) has put into `data`, *size bytes of it. is_last: it had MSG_EOR.
 * Returns IO_DONE with the whole message in `data`, of *size bytes; IO_AGAIN when there are more pieces to come; or
 * IO_FAILED when it is larger than `room`, or without memory.
 */
enum io pieces_join(struct pieces *pieces, bool is_last, void *data, size_t room, size_t *size,
                    const char *name, struct fault *fault);

void pieces_free(struct pieces *pieces);

#endif
