#include "endpoint/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_LEAST = 8, CAPACITY_KEPT = 16 };

struct piece *
piece_new(size_t size)
{
    struct piece *piece = malloc(sizeof *piece + size);
    if (piece)
        *piece = (struct piece){ .holders = 1, .size = size };
    return piece;
}

void
piece_release(struct piece *piece)
{
    if (--piece->holders == 0)
        free(piece);
}

struct piece *
piece_shrink(struct piece *piece, size_t size)
{
    assert(piece->holders == 1 && size <= piece->size);
    piece->size = size;
    struct piece *smaller = realloc(piece, sizeof *piece + size);
    return smaller ? smaller : piece;
}

/* What a piece costs its queue. */
static size_t
weight(const struct piece *piece)
{
    return sizeof *piece + sizeof(struct piece *) + piece->size;
}

static int
grow(struct queue *queue)
{
    size_t capacity = queue->capacity ? 2 * queue->capacity : CAPACITY_LEAST;
    struct piece **ring = malloc(capacity * sizeof(struct piece *));
    if (!ring)
        return -1;
    for (size_t i = 0; i < queue->count; i++)
        ring[i] = queue->ring[(queue->first + i) % queue->capacity];
    free(queue->ring);
    queue->ring = ring;
    queue->first = 0;
    queue->capacity = capacity;
    return 0;
}

int
queue_push(struct queue *queue, struct piece *piece, size_t given)
{
    assert(given == 0 || queue->count == 0);
    if (queue->count == queue->capacity && grow(queue) != 0)
        return -1;
    queue->ring[(queue->first + queue->count++) % queue->capacity] = piece;
    if (given > 0)
        queue->given = given;
    queue->bytes += weight(piece);
    piece->holders++;
    return 0;
}

const struct piece *
queue_first(const struct queue *queue)
{
    return queue->ring[queue->first];
}

void
queue_drop_first(struct queue *queue)
{
    struct piece *piece = queue->ring[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    queue->given = 0;
    queue->bytes -= weight(piece);
    piece_release(piece);
    if (queue->count > 0 || queue->capacity <= CAPACITY_KEPT)
        return;
    free(queue->ring);
    *queue = (struct queue){ 0 };
}

size_t
queue_take_bytes(struct queue *queue, char *data, size_t room)
{
    size_t taken = 0;
    while (queue->count > 0 && taken < room) {
        const struct piece *piece = queue_first(queue);
        size_t left = piece->size - queue->given;
        size_t size = left < room - taken ? left : room - taken;
        memcpy(data + taken, piece->data + queue->given, size);
        taken += size;
        queue->given += size;
        if (size == left)
            queue_drop_first(queue);
    }
    return taken;
}

void
queue_clear(struct queue *queue)
{
    while (queue->count > 0)
        queue_drop_first(queue);
    free(queue->ring);
    *queue = (struct queue){ 0 };
}
