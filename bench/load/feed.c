/*
 * Write packets of one size to standard output, a pipe in packet mode, and then their number to standard error.
 *
 *     feed SIZE MILLISECONDS
 */
#include "../net.h"

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    static char data[65536];
    size_t size = (size_t)number(argv[1]);
    long long written = 0;
    for (int64_t end = now_ns() + (int64_t)number(argv[2]) * 1000000; now_ns() < end; written++)
        must(write(STDOUT_FILENO, data, size), "write");
    fprintf(stderr, "%lld\n", written);
    return 0;
}
