#include "pump/buffer.h"
#include "tap.h"
#include <stdint.h>
#include <string.h>

static void
fill(struct buffer *buffer, const char *text)
{
    size_t room;
    char *to = buffer_room(buffer, strlen(text), &room);
    if (!ok(room >= strlen(text), "there is room for \"%s\"", text))
        return;
    memcpy(to, text, strlen(text));
    buffer_filled(buffer, strlen(text));
}

static void
share(void)
{
    struct buffer_shelf shelf = { 0 };
    struct buffer one = { .capacity = 8, .shelf = &shelf }, other = one, large = one;
    large.capacity = 16;
    is_int(buffer_wake(&one), 0, "with nothing on the shelf there is new memory");
    is_int(buffer_wake(&other), 0, "for each");
    const char *first = one.data;
    buffer_rest(&one);
    ok(one.data == NULL && shelf.data == first, "what rests leaves its memory on the shelf");
    buffer_rest(&other);
    ok(other.data == NULL && shelf.data == first, "of two, the first");
    is_int(buffer_wake(&large), 0, "one of another size takes");
    ok(shelf.data == first, "nothing from the shelf");
    is_int(buffer_wake(&other), 0, "one of the same size");
    ok(other.data == first && shelf.data == NULL, "takes what is there");
    buffer_free(&other);
    ok(shelf.data == first, "what is freed leaves it there, too");
    buffer_free(&large);
    buffer_clear_shelf(&shelf);
    ok(shelf.data == NULL, "a shelf can be cleared");
}

static void
begin_at_page(void)
{
    struct buffer buffer = { .capacity = 256 * 1024 + 64 };
    is_int(buffer_wake(&buffer), 0, "a large buffer, of no whole number of pages, is made");
    is_int((long)((uintptr_t)buffer.data % 4096), 0, "it begins at a page");
    buffer_free(&buffer);
}

int
main(void)
{
    struct buffer buffer;
    size_t room;
    is_int(buffer_new(&buffer, 8, NULL), 0, "a buffer of 8 bytes is made");
    is_int((long)buffer_size(&buffer), 0, "it is empty");
    (void)buffer_room(&buffer, 1, &room);
    is_int((long)room, 8, "all of it is room");

    fill(&buffer, "abcdef");
    is_data(buffer_data(&buffer), buffer_size(&buffer), "abcdef", 6, "it holds what was filled in");
    buffer_taken(&buffer, 4);
    is_data(buffer_data(&buffer), buffer_size(&buffer), "ef", 2, "what was taken is gone");
    (void)buffer_room(&buffer, 2, &room);
    is_int((long)room, 2, "room behind is used as it is when it is enough");
    fill(&buffer, "ghijkl");
    is_data(buffer_data(&buffer), buffer_size(&buffer), "efghijkl", 8,
            "what is held moves to the front when it is not");
    (void)buffer_room(&buffer, 1, &room);
    is_int((long)room, 0, "a full buffer has no room");

    buffer_taken(&buffer, 8);
    is_int((long)buffer_size(&buffer), 0, "all taken: empty again");
    (void)buffer_room(&buffer, 1, &room);
    is_int((long)room, 8, "and all of it is room again");
    buffer_free(&buffer);
    ok(buffer.data == NULL, "freed");
    share();
    begin_at_page();
    return tap_done();
}
