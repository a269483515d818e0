#include "session/secret.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/inherit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char terminal[] = "/dev/tty";

static int
misfit(const struct secret_wish *wish, const char *from, struct fault *fault)
{
    return fault_say(fault, STATUS_LOCAL, wish->misfit, "%s", from);
}

/*
 * A line, byte by byte: who reads on from the descriptor finds what follows. Waiting first, as only loop_wait hears
 * signals. Returns 0 with text.
 */
static int
read_line(const struct secret_wish *wish, int fd, const char *from, char *text, struct fault *fault)
{
    text[0] = '\0';
    for (size_t size = 0;;) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        int found = loop_wait(wish->loop, &ready, 1, wish->deadline, fault);
        if (found < 0)
            return -1;
        if (found == 0 && deadline_passed(wish->deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, wish->late, "%s", from);
        char byte = '\0';
        ssize_t n = read(fd, &byte, sizeof byte);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0)
            return fault_set(fault, STATUS_LOCAL, "%s", from);
        bool is_end = n == 0 || byte == '\n';
        if (is_end && size > 0)
            return 0;
        if (is_end || byte == '\0' || size == wish->max)
            return misfit(wish, from, fault);
        text[size++] = byte;
        text[size] = '\0';
    }
}

/* Ask at a terminal that shows nothing meanwhile. Stopping (Ctrl-Z) would leave it so, and is put off. */
static int
ask_at(const struct secret_wish *wish, int fd, const char *prompt, char *text, struct fault *fault)
{
    struct termios usual;
    if (tcgetattr(fd, &usual) < 0)
        return fault_set(fault, STATUS_LOCAL, "%s", terminal);
    struct termios silent = usual;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    silent.c_lflag |= ICANON | ISIG;
    silent.c_cc[VSUSP] = _POSIX_VDISABLE;
    if (tcsetattr(fd, TCSAFLUSH, &silent) < 0)
        return fault_set(fault, STATUS_LOCAL, "%s", terminal);
    int result = fd_write_all(fd, prompt, strlen(prompt)) == 0
                     ? read_line(wish, fd, terminal, text, fault)
                     : fault_set(fault, STATUS_LOCAL, "%s", terminal);
    (void)fd_write_all(fd, "\n", 1);        /* which was not shown either */
    (void)tcsetattr(fd, TCSADRAIN, &usual); /* it could be set a moment ago */
    return result;
}

int
secret_ask(const struct secret_wish *wish, const char *prompt, char *text, struct fault *fault)
{
    int fd = open(terminal, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", terminal);
        fault_add(fault, "; without a terminal, %s", wish->instead);
        return -1;
    }
    int result = ask_at(wish, fd, prompt, text, fault);
    (void)fd_close(&fd); /* all was written */
    return result;
}

int
secret_read(const struct secret_wish *wish, const char *path, char *text, struct fault *fault)
{
    int number = inherit_number(path);
    if (number >= 0)
        return read_line(wish, number, path, text, fault);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fault_set(fault, STATUS_LOCAL, "%s", path);
    int result = read_line(wish, fd, path, text, fault);
    (void)fd_close(&fd); /* it was only read */
    return result;
}
