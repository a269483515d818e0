/*
 * The limit for seqpacket: messages of 128 KiB, with room for several in the socket.
 *
 *     seqpacket send|receive listen|connect PATH
 *
 * The size of the messages is what counts: a call and a wake-up cost more than the copy of a few KiB.
 */
#include "../net.h"

enum { MESSAGE = 128 << 10, ROOM = 1 << 20 };

static char message[MESSAGE];

int
main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int fd = joined(argv[3], SOCK_SEQPACKET, strcmp(argv[2], "listen") == 0);
    set_option(fd, SOL_SOCKET, SO_SNDBUF, ROOM, "SO_SNDBUF");
    bool sends = strcmp(argv[1], "send") == 0;
    int from = sends ? STDIN_FILENO : fd, to = sends ? fd : STDOUT_FILENO;
    size_t size;
    while ((size = (size_t)must(read(from, message, sizeof message), "read")) > 0)
        write_all(to, message, size);
    if (sends) {
        must(shutdown(fd, SHUT_WR), "shutdown");
        must(read(fd, message, sizeof message), "read"); /* the other end has taken all of it */
    }
    return 0;
}
