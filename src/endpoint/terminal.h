/*
 * A pseudo-terminal for a program (pty(7)): the program has the one side, we have the other.
 *
 * Its window has the size of our own terminal if we have one, also when that changes; otherwise 80 columns and 24 lines.
 */
#ifndef SKT_ENDPOINT_TERMINAL_H
#define SKT_ENDPOINT_TERMINAL_H

#include "base/fault.h"
#include "base/loop.h"
#include "endpoint/endpoint.h"
#include <stdbool.h>

enum terminal_mode {
    TERMINAL_NONE,
    TERMINAL_COOKED, /* as any terminal is at first: echo, lines, keys that interrupt */
    TERMINAL_RAW,    /* every byte goes through as it is */
};

enum {
    TERMINAL_CHUNK = 1024, /* a quarter of the longest line that a terminal takes (N_TTY_BUF_SIZE) */
    TERMINAL_CODE = 2 * TERMINAL_CHUNK + 1,
};

struct terminal {
    int master;    /* our side, which does not block */
    char path[64]; /* the other */
    enum terminal_mode mode;
    int resized;              /* readable when our own terminal has changed its size; -1: we have none */
    bool within_line;         /* what was written last was not the end of a line */
    char code[TERMINAL_CODE]; /* raw: how the next bytes are written */
    size_t coded, written;    /* its size, and what of it is written */
    size_t meant;             /* how many bytes it stands for */
};

/* Returns 0, or -1 with STATUS_LOCAL. */
int terminal_open(struct terminal *terminal, enum terminal_mode mode, struct loop *loop, struct fault *fault);
void terminal_close(struct terminal *terminal);

/* Take over the size of our own terminal's window. */
void terminal_resize(struct terminal *terminal);

/*
 * What a read or write on our side has failed with: IO_AGAIN; IO_LOST where nobody has the other side; or IO_FAILED with
 * STATUS_LOCAL.
 */
enum io terminal_broke(const struct terminal *terminal, int error, struct fault *fault);

/*
 * Write for the program to read. Returns IO_DONE with *put, IO_AGAIN (the same bytes again, then), or as terminal_broke.
 */
enum io terminal_write(struct terminal *terminal, const void *data, size_t size, size_t *put,
                       struct fault *fault);

/*
 * Our writing has ended: make the program's reading come to an end. A terminal has no other way to say so than its
 * end-of-file character, which a program that reads single keys may take for one.
 * IO_DONE, or IO_PAUSE as long as it cannot be said yet, or as terminal_broke.
 */
enum io terminal_end(struct terminal *terminal, struct fault *fault);

#endif
