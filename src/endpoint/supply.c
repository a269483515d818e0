#include "endpoint/supply.h"

#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* RFC 864, "A Pattern of Characters": the printable ones of ASCII in a ring, 72 of them and CR LF a line. */
enum { FIRST_CHARACTER = ' ', CHARACTERS = 95, LINE_SIZE = 72, LINE_WHOLE = LINE_SIZE + 2 };

struct supply {
    struct endpoint base;
    int fd;         /* the file; -1: none */
    uint64_t place; /* in the pattern */
    bool ended;     /* no more will be written */
};

static bool
gives(const struct supply *supply)
{
    return !supply->base.silent;
}

static size_t
supply_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    const struct supply *supply = (const struct supply *)endpoint;
    (void)polls;
    *now = *now || wants & WANT_WRITE || (wants & WANT_READ && gives(supply));
    return 0;
}

static unsigned
supply_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    (void)polls;
    (void)count;
    unsigned ready = wants & WANT_WRITE ? READY_WRITE : 0;
    return wants & WANT_READ && gives((const struct supply *)endpoint) ? ready | READY_READ : ready;
}

static size_t
draw(uint64_t *place, char *data, size_t room)
{
    for (size_t i = 0; i < room; i++, ++*place) {
        uint64_t line = *place / LINE_WHOLE, column = *place % LINE_WHOLE;
        char character = (char)(FIRST_CHARACTER + (line + column) % CHARACTERS);
        data[i] = column == LINE_SIZE ? '\r' : column > LINE_SIZE ? '\n' : character;
    }
    return room;
}

static enum io
supply_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    struct supply *supply = (struct supply *)endpoint;
    if (supply->fd < 0) {
        *got = supply->ended ? 0 : draw(&supply->place, data, room);
        return supply->ended ? IO_ENDED : IO_DONE;
    }
    ssize_t n;
    do
        n = read(supply->fd, data, room);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", supply->base.name);
        return IO_FAILED;
    }
    *got = (size_t)n;
    return n == 0 ? IO_ENDED : IO_DONE;
}

static enum io
supply_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    (void)endpoint;
    (void)data;
    (void)fault;
    *put = size;
    return IO_DONE;
}

static enum io
supply_broke(struct endpoint *endpoint, bool writing, int error, struct fault *fault)
{
    (void)writing;
    errno = error;
    (void)fault_set(fault, STATUS_LOCAL, "%s", endpoint->name);
    return IO_FAILED;
}

static enum io
supply_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    (void)fault;
    ((struct supply *)endpoint)->ended = true;
    return IO_DONE;
}

static void
supply_close(struct endpoint *endpoint)
{
    struct supply *supply = (struct supply *)endpoint;
    (void)fd_close(&supply->fd); /* it was only read */
    free(supply);
}

static const struct endpoint_ops supply_ops = {
    .interest = supply_interest,
    .ready = supply_ready,
    .read = supply_read,
    .write = supply_write,
    .broke = supply_broke,
    .end_writing = supply_end_writing,
    .lost = endpoint_never_lost,
    .settle = endpoint_is_settled,
    .unsettled = endpoint_none_unsettled,
    .close = supply_close,
};

static struct endpoint *
supply_open(const char *name, enum unit unit, int fd, struct fault *fault)
{
    struct supply *supply = malloc(sizeof *supply);
    if (!supply) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", name);
        (void)fd_close(&fd);
        return NULL;
    }
    *supply = (struct supply){
        .base = { .ops = &supply_ops,
                  .name = name,
                  .unit = unit,
                  .ends = true,
                  .tells_end = true,
                  .message_max = SIZE_MAX,
                  .socket = -1,
                  .read_fd = fd,
                  .reads_file = fd >= 0,
                  .write_fd = -1 },
        .fd = fd,
    };
    return &supply->base;
}

struct endpoint *
supply_nothing(enum unit unit, struct fault *fault)
{
    struct endpoint *endpoint = supply_open("discard", unit, -1, fault);
    if (endpoint)
        endpoint->silent = true;
    return endpoint;
}

struct endpoint *
supply_pattern(struct fault *fault)
{
    return supply_open("chargen", UNIT_BYTES, -1, fault);
}

/* Has it a start that each who opens it begins at? Pipes and terminals have what is there now. Returns 0, or -1. */
static int
check_file(int fd, const char *path, struct fault *fault)
{
    struct stat facts;
    if (fd_stat(fd, &facts) != 0)
        return fault_set(fault, STATUS_LOCAL, "%s", path);
    if (S_ISDIR(facts.st_mode)) {
        errno = EISDIR;
        return fault_set(fault, STATUS_LOCAL, "%s", path);
    }
    if (S_ISREG(facts.st_mode) || S_ISBLK(facts.st_mode) || (S_ISCHR(facts.st_mode) && !isatty(fd)))
        return 0;
    return fault_say(fault, STATUS_LOCAL, "can be read only once: it is for standard input", "%s", path);
}

static int
open_file(const char *path, struct fault *fault)
{
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return fault_set(fault, STATUS_LOCAL, "%s", path);
    if (check_file(fd, path, fault) == 0)
        return fd;
    (void)fd_close(&fd); /* it was only looked at */
    return -1;
}

int
supply_check_file(const char *path, struct fault *fault)
{
    int fd = open_file(path, fault);
    if (fd < 0)
        return -1;
    (void)fd_close(&fd); /* it was only looked at */
    return 0;
}

struct endpoint *
supply_file(const char *path, struct fault *fault)
{
    int fd = open_file(path, fault);
    return fd >= 0 ? supply_open(path, UNIT_BYTES, fd, fault) : NULL;
}
