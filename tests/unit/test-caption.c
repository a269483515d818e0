#include "endpoint/caption.h"
#include "tap.h"
#include <string.h>

/* What becomes of `size` bytes, of how many units; is_whole: it ends at a line's end. */
static void
becomes(const struct caption *caption, const char *data, size_t size, bool begins, const char *want,
        size_t want_size, unsigned units, bool is_whole, const char *words)
{
    struct piece *piece = caption_piece(caption, data, size, begins);
    if (!ok(piece != NULL, "%s: there is memory", words))
        return;
    is_data(piece->data, piece->size, want, want_size, "%s", words);
    is_int((long)piece->units, (long)units, "%s: units", words);
    ok(piece->ends == is_whole && piece->begins == begins, "%s: borders", words);
    piece_release(piece);
}

#define TEXT(text) text, sizeof(text) - 1

static void
test_plain(void)
{
    const struct caption caption = { .unit = UNIT_BYTES };
    becomes(&caption, TEXT("one\ntwo\n"), true, TEXT("one\ntwo\n"), 2, true, "lines as they are");
    becomes(&caption, TEXT("a part"), false, TEXT("a part"), 0, false, "a part of a line");
    becomes(&caption, TEXT("\0\033[1m"), true, TEXT("\0\033[1m"), 0, false, "any bytes");
}

static void
test_prefix(void)
{
    const struct caption bytes = { .prefix = "<me> ", .unit = UNIT_BYTES };
    becomes(&bytes, TEXT("one\n\ntwo"), true, TEXT("<me> one\n<me> \n<me> two"), 2, false,
            "each line has the name");
    becomes(&bytes, TEXT("rest\nnew\n"), false, TEXT("rest\n<me> new\n"), 2, true,
            "the rest of a line has none");
    const struct caption messages = { .prefix = "<me> ", .unit = UNIT_MESSAGES };
    becomes(&messages, TEXT("one\ntwo"), true, TEXT("<me> one\ntwo"), 1, true, "a message has it once");
    becomes(&messages, TEXT(""), true, TEXT("<me> "), 1, true, "an empty one, too");
}

static void
test_whole(void)
{
    const struct caption caption = { .is_whole = true, .unit = UNIT_BYTES };
    becomes(&caption, TEXT("no end"), true, TEXT("no end\n"), 1, true, "an end is added");
    becomes(&caption, TEXT("an end\n"), true, TEXT("an end\n"), 1, true, "where there is none");
}

static void
test_safe(void)
{
    const struct caption bytes = { .prefix = "x: ", .is_safe = true, .unit = UNIT_BYTES };
    becomes(&bytes, TEXT("\033[2J\0a\tb\n"), true, TEXT("x: \\x1b[2J\\x00a\tb\n"), 1, true,
            "control characters are harmless, but for tabs");
    becomes(&bytes, TEXT("a\rb\r\n"), true, TEXT("x: a\\x0db\r\n"), 1, true,
            "a carriage return stays right before the line's end alone");
    becomes(&bytes, TEXT("\xc3\xbc\x80\n"), true, TEXT("x: \xc3\xbc\\x80\n"), 1, true,
            "characters stay, other bytes do not");
    becomes(&bytes, TEXT("\r\n"), true, TEXT("x: \r\n"), 1, true, "an empty line");
    char all[256];
    memset(all, 1, sizeof all);
    struct piece *piece = caption_piece(&bytes, all, sizeof all, true);
    if (ok(piece != NULL, "there is memory"))
        is_int((long)piece->size, 4 * 256 + 3, "room is there for the worst of all lines");
    if (piece)
        piece_release(piece);
    const struct caption messages = { .is_safe = true, .unit = UNIT_MESSAGES };
    becomes(&messages, TEXT("a\nb\n"), true, TEXT("a\\x0ab\n"), 1, true,
            "in the middle of a message a line's end is harmless, too");
    const struct caption lines = { .is_safe = true, .is_whole = true, .unit = UNIT_MESSAGES };
    becomes(&lines, TEXT("a\r\n"), true, TEXT("a\r\n"), 1, true, "a message that is a line stays one");
    becomes(&lines, TEXT(""), true, TEXT("\n"), 1, true, "one that is none becomes one");
}

int
main(void)
{
    test_plain();
    test_prefix();
    test_whole();
    test_safe();
    return tap_done();
}
