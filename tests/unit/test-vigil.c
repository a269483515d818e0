/* A vigil finds what poll finds, before and after it asks epoll, and as often as it has to. */
#include "base/deadline.h"
#include "base/vigil.h"
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 200, MOMENT_MS = 5 };

static struct loop loop;
static struct vigil vigil;
static struct fault fault;

static int
look(struct pollfd *polls, size_t count)
{
    return vigil_wait(&vigil, &loop, polls, count, deadline_after(deadline_now(), MOMENT_MS), &fault);
}

/* Bytes come again and again, one at a time, and each is read. Returns how many were found. */
static int
come(struct pollfd *polls, size_t count, int into, size_t place)
{
    int found = 0;
    for (int i = 0; i < MANY; i++) {
        char byte = 'x';
        if (write(into, &byte, 1) != 1 || look(polls, count) != 1 || polls[place].revents != POLLIN ||
            read(polls[place].fd, &byte, 1) != 1)
            break;
        found++;
    }
    return found;
}

static void
check_pipe(void)
{
    int ends[2], other[2];
    if (pipe(ends) != 0 || pipe(other) != 0)
        return;
    struct pollfd polls[] = { { .fd = ends[0], .events = POLLIN },
                              { .fd = -1, .events = POLLIN },
                              { .fd = other[1], .events = 0 } };
    vigil = vigil_none;
    is_int(come(polls, 3, ends[1], 0), MANY, "what comes is found");
    ok(vigil.epoll >= 0, "in the end by epoll");
    is_int(look(polls, 3), 0, "and nothing when there is nothing");
    (void)close(other[0]);
    is_int(look(polls, 3), 1, "a reader that leaves is found");
    ok(polls[2].revents & POLLERR && polls[0].revents == 0, "where it is");
    is_int(look(polls, 3), 1, "and found again");
    (void)close(other[1]);
    polls[2].fd = -1;
    vigil_end(&vigil);

    is_int(come(polls, 3, ends[1], 0), MANY, "what comes is found anew");
    (void)!write(ends[1], "x", 1);
    (void)close(ends[1]);
    is_int(look(polls, 3), 1, "a last byte is found");
    char byte;
    ok(read(ends[0], &byte, 1) == 1 && look(polls, 3) == 1 && polls[0].revents == POLLHUP,
       "and the end that came with it");
    (void)close(ends[0]);
    vigil_end(&vigil);
    is_int(vigil.epoll, -1, "nothing is left open");
}

/* What a socket still has after a read of less than there was room for. */
static void
check_rest(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        return;
    struct pollfd polls[] = { { .fd = ends[0], .events = POLLIN } };
    vigil = vigil_none;
    is_int(come(polls, 1, ends[1], 0), MANY, "messages are found");
    ok(vigil.epoll >= 0, "by epoll");
    char data[16];
    (void)!write(ends[1], "one", 3);
    (void)!write(ends[1], "two", 3);
    ok(look(polls, 1) == 1 && read(ends[0], data, sizeof data) == 3 && look(polls, 1) == 1 &&
           read(ends[0], data, sizeof data) == 3,
       "the second of two, too");
    vigil_end(&vigil);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* What epoll does not take. */
static void
check_refused(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), ends[2];
    if (pipe(ends) != 0)
        return;
    struct pollfd polls[] = { { .fd = ends[0], .events = POLLIN }, { .fd = null, .events = 0 } };
    vigil = vigil_none;
    is_int(come(polls, 2, ends[1], 0), MANY, "beside a file of which nothing is wanted, all is found");
    ok(vigil.epoll >= 0, "by epoll");
    vigil_end(&vigil);

    polls[1].events = POLLOUT;
    int found = 0;
    for (int i = 0; i < MANY; i++)
        found += look(polls, 2) == 1 && polls[1].revents == POLLOUT;
    is_int(found, MANY, "a file that can always be written is always found");
    is_int(vigil.epoll, -1, "by poll");
    vigil_end(&vigil);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(null);
}

/* No descriptor is left for epoll. */
static void
check_without(void)
{
    int ends[2];
    struct rlimit limit;
    if (pipe(ends) != 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    struct pollfd polls[] = { { .fd = ends[0], .events = POLLIN } };
    const struct rlimit none = { .rlim_cur = (rlim_t)ends[1] + 1, .rlim_max = limit.rlim_max };
    vigil = vigil_none;
    (void)setrlimit(RLIMIT_NOFILE, &none);
    is_int(come(polls, 1, ends[1], 0), MANY, "without descriptors for epoll, all is found");
    is_int(vigil.epoll, -1, "by poll");
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    vigil_end(&vigil);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* A signal that asks us to end. Last: it is not forgotten. */
static void
check_signal(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return;
    struct pollfd polls[] = { { .fd = ends[0], .events = POLLIN } };
    vigil = vigil_none;
    is_int(come(polls, 1, ends[1], 0), MANY, "before a signal all is found");
    (void)raise(SIGTERM);
    (void)!write(ends[1], "x", 1);
    is_int(look(polls, 1), -1, "a signal is, though there is something else");
    is_int(fault.signal, SIGTERM, "which it was");
    vigil_end(&vigil);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int
main(void)
{
    loop_start(&loop);
    check_pipe();
    check_rest();
    check_refused();
    check_without();
    check_signal();
    return tap_done();
}
