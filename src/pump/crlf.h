/* LF becomes CR LF on the way out (-C); a CR LF that is there already stays as it is. Pure. */
#ifndef SKT_PUMP_CRLF_H
#define SKT_PUMP_CRLF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Convert `size` bytes at data in place; data has room for twice as many. *after_cr is the memory between
 * calls: the last byte so far was a CR (false at the start). Returns the new size.
 */
size_t crlf_expand(char *data, size_t size, bool *after_cr);

#endif
