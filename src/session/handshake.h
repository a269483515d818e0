/*
 * What both ends of a connection have to settle before the first byte (endpoint.h, begin): TLS. It never waits by itself:
 * handshake_interest names what for, and handshake_step goes on. A connection counts once that is done.
 */
#ifndef SKT_SESSION_HANDSHAKE_H
#define SKT_SESSION_HANDSHAKE_H

#include "session/session.h"

enum { HANDSHAKE_STALLED_MS = 1000 }; /* who has not done it by then makes room for somebody else */

struct handshake {
    const struct run *run;
    struct endpoint *endpoint;
    int64_t deadline;
};

/* Until when a handshake that begins now has to be done, if the time for all of it does not end sooner. */
int64_t handshake_deadline(const struct run *run, const struct tls_choice *choice);

/* The same of one with a client that has come, which -w bounds, too. */
int64_t handshake_deadline_of_client(const struct run *run);

/* What to wait for: polls has room for ENDPOINT_POLLS_MAX. Returns how many. */
size_t handshake_interest(const struct handshake *handshake, struct pollfd *polls, int64_t *deadline);

/* IO_DONE: it is done, which -v tells. IO_AGAIN: wait. IO_FAILED: STATUS_TLS, or STATUS_TIMEOUT. */
enum io handshake_step(const struct handshake *handshake, struct fault *fault);

/* Say that it is given up for somebody else. */
void handshake_tell_stalled(const struct run *run, const struct endpoint *endpoint);

/* All steps of it, waiting in the loop. Nothing to do if the endpoint does not begin. Returns 0, or -1 with fault: as
 * handshake_step, or a signal. */
int handshake_wait(const struct run *run, struct endpoint *endpoint, int64_t deadline, struct fault *fault);

#endif
