/*
 * --exec, --sh-exec: a program in place of the standard streams.
 *
 * A program may have the connected socket itself as its standard input and output, as inetd(8) gives it: then nothing
 * stands between, and we only wait for its end. That is possible for byte streams whose bytes nobody has to see or
 * change. Otherwise it is an endpoint (child.h), and the pump is between.
 */
#ifndef SKT_SESSION_PROGRAM_H
#define SKT_SESSION_PROGRAM_H

#include "endpoint/endpoint.h"
#include "session/session.h"

/* What a program's start has to know; has to outlive the endpoint. */
struct program {
    const struct run *run;
    const struct endpoint *far;
};

/* May the program have the socket itself? */
bool program_takes(const struct run *run, const struct endpoint *far);

/*
 * Give it the socket, wait for its end, and see that what it wrote last arrives. Does not close far.
 * Returns as program_end; *outcome is filled as far as is known: not how much was moved.
 */
int program_run(const struct run *run, struct endpoint *far, struct outcome *outcome, struct fault *fault);

/* The program as an endpoint. Returns NULL with fault as child_open. */
struct endpoint *program_open(const struct program *program, struct fault *fault);

/*
 * The session is over: close the endpoint of a program and wait for the program's end, if it has ended its output by
 * itself; otherwise end it. result, fault: of the session.
 *
 * Returns the session's failure, or the program's own status as a fault without words, or 0; a server, which has many
 * programs, only says a program's status (-v).
 */
int program_close(const struct program *program, struct endpoint *near, const struct outcome *outcome,
                  int result, struct fault *fault);

#endif
