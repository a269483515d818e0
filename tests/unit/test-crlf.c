/* CR LF conversion must not depend on where the bytes are split. */
#include "pump/crlf.h"
#include "tap.h"
#include <string.h>

static const struct {
    const char *in, *out;
} rows[] = {
    { "", "" },
    { "no line end", "no line end" },
    { "\n", "\r\n" },
    { "a\nb\n", "a\r\nb\r\n" },
    { "a\r\nb\r\n", "a\r\nb\r\n" },
    { "a\r\r\nb", "a\r\r\nb" },
    { "\n\n\r\n\n", "\r\n\r\n\r\n\r\n" },
    { "a\rb\r", "a\rb\r" },
};

int
main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t size = strlen(rows[i].in);
        for (size_t split = 0; split <= size; split++) {
            char first[64], second[64], both[128];
            bool after_cr = false;
            memcpy(first, rows[i].in, split);
            memcpy(second, rows[i].in + split, size - split);
            size_t a = crlf_expand(first, split, &after_cr);
            size_t b = crlf_expand(second, size - split, &after_cr);
            memcpy(both, first, a);
            memcpy(both + a, second, b);
            is_data(both, a + b, rows[i].out, strlen(rows[i].out), "row %zu split at %zu", i, split);
        }
    }
    return tap_done();
}
