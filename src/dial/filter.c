#include "dial/filter.h"

#include "base/deadline.h"
#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_MAX = 256 * 1024 }; /* BPF_MAXINSNS steps of the longest numbers are less than half of that */

/* What is left of a text. */
struct reader {
    const char *at, *end;
    char *problem;
};

static int __attribute__((format(printf, 2, 3))) problem(const struct reader *reader, const char *words, ...)
{
    va_list list;
    va_start(list, words);
    (void)vsnprintf(reader->problem, FILTER_PROBLEM_MAX, words, list);
    va_end(list);
    return -1;
}

static void
skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r'))
        reader->at++;
}

/* A decimal number of at most `max`. Returns 0, or -1. */
static int
take_number(struct reader *reader, uint64_t max, uint64_t *number)
{
    skip_blanks(reader);
    const char *begin = reader->at;
    *number = 0;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9' && *number <= max)
        *number = *number * 10 + (uint64_t)(*reader->at++ - '0');
    return reader->at > begin && *number <= max ? 0 : -1;
}

/* The end of a line. Returns 0, or -1 if something else stands there. */
static int
take_end(struct reader *reader)
{
    skip_blanks(reader);
    if (reader->at == reader->end)
        return 0;
    return *reader->at == '\n' || *reader->at == ',' ? (reader->at++, 0) : -1;
}

static int
take_step(struct reader *reader, size_t index, struct sock_filter *step)
{
    static const struct {
        const char *name;
        uint64_t max;
    } parts[] = { { "code", UINT16_MAX }, { "jt", UINT8_MAX }, { "jf", UINT8_MAX }, { "k", UINT32_MAX } };
    uint64_t numbers[4];
    for (size_t i = 0; i < 4; i++) {
        if (take_number(reader, parts[i].max, &numbers[i]) < 0)
            return problem(reader, "step %zu: %s is a decimal number from 0 to %llu", index, parts[i].name,
                           (unsigned long long)parts[i].max);
    }
    if (take_end(reader) < 0)
        return problem(reader, "step %zu: more than four numbers", index);
    *step = (struct sock_filter){
        .code = (uint16_t)numbers[0],
        .jt = (uint8_t)numbers[1],
        .jf = (uint8_t)numbers[2],
        .k = (uint32_t)numbers[3],
    };
    return 0;
}

/* All steps, and nothing behind them. */
static int
take_steps(struct reader *reader, const struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (take_step(reader, i + 1, &filter->steps[i]) < 0)
            return -1;
    }
    while (reader->at < reader->end) {
        if (take_end(reader) < 0)
            return problem(reader, "more than the %zu steps that it begins with", filter->count);
    }
    return 0;
}

int
filter_parse(const char *text, size_t size, struct filter *filter, char *why)
{
    struct reader reader = { .at = text, .end = text + size, .problem = why };
    uint64_t count;
    *filter = (struct filter){ .steps = NULL };
    if (take_number(&reader, BPF_MAXINSNS, &count) < 0 || count == 0 || take_end(&reader) < 0)
        return problem(&reader, "begins with the number of its steps, 1 to %d, as tcpdump -ddd prints them",
                       BPF_MAXINSNS);
    filter->count = (size_t)count;
    filter->steps = calloc(filter->count, sizeof *filter->steps);
    if (!filter->steps)
        return problem(&reader, "no memory");
    if (take_steps(&reader, filter) == 0)
        return 0;
    filter_free(filter);
    return -1;
}

/*
 * Read all of a file. Waiting first: what is opened may be a FIFO that nobody has written to yet, and only
 * loop_wait hears signals. Returns the size, or -1.
 */
static ssize_t
read_all(struct loop *loop, int fd, const char *path, int64_t deadline, char *text, struct fault *fault)
{
    size_t size = 0;
    for (;;) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        int found = loop_wait(loop, &ready, 1, deadline, fault);
        if (found < 0)
            return -1;
        if (found == 0 && deadline_passed(deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out", "filter %s", path);
        ssize_t n = read(fd, text + size, FILE_MAX - size);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return fault_set(fault, STATUS_LOCAL, "filter %s", path);
        size += n > 0 ? (size_t)n : 0;
        if (n == 0)
            return (ssize_t)size;
        if (size == FILE_MAX)
            return fault_say(fault, STATUS_LOCAL, "too large for a filter", "filter %s", path);
    }
}

int
filter_read(struct loop *loop, const char *path, int64_t deadline, struct filter *filter, struct fault *fault)
{
    char why[FILTER_PROBLEM_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fault_set(fault, STATUS_LOCAL, "filter %s", path);
    char *text = malloc(FILE_MAX);
    ssize_t size = text ? read_all(loop, fd, path, deadline, text, fault)
                        : fault_set(fault, STATUS_LOCAL, "filter %s", path);
    int result = size < 0 ? -1 : filter_parse(text, (size_t)size, filter, why);
    if (size >= 0 && result < 0)
        (void)fault_say(fault, STATUS_LOCAL, why, "filter %s", path);
    free(text);
    (void)fd_close(&fd); /* it was only read */
    return result;
}

int
filter_copy(const void *steps, size_t count, struct filter *filter)
{
    _Static_assert(sizeof *filter->steps == FILTER_STEP_SIZE, "linux/filter.h");
    filter->steps = calloc(count, sizeof *filter->steps);
    if (!filter->steps)
        return -1;
    memcpy(filter->steps, steps, count * sizeof *filter->steps);
    filter->count = count;
    return 0;
}

int
filter_attach(int fd, const struct filter *filter, const char *path, enum status status, struct fault *fault)
{
    const struct sock_fprog program = { .len = (unsigned short)filter->count, .filter = filter->steps };
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0)
        return 0;
    return fault_set(fault, status, "filter %s, %zu steps", path, filter->count);
}

void
filter_free(struct filter *filter)
{
    free(filter->steps);
    *filter = (struct filter){ .steps = NULL };
}
