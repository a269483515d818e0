/*
 * --exec, --sh-exec: a program in place of the standard streams, from its start until nothing is left of it.
 *
 * A program may have the connected socket itself as its standard input and output, as inetd(8) gives it: then nothing
 * stands between, and we only wait for its end. That is possible for byte streams whose bytes nobody has to see or
 * change. Otherwise it is an endpoint (child.h), and the pump is between; once that session is over, the program's own
 * end is waited for.
 *
 * Waiting is up to who runs the session, for one or for many: as with a pump, program_interest names what for, and
 * program_step goes on.
 */
#ifndef SKT_SESSION_PROGRAM_H
#define SKT_SESSION_PROGRAM_H

#include "endpoint/endpoint.h"
#include "session/session.h"

struct program;

enum { PROGRAM_POLLS_MAX = 2 };

/* May the program have the socket itself? */
bool program_takes(const struct run *run, const struct endpoint *far);

/* How many descriptors of ours one has as a rule, besides the socket. */
unsigned program_descriptors(const struct run *run);

/*
 * Start it with the socket, or with the pump to come between. far outlives the program, or its session. peeked: as
 * environment_for has it; outlives the session.
 * Returns a program to end, or NULL: STATUS_NOT_FOUND, STATUS_CANNOT_RUN, or STATUS_LOCAL.
 */
struct program *program_start(const struct run *run, struct endpoint *far, bool takes_socket,
                              const char *peeked, struct fault *fault);

/* The near end of the session of a program that has not the socket. It stays the program's. */
struct endpoint *program_endpoint(struct program *program);

/*
 * That session is over. If the program has ended its output by itself, and all went well, its end is waited for;
 * otherwise it is told to end. result, fault: of the session.
 */
void program_leave(struct program *program, const struct outcome *outcome, int result,
                   const struct fault *fault);

/* Have it end now: SIGTERM, and SIGKILL after the request's time for that. */
void program_stop(struct program *program);

/*
 * For one that has the socket, or whose session is over: what to wait for (polls has room for PROGRAM_POLLS_MAX; returns
 * how many), and until when. Then, with the revents of the same polls, go on. Returns true when it is all over.
 */
size_t program_interest(const struct program *program, struct pollfd *polls, int64_t *deadline);
bool program_step(struct program *program, const struct pollfd *polls);

/*
 * Go on until it is over, while signals stop the program. It is not waited for without end: one that was killed and
 * hangs in the kernel is left.
 */
void program_wait(struct program *program);

/*
 * Free it. Of one that has the socket *outcome is filled as far as is known: not how much was moved.
 * Returns the session's failure, or the program's own status as a fault without words, or 0; a server, which has many
 * programs, only says a program's status (-v).
 */
int program_end(struct program *program, struct outcome *outcome, struct fault *fault);

#endif
