/*
 * The limit for many clients: what they send goes to standard output, and nothing is kept for one but its socket.
 *
 *     serve ADDRESS
 *
 * A new client's socket is read at once: most have sent something by the time that they are accepted, and one that
 * has ended already never has to be watched. While nobody is, it is accept that waits, which saves a call for each.
 */
#include "../net.h"
#include <sys/epoll.h>

enum { EVENTS = 256, SIZE = 65536 };

static char data[SIZE];
static int watched; /* clients */

/* Read what there is; false if the client has ended. */
static bool
serve(int fd)
{
    ssize_t size = recv(fd, data, sizeof data, MSG_DONTWAIT);
    if (size > 0)
        write_all(STDOUT_FILENO, data, (size_t)size);
    return size > 0 || (size == -1 && errno == EAGAIN);
}

static void
accept_client(int listener, int poller)
{
    int fd = must_fd(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    if (serve(fd)) {
        must(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
        watched++;
    } else {
        close(fd);
    }
}

/* Read from a client that is watched. */
static void
serve_on(int fd)
{
    if (serve(fd))
        return;
    close(fd);
    watched--;
}

int
main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    int listener = listening(argv[1], SOCK_STREAM);
    int poller = must_fd(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    struct epoll_event events[EVENTS] = { { .events = EPOLLIN, .data.fd = listener } };
    must(epoll_ctl(poller, EPOLL_CTL_ADD, listener, events), "epoll_ctl");
    for (;;) {
        if (watched == 0) {
            accept_client(listener, poller);
            continue;
        }
        int ready = (int)must(epoll_wait(poller, events, EVENTS, -1), "epoll_wait");
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener)
                accept_client(listener, poller);
            else
                serve_on(events[i].data.fd);
        }
    }
}
