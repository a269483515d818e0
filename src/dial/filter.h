/*
 * A packet filter: a program of the classic Berkeley packet filter that the kernel runs for each message that
 * comes in, before we see it (socket(7), SO_ATTACH_FILTER). It comes compiled, from a file.
 */
#ifndef SKT_DIAL_FILTER_H
#define SKT_DIAL_FILTER_H

#include "base/fault.h"
#include "base/loop.h"
#include <stddef.h>
#include <stdint.h>

struct sock_filter; /* linux/filter.h */

struct filter {
    struct sock_filter *steps; /* NULL: none */
    size_t count;
};

enum { FILTER_PROBLEM_MAX = 96, FILTER_STEP_SIZE = 8 };

/*
 * Read a program as `tcpdump -ddd` prints it: how many steps there are, and of each the four decimal numbers code,
 * jt, jf and k; a step is a line or, as iptables wants it, ends with a comma. `size` characters, no zero needed.
 * Returns 0 with a filter to free, or -1 with a problem in words (FILTER_PROBLEM_MAX).
 */
int filter_parse(const char *text, size_t size, struct filter *filter, char *problem);

/* The same from a file, which may be a FIFO. Returns 0, or -1: STATUS_LOCAL, STATUS_TIMEOUT, or a signal. */
int filter_read(struct loop *loop, const char *path, int64_t deadline, struct filter *filter,
                struct fault *fault);

/* A copy of compiled steps, each FILTER_STEP_SIZE bytes. Returns 0 with a filter to free, or -1 without memory. */
int filter_copy(const void *steps, size_t count, struct filter *filter);

/* Give one that has steps to a socket. `path` is for the message. Returns 0, or -1 with `status`. */
int filter_attach(int fd, const struct filter *filter, const char *path, enum status status,
                  struct fault *fault);

void filter_free(struct filter *filter);

#endif
