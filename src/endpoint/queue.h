/*
 * What waits for one reader: pieces in their order, each of which many queues may hold at once. A piece is one stretch
 * of bytes, or one message.
 */
#ifndef SKT_ENDPOINT_QUEUE_H
#define SKT_ENDPOINT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct piece {
    size_t holders;
    uint64_t units; /* lines, messages or bytes in it: for those who miss it */
    bool begins;    /* at the beginning of a line */
    bool ends;      /* at the end of one */
    size_t size;
    char data[];
};

/* A piece of `size` bytes that are still to be put there, held once; NULL without memory. */
struct piece *piece_new(size_t size);
void piece_release(struct piece *piece);

/* Make one that nobody else holds smaller, and give back the rest of its memory. Returns where it is now. */
struct piece *piece_shrink(struct piece *piece, size_t size);

/* Begin with {0}. */
struct queue {
    struct piece **ring;
    size_t first, count, capacity;
    size_t given; /* bytes of the first piece that have been taken already */
    size_t bytes; /* of memory, so that many small pieces count as well */
};

static inline bool
queue_is_empty(const struct queue *queue)
{
    return queue->count == 0;
}

/* Hold a piece, of whose bytes so many have been given already. Returns 0, or -1 without memory. */
int queue_push(struct queue *queue, struct piece *piece, size_t given);

/* Take up to `room` bytes, of as many pieces as there are. Returns how many. */
size_t queue_take_bytes(struct queue *queue, char *data, size_t room);

/* The first piece, which is the queue's; then take it away. Only while it is not empty. */
const struct piece *queue_first(const struct queue *queue);
void queue_drop_first(struct queue *queue);

void queue_clear(struct queue *queue);

#endif
