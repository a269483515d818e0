/*
 * The limit for a hub: what one client sends goes to all others, by one read and one send for each.
 *
 *     hub PORT
 */
#include "../net.h"
#include <sys/epoll.h>

enum { EVENTS = 64, CLIENTS = 20000, SIZE = 65536 };

static char data[SIZE];
static int clients[CLIENTS];
static int client_count;

static void
forget(int fd)
{
    for (int i = 0; i < client_count; i++)
        if (clients[i] == fd)
            clients[i--] = clients[--client_count];
    close(fd);
}

static void
give_on(int from)
{
    ssize_t size = recv(from, data, sizeof data, 0);
    if (size <= 0) {
        forget(from);
        return;
    }
    for (int i = 0; i < client_count; i++)
        if (clients[i] != from)
            (void)send(clients[i], data, (size_t)size,
                       MSG_NOSIGNAL); /* who has left is seen when it is read */
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
        int ready = (int)must(epoll_wait(poller, events, EVENTS, -1), "epoll_wait");
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener) {
                give_on(events[i].data.fd);
            } else if (client_count < CLIENTS) {
                int fd = must_fd(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
                struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
                must(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
                clients[client_count++] = fd;
            }
        }
    }
}
