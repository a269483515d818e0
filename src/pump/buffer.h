/*
 * Storage of one direction: a piece of memory, filled at the end, taken from the start.
 * Its capacity changes only while it holds nothing; pages that are never touched cost nothing. A large one begins at a
 * page.
 */
#ifndef SKT_PUMP_BUFFER_H
#define SKT_PUMP_BUFFER_H

#include <stddef.h>

/*
 * Where buffers that come and go, one after the other, leave their memory for the next: one piece of it. Begin with {0}.
 */
struct buffer_shelf {
    char *data; /* NULL: nothing is there */
    size_t capacity;
};

struct buffer {
    char *data;
    size_t capacity;
    struct buffer_shelf *shelf; /* NULL: none */
    size_t start;               /* first byte still to go out */
    size_t end;                 /* one past the last byte held */
};

/* With a shelf or NULL, which outlives it. Returns 0, or -1 with errno (no memory). */
int buffer_new(struct buffer *buffer, size_t capacity, struct buffer_shelf *shelf);
void buffer_free(struct buffer *buffer);

/* Give the memory back while nothing is held, and have it again: 0, or -1 with errno. */
void buffer_rest(struct buffer *buffer);
int buffer_wake(struct buffer *buffer);

/* Free what is there. */
void buffer_clear_shelf(struct buffer_shelf *shelf);

/* Have another capacity from the next buffer_wake on; while nothing is held. */
void buffer_resize(struct buffer *buffer, size_t capacity);

/* Bytes held, and where they begin. */
static inline size_t
buffer_size(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

static inline const char *
buffer_data(const struct buffer *buffer)
{
    return buffer->data + buffer->start;
}

/*
 * Where new bytes go, and how many fit. Moves what is held to the front when the room behind it is less than
 * `wanted` and that helps.
 */
char *buffer_room(struct buffer *buffer, size_t wanted, size_t *room);

/* Say that `size` bytes were put at buffer_room, or were taken from buffer_data. */
void buffer_filled(struct buffer *buffer, size_t size);
void buffer_taken(struct buffer *buffer, size_t size);

#endif
