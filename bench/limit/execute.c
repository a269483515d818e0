/*
 * The limit for a program per connection: the socket itself is the program's standard input and output.
 *
 *     execute PORT PROGRAM
 *
 * vfork copies nothing; and nobody stands between the program and its client.
 */
#include "../net.h"
#include <signal.h>

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int listener = listening(argv[1], SOCK_STREAM);
    (void)signal(SIGCHLD, SIG_IGN); /* nobody has to be waited for */
    for (;;) {
        int fd = must_fd(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
        pid_t child = vfork();
        must(child, "vfork");
        if (child == 0) {
            (void)dup2(fd, STDIN_FILENO);
            (void)dup2(fd, STDOUT_FILENO);
            execv(argv[2], argv + 2);
            _exit(127);
        }
        close(fd);
    }
}
