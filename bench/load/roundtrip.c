/*
 * Time round trips through a client: in by its standard input, out of its socket, back, and out of its output.
 *
 *     roundtrip once|twice ROUNDS INPUT OUTPUT SOCKET     (descriptors)
 *
 * once: 1 byte each way. twice: a request of two bytes, the second written 0.3 ms after the first, and 1 byte back.
 * Prints the median in nanoseconds.
 */
#include "../net.h"

enum { PAUSE_NS = 300000 };

static int
by_size(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void
read_byte(int fd, const char *what)
{
    char byte;
    if (must(read(fd, &byte, 1), what) == 0) {
        fprintf(stderr, "%s: the end came early\n", what);
        exit(1);
    }
}

int
main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    int writes = strcmp(argv[1], "twice") == 0 ? 2 : 1, rounds = number(argv[2]);
    int input = number(argv[3]), output = number(argv[4]), socket_fd = number(argv[5]);
    int64_t *times = calloc((size_t)rounds, sizeof *times);
    if (times == NULL)
        give_up("calloc");
    for (int round = 0; round < rounds; round++) {
        int64_t began = now_ns();
        for (int i = 0; i < writes; i++) {
            if (i > 0)
                (void)nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
            write_all(input, "?", 1);
        }
        for (int i = 0; i < writes; i++)
            read_byte(socket_fd, "socket");
        write_all(socket_fd, "!", 1);
        read_byte(output, "output");
        times[round] = now_ns() - began;
    }
    qsort(times, (size_t)rounds, sizeof *times, by_size);
    printf("%lld\n", (long long)times[rounds / 2]);
    free(times);
    return 0;
}
