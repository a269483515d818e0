/*
 * Where the clients of a listener that serves one after the other stand until their handshakes are done (handshake.h).
 * Several may stand there, so that one that says nothing, or no more than a part of it, holds up nobody: the first that is
 * done is the next. A handshake that fails is told, and the client goes; it is none.
 */
#ifndef SKT_SESSION_LOBBY_H
#define SKT_SESSION_LOBBY_H

#include "dial/listener.h"
#include "session/session.h"

struct lobby;

/* Both are lent. Returns NULL with STATUS_LOCAL. */
struct lobby *lobby_open(const struct run *run, struct listener *listener, struct fault *fault);

/*
 * Wait for the next client that may come in and whose handshake is done. Returns its end of the connection, to close; or
 * NULL with fault: nobody came until accept_deadline, a signal, STATUS_LISTEN or STATUS_LOCAL.
 */
struct endpoint *lobby_next(struct lobby *lobby, int64_t accept_deadline, struct fault *fault);

/* Send away all that stand there. */
void lobby_clear(struct lobby *lobby);

/* ... and free it. NULL is none. */
void lobby_close(struct lobby *lobby);

#endif
