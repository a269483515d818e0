/*
 * --relay: another socket in place of the standard streams. Each client has one of its own, which is connected when the
 * client comes, and with --retry as often as it takes. That never waits by itself: whoever has the client waits for what
 * relay_interest names. What the client sends meanwhile stays in the kernel, so it is not lost, and no more than fits there.
 *
 * Where nobody can be connected to, the client is reset, not closed: there is no refusing it any more, and an end would
 * look like an answer that is empty.
 */
#ifndef SKT_SESSION_RELAY_H
#define SKT_SESSION_RELAY_H

#include "dial/dial.h"
#include "session/session.h"

struct exchange;
struct relay;

enum relay_state { RELAY_DIALS, RELAY_JOINED, RELAY_FAILED };

enum { RELAY_POLLS_MAX = DIAL_POLLS_MAX + 2 * ENDPOINT_POLLS_MAX };

/*
 * Begin to connect for a client, which is lent. exchange: where all relays ask for addresses (exchange.h), to be looked at
 * after each step; NULL: there is only this one. Returns a relay to end, once the endpoint that it made is closed; or NULL
 * with STATUS_LOCAL.
 */
struct relay *relay_start(const struct run *run, struct endpoint *client, struct exchange *exchange,
                          struct fault *fault);

/* After a step that was RELAY_DIALS: fill polls (room for RELAY_POLLS_MAX) with what to wait for. Returns how many. */
size_t relay_interest(struct relay *relay, struct pollfd *polls, int64_t *deadline);

/*
 * Go on, with the revents of the same polls; there are none before the first step. RELAY_JOINED: *near is the other socket
 * as an endpoint, the caller's. RELAY_FAILED with fault: it could not be connected to, which names both, or the client has
 * gone by a reset.
 */
enum relay_state relay_step(struct relay *relay, const struct pollfd *polls, struct endpoint **near,
                            struct fault *fault);

/* Once it has joined them: is there nothing left for it to do, so that it may be ended before its endpoint is closed? */
bool relay_is_spent(const struct relay *relay);

/* There will be no session: have the client be reset when it is closed. */
void relay_refuse(struct relay *relay);

/* All steps of it, waiting in the loop. *relay is to be ended if it is set. Returns NULL with fault, or a
 * signal, and has refused the client then. */
struct endpoint *relay_open(const struct run *run, struct endpoint *client, struct relay **relay,
                            struct fault *fault);

/* Free it, and remove the socket file that its socket came from. NULL is none. */
void relay_end(struct relay *relay);

#endif
