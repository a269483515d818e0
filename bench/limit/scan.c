/*
 * The limit for a scan: one socket, connected again and again.
 *
 *     scan FIRST LAST
 *
 * On Linux a TCP socket that was refused can connect once more, so that a closed port costs one call. Prints the
 * ports that are open.
 */
#include "../net.h"

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int fd = -1, last = number(argv[2]);
    for (int port = number(argv[1]); port <= last; port++) {
        if (fd == -1)
            fd = must_fd(socket(AF_INET, SOCK_STREAM, 0), "socket");
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons((uint16_t)port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
            printf("%d\n", port);
            close(fd);
            fd = -1;
        } else if (errno != ECONNREFUSED) {
            give_up("connect");
        }
    }
    return 0;
}
