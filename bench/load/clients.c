/*
 * Connect many clients to a server and keep them until we are ended.
 *
 *     clients ADDRESS COUNT OUTPUT|echo
 *
 * Each sends a byte, which has to come out of OUTPUT, the descriptor of a pipe from the server's standard output, or
 * has to come back, before the next one comes: so that all are known to be served. Prints COUNT when all are. One that is not served
 * within 2 s ends it all with status 3.
 */
#include "../net.h"
#include <poll.h>

enum { PATIENCE_MS = 2000, NOT_SERVED = 3 };

int
main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    bool echoes = strcmp(argv[3], "echo") == 0;
    int count = number(argv[2]), output = echoes ? -1 : number(argv[3]);
    for (int i = 1; i <= count; i++) {
        int fd = connected(argv[1], SOCK_STREAM); /* stays open */
        write_all(fd, "?", 1);
        int from = echoes ? fd : output;
        char byte;
        if (must(poll(&(struct pollfd){ .fd = from, .events = POLLIN }, 1, PATIENCE_MS), "poll") == 0 ||
            must(read(from, &byte, 1), "read") == 0) {
            fprintf(stderr, "client %d was not served while %d others were there\n", i, i - 1);
            return NOT_SERVED;
        }
    }
    printf("%d\n", count);
    (void)fflush(stdout);
    pause();
    return 0;
}
