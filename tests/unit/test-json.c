/* Objects of JSON are well-formed, whatever goes in and however little room there is. */
#include "observe/escape.h"
#include "observe/json.h"
#include "tap.h"

#include <string.h>

static const char *
with_text(const char *value)
{
    static char line[200];
    struct json json;
    json_begin(&json, line, sizeof line);
    json_text(&json, "a", value);
    (void)json_end(&json);
    return line;
}

static void
check_strings(void)
{
    is_text(with_text("x"), "{\"a\":\"x\"}\n", "a plain string");
    is_text(with_text(NULL), "{}\n", "none");
    is_text(with_text("\"\\/"), "{\"a\":\"\\\"\\\\/\"}\n", "quotes and backslashes");
    is_text(with_text("\n\x01\x7f"), "{\"a\":\"\\u000a\\u0001\\u007f\"}\n", "control characters");
    is_text(with_text("\xc3\xa9"), "{\"a\":\"\xc3\xa9\"}\n", "UTF-8");
    is_text(with_text("\xff\xc3"), "{\"a\":\"\\ufffd\\ufffd\"}\n", "bytes that are none");
}

static void
check_room(void)
{
    char line[40];
    struct json json;
    for (size_t size = 8; size <= sizeof line; size++) {
        json_begin(&json, line, size);
        json_text(&json, "first", "one");
        json_number(&json, "second", -12);
        json_text(&json, "third", "\n\n");
        size_t used = json_end(&json);
        ok(used < size && strlen(line) == used && line[0] == '{' && strcmp(line + used - 2, "}\n") == 0,
           "well-formed in %zu bytes: %.*s", size, (int)used - 1, line);
        ok(strchr(line, ',') == NULL || strstr(line, "\",\"second\":-12}") != NULL ||
               strstr(line, "\"third\":\"\\u000a\\u000a\"}") != NULL,
           "with whole members only");
    }
}

static void
check_bytes(void)
{
    char safe[32];
    is_text(escape_bytes("a\0b\n", 4, safe, sizeof safe), "a\\x00b\\x0a", "zeros are shown");
    is_text(escape_bytes("\xc3\xa9\xc3", 3, safe, sizeof safe), "\xc3\xa9\\xc3",
            "and UTF-8, but not a half of it");
    is_text(escape_bytes("\0\0\0\0\0\0\0\0\0", 9, safe, 12), "\\x00\\x00",
            "and what does not fit is left out");
    is_text(escape_bytes("", 0, safe, sizeof safe), "", "and nothing is nothing");
}

int
main(void)
{
    check_strings();
    check_room();
    check_bytes();
    return tap_done();
}
