#include "session/key.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/inherit.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

_Static_assert((int)KEY_MAX == (int)TCP_MD5SIG_MAXKEYLEN, "linux/tcp.h");

static const char terminal[] = "/dev/tty";
static const char prompt[] = "Key for TCP MD5 signatures: ";

static int
misfit(const char *from, struct fault *fault)
{
    return fault_say(fault, STATUS_LOCAL, "not a key: one line of 1 to 80 bytes, none of them zero", "%s",
                     from);
}

/*
 * A line, byte by byte: who reads on from the descriptor finds what follows. Waiting first, as only loop_wait hears
 * signals. Returns 0 with key->text.
 */
static int
read_line(struct loop *loop, int fd, const char *from, int64_t deadline, struct key *key, struct fault *fault)
{
    for (size_t size = 0;;) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        int found = loop_wait(loop, &ready, 1, deadline, fault);
        if (found < 0)
            return -1;
        if (found == 0 && deadline_passed(deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: no key has come", "%s", from);
        char byte = '\0';
        ssize_t n = read(fd, &byte, sizeof byte);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0)
            return fault_set(fault, STATUS_LOCAL, "%s", from);
        bool is_end = n == 0 || byte == '\n';
        if (is_end && size > 0)
            return 0;
        if (is_end || byte == '\0' || size == KEY_MAX)
            return misfit(from, fault);
        key->text[size++] = byte;
        key->text[size] = '\0';
    }
}

/* Ask at a terminal that shows nothing meanwhile. Stopping (Ctrl-Z) would leave it so, and is put off. */
static int
ask_at(struct loop *loop, int fd, int64_t deadline, struct key *key, struct fault *fault)
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
    int result = fd_write_all(fd, prompt, sizeof prompt - 1) == 0
                     ? read_line(loop, fd, terminal, deadline, key, fault)
                     : fault_set(fault, STATUS_LOCAL, "%s", terminal);
    (void)fd_write_all(fd, "\n", 1);        /* which was not shown either */
    (void)tcsetattr(fd, TCSADRAIN, &usual); /* it could be set a moment ago */
    return result;
}

static int
ask(struct loop *loop, int64_t deadline, struct key *key, struct fault *fault)
{
    int fd = open(terminal, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", terminal);
        fault_add(fault, "; without a terminal, --tcp-md5-key FILE says where the key is");
        return -1;
    }
    int result = ask_at(loop, fd, deadline, key, fault);
    (void)fd_close(&fd); /* all was written */
    return result;
}

static int
read_file(struct loop *loop, const char *path, int64_t deadline, struct key *key, struct fault *fault)
{
    int number = inherit_number(path);
    if (number >= 0)
        return read_line(loop, number, path, deadline, key, fault);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fault_set(fault, STATUS_LOCAL, "%s", path);
    int result = read_line(loop, fd, path, deadline, key, fault);
    (void)fd_close(&fd); /* it was only read */
    return result;
}

int
key_take(struct loop *loop, struct request *request, int64_t deadline, struct key *key, struct fault *fault)
{
    struct sockopt_settings *settings = &request->socket.options;
    *key = (struct key){ .text = "" };
    for (size_t i = 0; i < settings->count; i++) {
        struct sockopt_setting *setting = &settings->items[i];
        if (!setting->row || !setting->row->is_secret || setting->text)
            continue;
        if ((request->key_file ? read_file(loop, request->key_file, deadline, key, fault)
                               : ask(loop, deadline, key, fault)) != 0)
            return -1;
        setting->text = key->text;
    }
    return 0;
}

void
key_forget(struct key *key)
{
    explicit_bzero(key, sizeof *key);
}
