/*
 * Addresses to listening (or, for types without connections, bound) descriptors, and from those to clients.
 *
 * No host means every interface: one IPv6 socket that takes IPv4 too, so that both have the same port, also
 * when the kernel picks it; only IPv4 where there is no IPv6. A name with several addresses is listened on at
 * each, on one port.
 */
#ifndef SKT_DIAL_LISTENER_H
#define SKT_DIAL_LISTENER_H

#include "base/loop.h"
#include "dial/open.h"
#include <stdbool.h>
#include <stdint.h>

enum { LISTENER_SOCKETS_MAX = OPEN_INHERITED_MAX };

struct listener {
    const struct socket_plan *plan; /* lent; outlives the listener */
    struct {
        int fd; /* -1 while paused */
        struct binding binding;
        int flags; /* of an inherited one, to be put back; -1: not changed */
    } sockets[LISTENER_SOCKETS_MAX];
    size_t count;
    bool inherited;            /* its sockets are shared with whoever opened them: no file to remove */
    bool stays;                /* no pause: it is shared, or could not be bound again */
    size_t turn;               /* the socket that is asked first next time */
    int64_t accept_not_before; /* after running out of descriptors: wait until then */
    int stumbles;              /* transient errors in a row */
};

/*
 * Bind and listen, or take the socket that the plan says is inherited. The deadline is for the lookup of a name. Nothing is left open or made on failure.
 * Returns 0, or -1: STATUS_LISTEN, STATUS_LOOKUP, STATUS_TIMEOUT, or a signal.
 */
int listener_open(struct listener *listener, struct loop *loop, const struct socket_plan *plan,
                  int64_t deadline, struct fault *fault);

/*
 * Wait for a client and take it. Transient errors of accept(2) are waited through; when descriptors or
 * memory run out, accepting pauses for up to a second.
 * Returns a connected descriptor for the caller to close, finished (open_finish), and its address, or -1:
 * STATUS_TIMEOUT at the deadline, STATUS_LISTEN, or a signal.
 */
int listener_accept(struct listener *listener, struct loop *loop, int64_t deadline, struct address *peer,
                    struct fault *fault);

/* Take nobody for a moment, as when descriptors have run out: poll(2) would go on saying that somebody is there. */
void listener_hold_off(struct listener *listener);

/*
 * The same for who waits by itself: what to wait for (polls has room for LISTENER_SOCKETS_MAX; returns how many), and
 * until when at the latest; then, with the revents of the same polls, take a client that is there. *client is -1 if there
 * is none.
 */
size_t listener_interest(const struct listener *listener, struct pollfd *polls, int64_t *deadline);
int listener_take_ready(struct listener *listener, const struct pollfd *polls, int *client,
                        struct address *peer, struct fault *fault);

/* Stop listening: new clients are refused at once. The addresses, ports picked by the kernel included, and
 * socket files are kept for listener_resume. One that stays goes on. */
void listener_pause(struct listener *listener);
int listener_resume(struct listener *listener, struct fault *fault);

/*
 * Can there be more sockets at these addresses, among which the kernel spreads the clients? Those of a family may still
 * refuse, with EADDRINUSE. A plan with reuse_port, which outlives it, is for one more.
 * listener_double returns 0, or -1 with nothing open: STATUS_LISTEN.
 */
bool listener_can_double(const struct listener *listener);
int listener_double(struct listener *listener, struct listener *other, const struct socket_plan *plan,
                    struct fault *fault);

/* Close what is open, and leave files and shared flags to the other processes that have the same sockets. */
void listener_leave(struct listener *listener);

/* For types without connections: take bound socket `i`, which the caller now closes. */
int listener_take(struct listener *listener, size_t i);

/* Close what is open and remove what was made (socket files). */
void listener_close(struct listener *listener);

#endif
