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

/* The same for bytes that may have zeros among them, as \x00. */
const char *escape_bytes(const void *bytes, size_t count, char *safe, size_t size);

/*
 * Bytes of the well-formed UTF-8 sequence of more than one byte at `text`, which a zero byte ends, or 0. C1 controls
 * (U+0080 to U+009F) count as none.
 */
size_t escape_utf8(const unsigned char *text);

#endif
