/* In the place of hash.c where there is no OpenSSL. */
#include "base/hash.h"

int
hash_text(enum hash hash, const char *text, char digits[static HASH_DIGITS], struct fault *fault)
{
    (void)hash;
    (void)text;
    digits[0] = '\0';
    return fault_say(fault, STATUS_LOCAL, "this build has none (configure --with-openssl)", "OpenSSL");
}
