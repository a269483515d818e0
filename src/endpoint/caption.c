#include "endpoint/caption.h"

#include "observe/escape.h"
#include <string.h>

enum { ESCAPED_MAX = 4 }; /* bytes that become of one */

static size_t
count_lines(const char *data, size_t size)
{
    size_t lines = 0;
    const char *end = data + size;
    for (const char *at = data; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    return lines;
}

/* Copy text so that it is harmless, all but its tabs. */
static size_t
copy_safely(char *to, const char *data, size_t size)
{
    size_t used = 0;
    const char *end = data + size;
    for (;;) {
        const char *tab = memchr(data, '\t', (size_t)(end - data));
        size_t length = (size_t)((tab ? tab : end) - data);
        (void)escape_bytes(data, length, to + used, ESCAPED_MAX * length + 1);
        used += strlen(to + used);
        if (!tab)
            return used;
        to[used++] = '\t';
        data = tab + 1;
    }
}

/* One line, or what there is of it, or a message, which may be one. A carriage return is harmless only right before its end. */
static size_t
copy_line(const struct caption *caption, char *to, const char *data, size_t size)
{
    if (!caption->is_safe) {
        memcpy(to, data, size);
        return size;
    }
    size_t ending = size > 0 && data[size - 1] == '\n' ? 1 : 0;
    if (ending == 1 && size > 1 && data[size - 2] == '\r')
        ending = 2;
    size_t used = copy_safely(to, data, size - ending);
    memcpy(to + used, data + size - ending, ending);
    return used + ending;
}

static size_t
copy_lines(const struct caption *caption, char *to, const char *data, size_t size, bool begins)
{
    size_t prefix = caption->prefix ? strlen(caption->prefix) : 0;
    size_t used = 0;
    const char *end = data + size;
    bool is_message = caption->unit == UNIT_MESSAGES;
    do {
        const char *newline = is_message ? NULL : memchr(data, '\n', (size_t)(end - data));
        size_t length = newline ? (size_t)(newline - data) + 1 : (size_t)(end - data);
        if (begins && prefix > 0)
            memcpy(to + used, caption->prefix, prefix);
        used += begins ? prefix : 0;
        used += copy_line(caption, to + used, data, length);
        data += length;
        begins = true;
    } while (data < end);
    return used;
}

struct piece *
caption_piece(const struct caption *caption, const char *data, size_t size, bool begins)
{
    bool is_message = caption->unit == UNIT_MESSAGES;
    bool is_plain = !caption->prefix && !caption->is_safe && !caption->is_whole;
    size_t lines = is_message ? 1 : count_lines(data, size);
    size_t prefix = caption->prefix ? strlen(caption->prefix) : 0;
    size_t most = is_plain ? size : (caption->is_safe ? ESCAPED_MAX * size : size) + (lines + 1) * prefix + 2;
    struct piece *piece = piece_new(most);
    if (!piece)
        return NULL;
    bool ends = size > 0 && data[size - 1] == '\n';
    if (is_plain) {
        if (size > 0)
            memcpy(piece->data, data, size);
    } else {
        size_t used = copy_lines(caption, piece->data, data, size, begins);
        if (!ends && caption->is_whole) {
            piece->data[used++] = '\n';
            lines += !is_message;
            ends = true;
        }
        piece = piece_shrink(piece, used);
    }
    piece->begins = begins;
    piece->ends = ends || is_message;
    piece->units = lines;
    return piece;
}
