/*
 * Text from elsewhere made harmless: a terminal must not take a peer's bytes for control sequences. Pure.
 */
#ifndef SKT_OBSERVE_ESCAPE_H
#define SKT_OBSERVE_ESCAPE_H

#include <stddef.h>

/*
 * Copy `text` into `safe` (room for `size` bytes, always ended by a zero byte): printable ASCII and well-formed
 * UTF-8 (RFC 3629) other than the C1 controls as they are, every other byte as \xNN. What does not fit is
 * left out. Returns `safe`.
 */
const char *escape(const char *text, char *safe, size_t size);

#endif
