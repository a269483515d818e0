/*
 * Time starts: start a client, accept its connection, end it, and wait until the client has ended.
 *
 *     startup PORT MILLISECONDS COMMAND [ARGUMENT]...
 *
 * Again and again for so long, but 5 times at least. Prints the median in nanoseconds.
 */
#include "../net.h"
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

enum { LEAST = 5, MOST = 100000 };

extern char **environ;

static int
by_size(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static int64_t
start_once(int listener, char **command, const posix_spawn_file_actions_t *streams)
{
    int64_t began = now_ns();
    pid_t child;
    errno = posix_spawnp(&child, command[0], streams, NULL, command, environ);
    if (errno != 0)
        give_up(command[0]);
    close(must_fd(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept"));
    int status;
    must(waitpid(child, &status, 0), "waitpid");
    return now_ns() - began;
}

int
main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    static int64_t times[MOST];
    int listener = listening(argv[1], SOCK_STREAM);
    posix_spawn_file_actions_t streams;
    if (posix_spawn_file_actions_init(&streams) != 0 ||
        posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
        posix_spawn_file_actions_addopen(&streams, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
        give_up("posix_spawn_file_actions");
    int64_t end = now_ns() + (int64_t)number(argv[2]) * 1000000;
    size_t done = 0;
    while (done < LEAST || (now_ns() < end && done < MOST))
        times[done++] = start_once(listener, argv + 3, &streams);
    qsort(times, done, sizeof *times, by_size);
    printf("%lld\n", (long long)times[done / 2]);
    return 0;
}
