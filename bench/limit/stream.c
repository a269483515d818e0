/*
 * The limit for byte streams: standard input to the socket, the socket to standard output, the fastest way known.
 *
 *     stream send|receive|both listen|connect ADDRESS
 *
 * A regular file goes into the socket by sendfile, everything else moves by splice: straight where one side is a
 * pipe, through a pipe of ours where none is. All pipes are made 1 MiB large; with the usual 64 KiB splice can lose
 * to read and write. Blocking calls, and a thread each way, beat one thread that polls.
 */
#include "../net.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { CHUNK = 1 << 20 };

static int socket_fd;

static mode_t
kind_of(int fd)
{
    struct stat status;
    must(fstat(fd, &status), "fstat");
    return status.st_mode & S_IFMT;
}

static ssize_t
splice_chunk(int from, int to, size_t size)
{
    return must(splice(from, NULL, to, NULL, size, SPLICE_F_MOVE | SPLICE_F_MORE), "splice");
}

static void
splice_through_pipe(int from, int to)
{
    int ends[2];
    must(pipe2(ends, O_CLOEXEC), "pipe");
    (void)fcntl(ends[1], F_SETPIPE_SZ, CHUNK); /* slower without, no more */
    size_t held;
    while ((held = (size_t)splice_chunk(from, ends[1], CHUNK)) > 0)
        while (held > 0)
            held -= (size_t)splice_chunk(ends[0], to, held);
}

static void
move(int from, int to)
{
    if (kind_of(from) == S_IFREG) {
        while (must(sendfile(to, from, NULL, 16 * CHUNK), "sendfile") > 0)
            ;
    } else if (kind_of(from) == S_IFIFO || kind_of(to) == S_IFIFO) {
        (void)fcntl(kind_of(from) == S_IFIFO ? from : to, F_SETPIPE_SZ, CHUNK); /* as above */
        while (splice_chunk(from, to, CHUNK) > 0)
            ;
    } else {
        splice_through_pipe(from, to);
    }
}

static void *
send_input(void *unused)
{
    move(STDIN_FILENO, socket_fd);
    must(shutdown(socket_fd, SHUT_WR), "shutdown");
    return unused;
}

int
main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    socket_fd = joined(argv[3], SOCK_STREAM, strcmp(argv[2], "listen") == 0);
    if (argv[3][0] == '/')
        set_option(socket_fd, SOL_SOCKET, SO_SNDBUF, CHUNK, "SO_SNDBUF");
    if (strcmp(argv[1], "send") == 0) {
        send_input(NULL);
        char byte;
        must(read(socket_fd, &byte, 1), "read"); /* the other end has taken all of it */
        return 0;
    }
    pthread_t sender;
    bool both = strcmp(argv[1], "both") == 0;
    if (both && pthread_create(&sender, NULL, send_input, NULL) != 0)
        give_up("pthread_create");
    move(socket_fd, STDOUT_FILENO);
    if (both)
        (void)pthread_join(sender, NULL); /* it is there, and joinable */
    return 0;
}
