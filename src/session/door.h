/*
 * The door of a crowd: where clients come in, who connect to a listener, or write to sockets without connections
 * (endpoint/peers.h). Who may not come in, and for whom there is no room, is turned away here.
 */
#ifndef SKT_SESSION_DOOR_H
#define SKT_SESSION_DOOR_H

#include "dial/listener.h"
#include "session/quota.h"
#include "session/session.h"

/* What is asked of the crowd. */
struct door_calls {
    /* A client has connected; fd is the callee's. place is to be given back once the client has gone (door_leave). */
    void (*connected)(void *context, int fd, const struct address *peer, struct quota_place *place);

    /*
     * One that does not connect has come: far is the callee's, to be closed with ops->close, and the door is told whose
     * it is (door_own). place: as above.
     */
    void (*enter)(void *context, struct endpoint *far, const struct address *peer, struct quota_place *place);

    /* The session of door_own can go on. */
    void (*wake)(void *context, void *owner);

    /* Do others wait for their turn? Then more clients come in at once. */
    bool (*is_busy)(void *context);

    /* What door_interest says has changed. */
    void (*watch)(void *context);

    void *context;
};

struct door;

/* The listener outlives the door. Returns a door to close once its clients are gone, or NULL with STATUS_LOCAL. */
struct door *door_open(const struct run *run, struct listener *listener, const struct door_calls *calls,
                       struct fault *fault);
void door_close(struct door *door);

/*
 * What to wait for: polls has room for LISTENER_SOCKETS_MAX; returns how many. *deadline: when to go on though nothing
 * is ready. clients: how many there are.
 */
size_t door_interest(const struct door *door, uint64_t clients, struct pollfd *polls, int64_t *deadline);

/*
 * Go on, with the revents of the same polls: let in who is there. Returns 0, or -1 with fault: STATUS_LISTEN or
 * STATUS_CONNECTION, or STATUS_TIMEOUT at the run's deadline, or when nobody came in time.
 */
int door_step(struct door *door, uint64_t clients, const struct pollfd *polls, struct fault *fault);

/* Say whose session a far end has, for the call `wake`. */
void door_own(struct door *door, struct endpoint *far, void *owner);

/* A client has gone. */
void door_leave(struct door *door, struct quota_place *place);

/* Is there no room for one more client, who waits outside? */
bool door_is_full(const struct door *door, uint64_t clients);

/* A client was served: the next one has its time again. */
void door_count_time(struct door *door);

/* The policy of the sessions of those who come in here. */
struct pump_policy door_policy(const struct door *door);

#endif
