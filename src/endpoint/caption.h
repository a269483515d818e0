/* Who has said it: a client's bytes as a piece for others, with a name before each line. Pure. */
#ifndef SKT_ENDPOINT_CAPTION_H
#define SKT_ENDPOINT_CAPTION_H

#include "domain/type.h"
#include "endpoint/queue.h"

struct caption {
    const char *prefix; /* before each line, or each message; NULL: none */
    bool is_safe;       /* control characters become harmless (observe/escape.h); tabs stay */
    bool is_whole;      /* a line's end is added where it is missing, to a message too */
    enum unit unit;
};

/*
 * A piece of `data`. begins: it stands at the beginning of a line, as every message does.
 * Returns a piece that is held once, or NULL without memory.
 */
struct piece *caption_piece(const struct caption *caption, const char *data, size_t size, bool begins);

#endif
