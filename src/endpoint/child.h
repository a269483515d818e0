/*
 * A program as an endpoint: what is written to it comes to its standard input, and what it writes to its standard output
 * is read. In between are pipes, or a pseudo-terminal.
 *
 * Where the socket keeps messages apart, each write(2) of the program is one message. Its input is a pipe all the same:
 * programs that read a byte at a time, as shells do, would lose all of a message but the first byte.
 *
 * Reading ends when nobody has the program's standard output open any more, which may be later than its own end: those
 * that it has left behind may still have something to say. It may close its standard input and go on.
 */
#ifndef SKT_ENDPOINT_CHILD_H
#define SKT_ENDPOINT_CHILD_H

#include "base/process.h"
#include "endpoint/endpoint.h"
#include "endpoint/terminal.h"

struct child_choice {
    const char *path;   /* as process_find has it */
    char *const *words; /* the program's arguments, its own name first; ended by NULL */
    bool takes_errors;  /* its standard error goes the way of its standard output */
    bool discards;      /* its standard input is empty, and what is written is thrown away */
    bool messages;      /* what it writes is told apart */
    bool starts_late;   /* not before something is to be written: until then nobody knows who the peer is */
    enum terminal_mode terminal; /* other than NONE: the three above but the last mean nothing */
    /* Called when it starts: its environment, lent until the next call, or NULL with fault. */
    char **(*environment)(const void *context, struct fault *fault);
    const void *context;
};

/*
 * Start a program. What choice points at has to outlive the endpoint.
 * Returns an endpoint, or NULL: STATUS_NOT_FOUND, STATUS_CANNOT_RUN, or STATUS_LOCAL.
 */
struct endpoint *child_open(const struct child_choice *choice, struct loop *loop, struct fault *fault);

/* The program of such an endpoint. Take a copy before closing the endpoint: its end is the caller's to wait for. */
const struct process *child_process(const struct endpoint *endpoint);

#endif
