#include "pump/crlf.h"

/* Line feeds that have no carriage return before them. */
static size_t
count_bare(const char *data, size_t size, bool after_cr)
{
    size_t bare = 0;
    for (size_t i = 0; i < size; i++) {
        bare += data[i] == '\n' && !after_cr;
        after_cr = data[i] == '\r';
    }
    return bare;
}

size_t
crlf_expand(char *data, size_t size, bool *after_cr)
{
    if (size == 0)
        return 0;
    bool ends_in_cr = data[size - 1] == '\r';
    size_t to = size + count_bare(data, size, *after_cr);
    size_t expanded = to;
    for (size_t from = size; from > 0 && to > from;) { /* from the end, so that nothing is overwritten */
        char byte = data[--from];
        data[--to] = byte;
        bool cr_before = from > 0 ? data[from - 1] == '\r' : *after_cr;
        if (byte == '\n' && !cr_before)
            data[--to] = '\r';
    }
    *after_cr = ends_in_cr;
    return expanded;
}
