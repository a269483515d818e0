#include "base/hash.h"

#include "base/hex.h"
#include "base/openssl.h"
#include <string.h>

int
hash_text(enum hash hash, const char *text, char digits[static HASH_DIGITS], struct fault *fault)
{
    static const char *const names[] = { [HASH_MD5] = "MD5", [HASH_SHA256] = "SHA256" };
    unsigned char bytes[EVP_MAX_MD_SIZE];
    size_t size;
    if (openssl_load(fault) != 0)
        return -1;
    if (EVP_Q_digest(NULL, names[hash], NULL, text, strlen(text), bytes, &size) != 1)
        return fault_say(fault, STATUS_LOCAL, "OpenSSL does not do it", "%s", names[hash]);
    (void)hex_write(bytes, size, digits, HASH_DIGITS);
    return 0;
}
