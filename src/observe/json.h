/* Objects of JSON (RFC 8259), one on a line, written into memory. Pure. */
#ifndef SKT_OBSERVE_JSON_H
#define SKT_OBSERVE_JSON_H

#include <stddef.h>
#include <stdint.h>

struct json {
    char *text; /* lent; always ended by a zero byte */
    size_t size, used;
};

/* Begin an object. What does not fit is left out, member by member, so that it is always well-formed. */
void json_begin(struct json *json, char *text, size_t size);

/* A member that is a string; bytes that are no well-formed UTF-8 become U+FFFD. NULL: no member. */
void json_text(struct json *json, const char *name, const char *value);

void json_number(struct json *json, const char *name, int64_t value);

/* End the object and its line. Returns the bytes in all. */
size_t json_end(struct json *json);

#endif
