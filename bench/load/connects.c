/*
 * Connect, end our side (unless an answer is wanted), read to the end, close: again and again, from several threads.
 *
 *     connects PORT MILLISECONDS THREADS [answer]
 *
 * Prints how many connections were served to their end, and the nanoseconds that it took. answer: one that ends
 * without a byte was not served. One that is not served within 2 s ends it all with status 3. A thread ends before its
 * time when it has had so many that it would soon have to search for a port of its own, which takes longer than all else
 * (half of those that ip_local_port_range gives are taken first, and stay so for a minute).
 */
#include "../net.h"
#include <pthread.h>

enum { PATIENCE_S = 2, THREADS_MAX = 64, NOT_SERVED = 3, MOST = 10000 };

static const char *port;
static bool wants_answer;
static int64_t end;

static void
connect_once(void)
{
    int fd = connected(port, SOCK_STREAM);
    struct timeval limit = { .tv_sec = PATIENCE_S };
    must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "SO_RCVTIMEO");
    if (!wants_answer)
        must(shutdown(fd, SHUT_WR),
             "shutdown"); /* there is a server that ends a program when its input ends */
    char data[64];
    ssize_t size, all = 0;
    while ((size = recv(fd, data, sizeof data, 0)) > 0)
        all += size;
    if ((size == -1 && errno != ECONNRESET) || (wants_answer && all == 0)) {
        fprintf(stderr, "a client was not served: %s\n", size == -1 ? strerror(errno) : "no answer");
        exit(NOT_SERVED);
    }
    close(fd);
}

static void *
connect_often(void *count)
{
    long long *served = count;
    for (; now_ns() < end && *served < MOST; ++*served)
        connect_once();
    return NULL;
}

int
main(int argc, char **argv)
{
    if (argc < 4 || number(argv[3]) > THREADS_MAX)
        return 2;
    port = argv[1];
    wants_answer = argc > 4;
    int threads = number(argv[3]);
    int64_t began = now_ns();
    end = began + (int64_t)number(argv[2]) * 1000000;
    pthread_t ids[THREADS_MAX];
    long long counts[THREADS_MAX] = { 0 }, sum = 0;
    for (int i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, connect_often, &counts[i]) != 0)
            give_up("pthread_create");
    for (int i = 0; i < threads; i++) {
        (void)pthread_join(ids[i], NULL); /* it is there, and joinable */
        sum += counts[i];
    }
    printf("%lld %lld\n", sum, (long long)(now_ns() - began));
    return 0;
}
