/* Digests of a text, by OpenSSL. */
#ifndef SKT_BASE_HASH_H
#define SKT_BASE_HASH_H

#include "base/fault.h"

enum hash { HASH_MD5, HASH_SHA256 };

enum { HASH_DIGITS = 2 * 32 + 1 }; /* of the longest, and a zero */

/* The digest of `text` in digits. Returns 0, or -1 with STATUS_LOCAL: OpenSSL cannot be had, or does not do this one. */
int hash_text(enum hash hash, const char *text, char digits[static HASH_DIGITS], struct fault *fault);

#endif
