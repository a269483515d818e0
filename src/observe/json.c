#include "observe/json.h"

#include "observe/escape.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { END_SIZE = sizeof "}\n" };

/* Add a piece, or nothing of it. */
static int
add(struct json *json, const char *piece, size_t length)
{
    if (json->used + length + END_SIZE > json->size)
        return -1;
    memcpy(json->text + json->used, piece, length);
    json->used += length;
    json->text[json->used] = '\0';
    return 0;
}

static int
add_text(struct json *json, const char *piece)
{
    return add(json, piece, strlen(piece));
}

static int
add_string(struct json *json, const char *value)
{
    if (add_text(json, "\"") < 0)
        return -1;
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0';) {
        char unit[8];
        size_t length = *at < 0x80 ? 1 : escape_utf8(at);
        if (*at == '"' || *at == '\\')
            (void)snprintf(unit, sizeof unit, "\\%c", *at);
        else if (*at < 0x20 || *at == 0x7f)
            (void)snprintf(unit, sizeof unit, "\\u%04x", *at);
        else if (length == 0)
            (void)snprintf(unit, sizeof unit, "\\ufffd");
        else
            (void)snprintf(unit, sizeof unit, "%.*s", (int)length, (const char *)at);
        if (add_text(json, unit) < 0)
            return -1;
        at += length == 0 ? 1 : length;
    }
    return add_text(json, "\"");
}

static int
add_name(struct json *json, const char *name)
{
    if (json->used > 1 && add_text(json, ",") < 0)
        return -1;
    return add_string(json, name) < 0 ? -1 : add_text(json, ":");
}

/* Go back to where a member began that did not fit. */
static void
keep(struct json *json, size_t before, int added)
{
    if (added == 0)
        return;
    json->used = before;
    json->text[before] = '\0';
}

void
json_begin(struct json *json, char *text, size_t size)
{
    *json = (struct json){ .text = text, .size = size };
    (void)add_text(json, "{");
}

void
json_text(struct json *json, const char *name, const char *value)
{
    size_t before = json->used;
    if (value)
        keep(json, before, add_name(json, name) < 0 ? -1 : add_string(json, value));
}

void
json_number(struct json *json, const char *name, int64_t value)
{
    char digits[24];
    size_t before = json->used;
    (void)snprintf(digits, sizeof digits, "%" PRId64, value);
    keep(json, before, add_name(json, name) < 0 ? -1 : add_text(json, digits));
}

size_t
json_end(struct json *json)
{
    memcpy(json->text + json->used, "}\n", END_SIZE);
    json->used += END_SIZE - 1;
    return json->used;
}
