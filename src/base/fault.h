/*
 * A fault: what went wrong, on what, and the exit status that it means.
 *
 * Below main nothing prints and nothing exits. A function that fails fills the caller's fault and returns -1
 * (or NULL); main prints "skt: WHAT: WHY" once and exits with the status.
 */
#ifndef SKT_BASE_FAULT_H
#define SKT_BASE_FAULT_H

#include "base/unset.h"
#include <stdarg.h>

/* The exit statuses of skt(1), EXIT STATUS. Scripts rely on the numbers: they never change. */
enum status {
    STATUS_DONE = 0,
    STATUS_CONNECTION = 1, /* failed while in use: reset, truncated, refused rest */
    STATUS_USAGE = 2,
    STATUS_LOOKUP = 3,
    STATUS_CONNECT = 4,
    STATUS_LISTEN = 5,
    STATUS_TIMEOUT = 6,
    STATUS_TLS = 7,
    STATUS_PROXY = 8,
    STATUS_LOCAL = 9, /* this side: standard input, standard output, a file, memory */
    STATUS_CANNOT_RUN = 126,
    STATUS_NOT_FOUND = 127,
};

struct fault {
    enum status status;
    int error;      /* the errno behind it, or 0 */
    int signal;     /* not 0: a signal asked us to end; main ends by the same one */
    char what[512]; /* what was attempted, on which operand as the user typed it */
    char why[256];  /* the reason */
};

/* A fault is written by who fails, and read by nobody else: the one that stands ready for that is not cleared first. */
#define FAULT_UNSET UNSET

/*
 * Record a failed system call. Takes errno as the reason, so nothing may run between the call and this.
 * Returns -1, for `return fault_set(...)`.
 */
int fault_set(struct fault *fault, enum status status, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the reason in words instead of errno. Returns -1. */
int fault_say(struct fault *fault, enum status status, const char *why, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* Record a status that needs no words: a program's own, which has said itself what it had to say. Returns -1. */
int fault_status(struct fault *fault, int status);

/* Record that `signal` asked us to end. Returns -1. */
int fault_signal(struct fault *fault, int signal);

/*
 * A copy for later, where most never have one: it is larger than what it happens to. Returns NULL without memory, which
 * fault_recall tells.
 */
struct fault *fault_keep(const struct fault *fault);

/* Tell what fault_keep has returned, and free it. Returns -1. */
int fault_recall(struct fault *kept, struct fault *fault);

/* Append words to `why`, as in "Connection reset by peer (sent 20 bytes, received 0)". */
void fault_add(struct fault *fault, const char *words, ...) __attribute__((format(printf, 2, 3)));

#endif
