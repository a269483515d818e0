#include "pump/buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * What is read to the beginning of a page, and written from there, the kernel copies up to a fifth faster. Small ones are
 * of the heap, where it would cost memory, and little goes through them.
 */
enum { ALIGNMENT = 4096, ALIGNED_MIN = 64 * 1024 };

static char *
allocate(size_t capacity)
{
    if (capacity < ALIGNED_MIN)
        return malloc(capacity);
    return aligned_alloc(ALIGNMENT, (capacity + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

int
buffer_new(struct buffer *buffer, size_t capacity, struct buffer_shelf *shelf)
{
    *buffer = (struct buffer){ .capacity = capacity, .shelf = shelf };
    return buffer_wake(buffer);
}

/* Free the memory, or leave it on the shelf. */
static void
release(struct buffer *buffer)
{
    struct buffer_shelf *shelf = buffer->shelf;
    if (shelf && !shelf->data)
        *shelf = (struct buffer_shelf){ .data = buffer->data, .capacity = buffer->capacity };
    else
        free(buffer->data);
    buffer->data = NULL;
}

void
buffer_free(struct buffer *buffer)
{
    release(buffer);
    *buffer = (struct buffer){ 0 };
}

void
buffer_rest(struct buffer *buffer)
{
    assert(buffer->start == buffer->end);
    release(buffer);
    buffer->start = buffer->end = 0;
}

int
buffer_wake(struct buffer *buffer)
{
    struct buffer_shelf *shelf = buffer->shelf;
    if (buffer->data)
        return 0;
    if (shelf && shelf->data && shelf->capacity == buffer->capacity) {
        buffer->data = shelf->data;
        shelf->data = NULL;
    } else {
        buffer->data = allocate(buffer->capacity);
    }
    return buffer->data ? 0 : -1;
}

void
buffer_clear_shelf(struct buffer_shelf *shelf)
{
    free(shelf->data);
    shelf->data = NULL;
}

void
buffer_resize(struct buffer *buffer, size_t capacity)
{
    buffer_rest(buffer);
    buffer->capacity = capacity;
}

char *
buffer_room(struct buffer *buffer, size_t wanted, size_t *room)
{
    if (buffer->start > 0 && buffer->capacity - buffer->end < wanted) {
        size_t held = buffer_size(buffer);
        memmove(buffer->data, buffer->data + buffer->start, held);
        buffer->start = 0;
        buffer->end = held;
    }
    *room = buffer->capacity - buffer->end;
    return buffer->data + buffer->end;
}

void
buffer_filled(struct buffer *buffer, size_t size)
{
    assert(size <= buffer->capacity - buffer->end);
    buffer->end += size;
}

void
buffer_taken(struct buffer *buffer, size_t size)
{
    assert(size <= buffer_size(buffer));
    buffer->start += size;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}
