/*
 * What every program of the bench needs: sockets on loopback, and giving up with a message.
 *
 * An address is one word: a number is a TCP or UDP port of 127.0.0.1, anything else the path of a Unix socket.
 * Inline, so that each program is one file. They trust their caller, which is the bench.
 */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* End with "WHAT: WHY" on standard error. */
_Noreturn static inline void
give_up(const char *what)
{
    perror(what);
    exit(1);
}

/* Pass on what a system call returned, or give up if that was -1. */
static inline ssize_t
must(ssize_t result, const char *what)
{
    if (result == -1)
        give_up(what);
    return result;
}

/* The same for what makes a descriptor. */
static inline int
must_fd(int fd, const char *what)
{
    return (int)must(fd, what);
}

/* Monotonic nanoseconds. */
static inline int64_t
now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A number between 0 and INT32_MAX, or give up. */
static inline int
number(const char *word)
{
    char *end;
    long value = strtol(word, &end, 10);
    if (*end != '\0' || value < 0 || value > INT32_MAX) {
        fprintf(stderr, "%s: not a number\n", word);
        exit(2);
    }
    return (int)value;
}

union address {
    struct sockaddr any;
    struct sockaddr_in inet;
    struct sockaddr_un local;
};

static inline socklen_t
address_read(const char *word, union address *address)
{
    *address = (union address){ 0 };
    if (word[strspn(word, "0123456789")] == '\0') {
        address->inet.sin_family = AF_INET;
        address->inet.sin_port = htons((uint16_t)number(word));
        address->inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof address->inet;
    }
    address->local.sun_family = AF_UNIX;
    (void)snprintf(address->local.sun_path, sizeof address->local.sun_path, "%s", word);
    return sizeof address->local;
}

static inline void
set_option(int fd, int level, int name, int value, const char *what)
{
    must(setsockopt(fd, level, name, &value, sizeof value), what);
}

/* A bound socket of this type. */
static inline int
bound(const char *word, int type)
{
    union address address;
    socklen_t size = address_read(word, &address);
    int fd = must_fd(socket(address.any.sa_family, type | SOCK_CLOEXEC, 0), "socket");
    if (address.any.sa_family == AF_INET)
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    must(bind(fd, &address.any, size), word);
    return fd;
}

static inline int
listening(const char *word, int type)
{
    int fd = bound(word, type);
    must(listen(fd, 4096), "listen");
    return fd;
}

/* A connected socket of this type. */
static inline int
connected(const char *word, int type)
{
    union address address;
    socklen_t size = address_read(word, &address);
    int fd = must_fd(socket(address.any.sa_family, type | SOCK_CLOEXEC, 0), "socket");
    must(connect(fd, &address.any, size), word);
    return fd;
}

/* One connection: accepted from a listener at the address, or made to it. */
static inline int
joined(const char *word, int type, bool listens)
{
    if (!listens)
        return connected(word, type);
    int listener = listening(word, type);
    int fd = must_fd(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
    close(listener);
    return fd;
}

static inline void
write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        size_t written = (size_t)must(write(fd, data, size), "write");
        data += written;
        size -= written;
    }
}

#endif
