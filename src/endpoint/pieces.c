#include "endpoint/pieces.h"

#include <stdlib.h>
#include <string.h>

static enum io
pieces_keep(struct pieces *pieces, const void *data, size_t size, const char *name, struct fault *fault)
{
    char *joined = realloc(pieces->data, pieces->size + size + 1);
    if (!joined) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", name);
        return IO_FAILED;
    }
    memcpy(joined + pieces->size, data, size);
    pieces->data = joined;
    pieces->size += size;
    return IO_AGAIN;
}

enum io
pieces_join(struct pieces *pieces, bool is_last, void *data, size_t room, size_t *size, const char *name,
            struct fault *fault)
{
    if (pieces->size + *size > room) {
        (void)fault_say(fault, STATUS_CONNECTION, "message too large", "%s: more than %zu bytes", name, room);
        return IO_FAILED;
    }
    if (!is_last)
        return pieces_keep(pieces, data, *size, name, fault);
    if (pieces->size > 0) {
        memmove((char *)data + pieces->size, data, *size);
        memcpy(data, pieces->data, pieces->size);
        *size += pieces->size;
        pieces_free(pieces);
    }
    return IO_DONE;
}

void
pieces_free(struct pieces *pieces)
{
    free(pieces->data);
    *pieces = (struct pieces){ .size = 0 };
}
