#include "pump/buffer.h"
#include "tap.h"
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

int
main(void)
{
    struct buffer buffer;
    size_t room;
    is_int(buffer_new(&buffer, 8), 0, "a buffer of 8 bytes is made");
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
    return tap_done();
}
