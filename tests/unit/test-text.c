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

    const char *const parts[] = { "ab", "", "=", "cd", NULL };
    const char *const none[] = { NULL };
    is_int(text_join(text, sizeof text, parts) - text, 5, "parts are joined, and their end is told");
    is_text(text, "ab=cd", "parts follow one another");
    is_int(text_join(text, 5, parts) - text, 4, "the end of what is cut off is told");
    is_text(text, "ab=c", "a part that is too long is cut");
    is_int(text_join(text, 3, parts) - text, 2, "there may be room for the first only");
    is_text(text, "ab", "what comes then is left out");
    is_int(text_join(text, sizeof text, none) - text, 0, "no parts are no text");
    is_text(text, "", "no parts are an empty text");
    return tap_done();
}
