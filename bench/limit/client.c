/*
 * The limit for small traffic: poll, then one read and one write.
 *
 *     client ADDRESS
 *
 * Joins a connection and the standard streams until the connection has ended. TCP_NODELAY: without it the second
 * of two small writes waits for the other side's delayed acknowledgement, 40 ms.
 */
#include "../net.h"
#include <poll.h>

static char data[16384]; /* on the stack it would be set to zero each time (-ftrivial-auto-var-init) */

/* Carry what there is; false at the end. */
static bool
carry(int from, int to)
{
    ssize_t size = must(read(from, data, sizeof data), "read");
    write_all(to, data, (size_t)size);
    return size > 0;
}

int
main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    int fd = connected(argv[1], SOCK_STREAM);
    if (argv[1][0] != '/')
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    struct pollfd ends[] = { { .fd = fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    for (;;) {
        must(poll(ends, 2, -1), "poll");
        if (ends[0].revents != 0 && !carry(fd, STDOUT_FILENO))
            return 0;
        if (ends[1].revents != 0 && !carry(STDIN_FILENO, fd)) {
            must(shutdown(fd, SHUT_WR), "shutdown");
            ends[1].fd = -1;
        }
    }
}
