#include "endpoint/queue.h"
#include "tap.h"
#include <string.h>

static struct piece *
piece_of(const char *text)
{
    struct piece *piece = piece_new(strlen(text));
    if (piece)
        memcpy(piece->data, text, strlen(text));
    return piece;
}

static void
push(struct queue *queue, const char *text, size_t given)
{
    struct piece *piece = piece_of(text);
    if (!ok(piece && queue_push(queue, piece, given) == 0, "\"%s\" is put into the queue", text))
        return;
    piece_release(piece); /* the queue holds it */
}

static void
test_bytes(void)
{
    struct queue queue = { 0 };
    char data[64];
    ok(queue_is_empty(&queue), "a new queue is empty");
    is_int((long)queue_take_bytes(&queue, data, sizeof data), 0, "nothing can be taken of it");

    push(&queue, "hello ", 2);
    push(&queue, "world\n", 0);
    size_t size = queue_take_bytes(&queue, data, 5);
    is_data(data, size, "llo w", 5, "what was given before is left out, and pieces run together");
    size = queue_take_bytes(&queue, data, sizeof data);
    is_data(data, size, "orld\n", 5, "the rest follows");
    ok(queue_is_empty(&queue), "then it is empty");
    is_int((long)queue.bytes, 0, "and weighs nothing");
    queue_clear(&queue);
}

static void
test_pieces(void)
{
    struct queue queue = { 0 };
    push(&queue, "", 0);
    push(&queue, "second", 0);
    ok(!queue_is_empty(&queue), "an empty message is one");
    is_int((long)queue_first(&queue)->size, 0, "it comes first");
    ok(queue.bytes > strlen("second"), "and weighs something");
    queue_drop_first(&queue);
    const struct piece *piece = queue_first(&queue);
    is_data(piece->data, piece->size, "second", 6, "then the second one");
    queue_clear(&queue);
    ok(queue_is_empty(&queue) && queue.bytes == 0, "cleared");
}

/* A ring that goes round while it grows. */
static void
test_many(void)
{
    struct queue queue = { 0 };
    long next = 0, wrong = 0, count = 0;
    for (long round = 0; round < 100; round++) {
        for (int i = 0; i < 7; i++, count++) {
            struct piece *piece = piece_new(sizeof count);
            if (!piece || (memcpy(piece->data, &count, sizeof count), queue_push(&queue, piece, 0)) != 0) {
                ok(false, "no memory");
                return;
            }
            piece_release(piece);
        }
        for (int i = 0; i < 5; i++, next++) {
            long number = -1;
            if (queue_take_bytes(&queue, (char *)&number, sizeof number) != sizeof number || number != next)
                wrong++;
        }
    }
    is_int(wrong, 0, "500 of 700 pieces come in their order");
    is_int((long)queue.count, 200, "the others are still there");
    queue_clear(&queue);
    is_int((long)queue.bytes, 0, "until they are cleared away");
}

static void
test_holders(void)
{
    struct queue one = { 0 }, other = { 0 };
    struct piece *piece = piece_of("for both, and much too long");
    if (!ok(piece != NULL, "a piece is made"))
        return;
    piece = piece_shrink(piece, 8);
    ok(queue_push(&one, piece, 0) == 0 && queue_push(&other, piece, 0) == 0, "two queues hold it");
    is_int((long)piece->holders, 3, "and we do");
    piece_release(piece);
    queue_clear(&one);
    char data[16];
    size_t size = queue_take_bytes(&other, data, sizeof data);
    is_data(data, size, "for both", 8, "one has it after the other has let it go");
    queue_clear(&other);
}

int
main(void)
{
    test_bytes();
    test_pieces();
    test_many();
    test_holders();
    return tap_done();
}
