/*
 * Sockets that somebody else has opened: inherited as a descriptor (fd:N, as inetd and service managers hand them
 * out) or received over a Unix socket (SCM_RIGHTS, unix(7)).
 */
#ifndef SKT_DIAL_INHERIT_H
#define SKT_DIAL_INHERIT_H

#include "base/loop.h"
#include "dial/open.h"
#include <stdbool.h>
#include <stdint.h>

/* The N of fd:N, or -1 if the word is not that. */
int inherit_number(const char *word);

/* What a socket has to be like. */
struct inherit_wish {
    const struct domain *domain; /* NULL: any */
    const struct type *type;     /* NULL: any */
    bool listens;                /* to take clients, or datagrams from anybody; otherwise connected */
};

/*
 * Ask the kernel what descriptor `fd` is, and fill in the plan's domain, family, type and protocol.
 * Returns 0, or -1 with `status` and `word` (the descriptor as the user names it): it is no socket, not what was
 * wished for, or of a kind that is not known here. Changes nothing.
 */
int inherit_describe(int fd, const char *word, const struct inherit_wish *wish, struct socket_plan *plan,
                     enum status status, struct fault *fault);

/*
 * Make a descriptor that we came with our own: closed on exec, and none of the standard streams. Those that are
 * the same socket become /dev/null. Its other flags are shared with whoever gave it to us, and stay.
 * Returns the descriptor for the caller to close (not `fd` if that was a standard stream), or -1 with STATUS_LOCAL.
 */
int inherit_take(int fd, struct fault *fault);

/*
 * Receive a descriptor over standard input, a Unix socket: it comes with one byte, as OpenBSD's nc -F and
 * ssh(1) send it. What follows that byte is left there.
 * Returns the descriptor for the caller to close, or -1: STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int inherit_receive(struct loop *loop, int64_t deadline, struct fault *fault);

/* Set what the plan asks for on a socket up to PHASE_BOUND: all at once, as it is bound. 0, or -1 with `status`. */
int inherit_prepare(const struct socket_plan *plan, int fd, enum purpose purpose, enum status status,
                    struct fault *fault);

/* Set what the plan asks for on a connected socket, and get its peer. 0, or -1 with STATUS_CONNECT. */
int inherit_finish(const struct socket_plan *plan, int fd, struct address *peer, struct fault *fault);

#endif
