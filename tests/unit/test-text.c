/* A text that is put together keeps within its room. */
#include "base/text.h"
#include "tap.h"
#include <string.h>

int
main(void)
{
    char text[8] = "";
    text_add(text, sizeof text, "%s", "");
    is_text(text, "", "nothing and nothing is nothing");
    text_add(text, sizeof text, "%s=%d", "a", 1);
    is_text(text, "a=1", "a piece is formatted");
    text_add(text, sizeof text, "%s", "4567");
    is_text(text, "a=14567", "a piece fills the room");
    text_add(text, sizeof text, "%s", "8");
    is_text(text, "a=14567", "what comes then is left out");
    memcpy(text, "123", sizeof "123");
    text_add(text, sizeof text, " %s", "56789");
    is_text(text, "123 567", "a piece that is too long is cut");
    return tap_done();
}
