#include "endpoint/terminal.h"

#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { USUAL_ROWS = 24, USUAL_COLUMNS = 80 };

/* In raw mode: the usual characters, ^D and ^V. */
enum { END = 4, LITERAL = 22 };

static bool
own_size(struct winsize *size)
{
    static const int ours[] = { STDERR_FILENO, STDIN_FILENO, STDOUT_FILENO };
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (ioctl(ours[i], TIOCGWINSZ, size) == 0 && size->ws_row > 0)
            return true;
    return false;
}

void
terminal_resize(struct terminal *terminal)
{
    struct signalfd_siginfo news;
    struct winsize size;
    while (terminal->resized >= 0 && read(terminal->resized, &news, sizeof news) > 0)
        continue;
    if (own_size(&size))
        (void)ioctl(terminal->master, TIOCSWINSZ, &size); /* a size is all that it is */
}

/*
 * Every byte goes through, and there is an end all the same. Without lines (cfmakeraw(3)) no character means the end, and a
 * read that has begun so goes on so whatever is set later (n_tty_read). So there are lines, no other character has a
 * meaning but the end of file and the one that takes such a meaning away, and encode says where they are needed.
 */
static int
set_mode(int master, enum terminal_mode mode)
{
    struct termios settings;
    if (mode == TERMINAL_COOKED)
        return 0;
    if (tcgetattr(master, &settings) != 0)
        return -1;
    cfmakeraw(&settings);
    settings.c_lflag |= ICANON | IEXTEN;
    memset(settings.c_cc, _POSIX_VDISABLE, sizeof settings.c_cc);
    settings.c_cc[VEOF] = END;
    settings.c_cc[VLNEXT] = LITERAL;
    return tcsetattr(master, TCSANOW, &settings);
}

int
terminal_open(struct terminal *terminal, enum terminal_mode mode, struct loop *loop, struct fault *fault)
{
    struct winsize size = { .ws_row = USUAL_ROWS, .ws_col = USUAL_COLUMNS };
    *terminal = (struct terminal){ .mode = mode, .resized = -1 };
    terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (terminal->master < 0 || grantpt(terminal->master) != 0 || unlockpt(terminal->master) != 0 ||
        ptsname_r(terminal->master, terminal->path, sizeof terminal->path) != 0 ||
        set_mode(terminal->master, mode) != 0) {
        (void)fault_set(fault, STATUS_LOCAL, "pseudo-terminal");
        (void)fd_close(&terminal->master);
        return -1;
    }
    if (own_size(&size))
        terminal->resized = loop_signal_fd(loop, SIGWINCH);
    (void)ioctl(terminal->master, TIOCSWINSZ, &size);
    return 0;
}

void
terminal_close(struct terminal *terminal)
{
    (void)fd_close(&terminal->master);
    (void)fd_close(&terminal->resized);
}

/* The end-of-file character within a line is no end: it gives away what there is of the line. termios(3), VEOF */
static void
encode(struct terminal *terminal, const char *data, size_t size)
{
    terminal->meant = size < TERMINAL_CHUNK ? size : TERMINAL_CHUNK;
    terminal->coded = terminal->written = 0;
    for (size_t i = 0; i < terminal->meant; i++) {
        if (data[i] == END || data[i] == LITERAL)
            terminal->code[terminal->coded++] = LITERAL;
        terminal->code[terminal->coded++] = data[i];
    }
    if (data[terminal->meant - 1] != '\n')
        terminal->code[terminal->coded++] = END;
}

/* Returns as write(2), EINTR apart. */
static ssize_t
write_some(const struct terminal *terminal, const void *data, size_t size)
{
    ssize_t n;
    do
        n = write(terminal->master, data, size);
    while (n < 0 && errno == EINTR);
    return n;
}

enum io
terminal_broke(const struct terminal *terminal, int error, struct fault *fault)
{
    struct pollfd ask = { .fd = terminal->master };
    if (error == EAGAIN)
        return IO_AGAIN;
    if (error == EIO && loop_hold(&ask, 1, 0) > 0 && ask.revents & POLLHUP)
        return IO_LOST;
    errno = error;
    (void)fault_set(fault, STATUS_LOCAL, "pseudo-terminal");
    return IO_FAILED;
}

enum io
terminal_write(struct terminal *terminal, const void *data, size_t size, size_t *put, struct fault *fault)
{
    struct termios settings = { .c_lflag = 0 };
    bool asks = terminal->coded == 0 && terminal->mode == TERMINAL_RAW;
    if (asks && tcgetattr(terminal->master, &settings) != 0)
        return terminal_broke(terminal, errno, fault);
    bool is_coded =
        terminal->coded > 0 || settings.c_lflag & ICANON; /* a program may have taken its lines away */
    if (!is_coded) {
        ssize_t n = write_some(terminal, data, size);
        if (n <= 0)
            return terminal_broke(terminal, errno, fault);
        *put = (size_t)n;
        terminal->within_line = ((const char *)data)[n - 1] != '\n';
        return IO_DONE;
    }
    if (terminal->coded == 0)
        encode(terminal, data, size);
    ssize_t n = write_some(terminal, terminal->code + terminal->written, terminal->coded - terminal->written);
    if (n <= 0)
        return terminal_broke(terminal, errno, fault);
    terminal->written += (size_t)n;
    if (terminal->written < terminal->coded)
        return IO_AGAIN; /* the pump writes the same again */
    terminal->coded = 0;
    terminal->within_line = false;
    *put = terminal->meant;
    return IO_DONE;
}

enum io
terminal_end(struct terminal *terminal, struct fault *fault)
{
    struct termios settings;
    if (tcgetattr(terminal->master, &settings) != 0)
        return terminal_broke(terminal, errno, fault);
    const char key = (char)settings.c_cc[VEOF];
    const char keys[] = { key, key }; /* within a line only the second is an end */
    size_t count = terminal->within_line && settings.c_lflag & ICANON ? 2 : 1;
    ssize_t n = write_some(terminal, keys, count);
    if (n < 0)
        return errno == EAGAIN ? IO_PAUSE : terminal_broke(terminal, errno, fault);
    terminal->within_line = false; /* if only one was taken, it was the first */
    return (size_t)n == count ? IO_DONE : IO_PAUSE;
}
