/* Messages that come in pieces are joined, and never cut. */
#include "endpoint/pieces.h"
#include "tap.h"

#include <string.h>

int
main(void)
{
    struct pieces pieces = { .size = 0 };
    struct fault fault = { .status = STATUS_DONE };
    char data[8] = "ab";
    size_t size = 2;
    is_int(pieces_join(&pieces, true, data, sizeof data, &size, "x", &fault), IO_DONE,
           "one piece is a message");
    ok(size == 2 && memcmp(data, "ab", 2) == 0, "as it is");
    is_int(pieces_join(&pieces, false, data, sizeof data, &size, "x", &fault), IO_AGAIN, "another is kept");
    memcpy(data, "cde", 3);
    size = 3;
    is_int(pieces_join(&pieces, false, data, sizeof data, &size, "x", &fault), IO_AGAIN, "and one more");
    memcpy(data, "fgh", 3);
    size = 3;
    is_int(pieces_join(&pieces, true, data, sizeof data, &size, "x", &fault), IO_DONE, "until the last");
    ok(size == 8 && memcmp(data, "abcdefgh", 8) == 0, "that has all before it");
    size = 0;
    is_int(pieces_join(&pieces, true, data, sizeof data, &size, "x", &fault), IO_DONE,
           "the next begins anew");
    is_int((long long)size, 0, "and may be empty");
    size = 5;
    is_int(pieces_join(&pieces, false, data, sizeof data, &size, "x", &fault), IO_AGAIN,
           "five bytes are kept");
    is_int(pieces_join(&pieces, true, data, sizeof data, &size, "x", &fault), IO_FAILED, "ten are too many");
    is_text(fault.why, "message too large", "that is said");
    pieces_free(&pieces);
    ok(!pieces.data && pieces.size == 0, "what was kept is given back");
    return tap_done();
}
