#include "session/announce.h"

#include "base/fd.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORD_SIZE = 300 };

static size_t
format_addresses(const struct listener *listener, char *text, size_t size)
{
    const struct socket_plan *plan = listener->plan;
    size_t used = 0;
    for (size_t i = 0; i < listener->count; i++) {
        char word[WORD_SIZE];
        open_spell(plan, &listener->sockets[i].binding.address, word, sizeof word);
        used += (size_t)snprintf(text + used, size - used, "%s\n", word);
    }
    return used;
}

int
announce(struct loop *loop, const struct listener *listener, const char *to, int64_t deadline,
         struct fault *fault)
{
    char text[LISTENER_SOCKETS_MAX * (WORD_SIZE + 1)];
    size_t size = format_addresses(listener, text, sizeof text);
    if (!to || strncmp(to, "fd:", 3) == 0) {
        int fd = to ? (int)strtol(to + 3, NULL, 10) : STDERR_FILENO;
        return fd_write_all(fd, text, size) == 0
                   ? 0
                   : fault_set(fault, STATUS_LOCAL, "announce to %s", to ? to : "standard error");
    }
    int fd = fd_create(loop, to, false, deadline, fault);
    if (fd < 0)
        return -1;
    if (fd_write_all(fd, text, size) != 0) {
        (void)fault_set(fault, STATUS_LOCAL, "announce to %s", to);
        (void)fd_close(&fd);
        return -1;
    }
    return fd_close(&fd) == 0 ? 0 : fault_set(fault, STATUS_LOCAL, "announce to %s", to);
}
