/*
 * Many clients of a hub: one sends messages, all others receive each before the next is sent.
 *
 *     receivers PORT COUNT MESSAGES SIZE
 *
 * Prints the deliveries and the nanoseconds that they took. A message that has not arrived everywhere within 5 s
 * ends it all with status 3.
 */
#include "../net.h"
#include <sys/epoll.h>

enum { EVENTS = 512, LARGEST = 65536, PATIENCE_MS = 5000, NOT_SERVED = 3 };

enum { TOGETHER = 8 }; /* come at once: no more than the shortest queue of a listener holds */

static char data[LARGEST];

/* Take from the receivers until all together have had so many bytes. */
static void
await(int poller, long long bytes)
{
    struct epoll_event events[EVENTS];
    while (bytes > 0) {
        int ready = (int)must(epoll_wait(poller, events, EVENTS, PATIENCE_MS), "epoll_wait");
        for (int i = 0; i < ready; i++) {
            ssize_t size = must(recv(events[i].data.fd, data, sizeof data, MSG_DONTWAIT), "recv");
            if (size == 0)
                ready = 0; /* it has been thrown out */
            bytes -= size;
        }
        if (ready == 0) {
            fprintf(stderr, "%lld bytes of a message did not arrive\n", bytes);
            exit(NOT_SERVED);
        }
    }
}

int
main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    int count = number(argv[2]), messages = number(argv[3]), size = number(argv[4]);
    int poller = must_fd(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    int sender = connected(argv[1], SOCK_STREAM);
    set_option(sender, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    for (int i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = connected(argv[1], SOCK_STREAM) };
        must(epoll_ctl(poller, EPOLL_CTL_ADD, event.data.fd, &event), "epoll_ctl");
        if ((i + 1) % TOGETHER != 0 && i + 1 < count)
            continue;
        /* the greeting of the last one goes to all who are there, as each who was let in before is known to be */
        write_all(event.data.fd, "?", 1);
        char byte;
        must(recv(sender, &byte, 1, 0), "recv");
        await(poller, i);
    }
    int64_t began = now_ns();
    for (int i = 0; i < messages; i++) {
        write_all(sender, data, (size_t)size);
        await(poller, (long long)count * size);
    }
    printf("%lld %lld\n", (long long)count * messages, (long long)(now_ns() - began));
    return 0;
}
