/*
 * The limit for a relay: one client, joined with what listens elsewhere, the fastest way known.
 *
 *     relay PORT OTHER-PORT
 *
 * Splice through a pipe, and a thread each way.
 */
#include "../net.h"
#include <fcntl.h>
#include <pthread.h>

enum { CHUNK = 1 << 20 };

struct way {
    int from, to;
};

static size_t
splice_chunk(int from, int to, size_t size)
{
    return (size_t)must(splice(from, NULL, to, NULL, size, SPLICE_F_MOVE | SPLICE_F_MORE), "splice");
}

static void *
move(void *context)
{
    const struct way *way = context;
    int ends[2];
    must(pipe2(ends, O_CLOEXEC), "pipe");
    (void)fcntl(ends[1], F_SETPIPE_SZ, CHUNK); /* slower without, no more */
    size_t held;
    while ((held = splice_chunk(way->from, ends[1], CHUNK)) > 0)
        while (held > 0)
            held -= splice_chunk(ends[0], way->to, held);
    (void)shutdown(way->to, SHUT_WR); /* refused: that side has gone already */
    return NULL;
}

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int near = joined(argv[1], SOCK_STREAM, true);
    int far = joined(argv[2], SOCK_STREAM, false);
    struct way there = { near, far }, back = { far, near };
    pthread_t thread;
    if (pthread_create(&thread, NULL, move, &back) != 0)
        give_up("pthread_create");
    (void)move(&there);
    (void)pthread_join(thread, NULL); /* it has nothing to tell */
    return 0;
}
