#include "observe/dump.h"

#include "base/deadline.h"
#include "base/fd.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROW = 16, LINE_SIZE = 128, NAME_SIZE = 200, HEAD_SIZE = NAME_SIZE + 4 };

struct dump {
    struct observer base;
    struct loop *loop;
    int64_t deadline;
    int fd;
    enum dump_form form;
    const char *path;
    bool is_shared;      /* other processes write to it, so that nobody knows whose the last row is */
    char who[NAME_SIZE]; /* whose row was our last; "": there is only one session */
};

static int
put(const struct dump *dump, const void *data, size_t size, struct fault *fault)
{
    const char *rest = data;
    while (size > 0) {
        ssize_t n = write(dump->fd, rest, size);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd room = { .fd = dump->fd, .events = POLLOUT };
            if (deadline_passed(dump->deadline, deadline_now()))
                return fault_say(fault, STATUS_TIMEOUT, "timed out: its reader takes nothing", "%s",
                                 dump->path);
            if (loop_wait(dump->loop, &room, 1, dump->deadline, fault) < 0)
                return -1;
        } else if (n < 0 && errno != EINTR) {
            return fault_set(fault, STATUS_LOCAL, "%s", dump->path);
        } else if (n > 0) {
            rest += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

/* One row of at most ROW bytes in words. Returns its length. */
static size_t
format_row(char *line, char mark, uint64_t offset, const unsigned char *bytes, size_t count)
{
    size_t used = (size_t)snprintf(line, LINE_SIZE, "%c %08llx ", mark, (unsigned long long)offset);
    for (size_t i = 0; i < ROW; i++)
        used += (size_t)(i < count ? snprintf(line + used, LINE_SIZE - used, " %02x", bytes[i])
                                   : snprintf(line + used, LINE_SIZE - used, "   "));
    used += (size_t)snprintf(line + used, LINE_SIZE - used, "  |");
    for (size_t i = 0; i < count; i++)
        line[used++] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    used += (size_t)snprintf(line + used, LINE_SIZE - used, "|\n");
    return used;
}

/* "# 127.0.0.1 43210": the rows from here on are of that session. Returns its length; 0: that is known. */
static size_t
format_head(struct dump *dump, char *line, const char *who)
{
    if (!who || (!dump->is_shared && strncmp(who, dump->who, NAME_SIZE - 1) == 0))
        return 0;
    (void)snprintf(dump->who, NAME_SIZE, "%s", who);
    return (size_t)snprintf(line, HEAD_SIZE, "# %s\n", dump->who);
}

/* Whole rows, with the line above them, go out in one write: what other processes write does not come between. */
static int
moved_hex(struct dump *dump, const struct sight *sight, struct fault *fault)
{
    char mark = sight->direction == DIRECTION_SENT ? '>' : '<';
    const unsigned char *bytes = sight->data;
    char text[PIPE_BUF];
    size_t used = format_head(dump, text, sight->who);
    for (size_t done = 0; done < sight->size || (sight->size == 0 && done == 0); done += ROW) {
        size_t count = sight->size - done < ROW ? sight->size - done : ROW;
        if (used + LINE_SIZE > sizeof text) {
            if (put(dump, text, used, fault) != 0)
                return -1;
            used = format_head(dump, text, sight->who);
        }
        used += format_row(text + used, mark, sight->offset + done, bytes + done, count);
    }
    return put(dump, text, used, fault);
}

static int
dump_moved(struct observer *observer, const struct sight *sight, struct fault *fault)
{
    struct dump *dump = (struct dump *)observer;
    return dump->form == DUMP_HEX ? moved_hex(dump, sight, fault)
                                  : put(dump, sight->data, sight->size, fault);
}

int
dump_open(struct loop *loop, const char *path, enum dump_form form, bool append, bool is_shared,
          int64_t deadline, struct observer **observers, struct fault *fault)
{
    struct dump *dump = malloc(sizeof *dump);
    if (!dump)
        return fault_set(fault, STATUS_LOCAL, "%s", path);
    *dump = (struct dump){ .base = { .moved = dump_moved, .next = *observers }, .form = form, .path = path };
    dump->loop = loop;
    dump->deadline = deadline;
    dump->is_shared = is_shared;
    dump->fd = fd_create(loop, path, append, deadline, fault);
    if (dump->fd < 0) {
        free(dump);
        return -1;
    }
    *observers = &dump->base;
    return 0;
}

int
dump_close(struct observer **observers, struct fault *fault)
{
    int result = 0;
    while (*observers) {
        struct dump *dump = (struct dump *)*observers;
        *observers = dump->base.next;
        if (fd_close(&dump->fd) != 0)
            result = fault_set(fault, STATUS_LOCAL, "%s", dump->path);
        free(dump);
    }
    return result;
}
