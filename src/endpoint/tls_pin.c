#include "base/hex.h"
#include "endpoint/tls.h"
#include <string.h>
#include <strings.h>

bool
tls_pin_read(const char *text, unsigned char pin[static TLS_PIN_SIZE])
{
    static const char prefix[] = "sha256:";
    const char *problem;
    size_t count;
    if (strncasecmp(text, prefix, strlen(prefix)) == 0)
        text += strlen(prefix);
    return hex_read(text, strlen(text), pin, TLS_PIN_SIZE, &count, &problem) == 0 && count == TLS_PIN_SIZE;
}
