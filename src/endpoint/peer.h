/* Inside the table of peers: a peer, and what befalls it. Only peers.c, peer.c and peers_receive.c include it. */
#ifndef SKT_ENDPOINT_PEER_H
#define SKT_ENDPOINT_PEER_H

#include "endpoint/batch.h"
#include "endpoint/envelope.h"
#include "endpoint/peers.h"
#include "endpoint/pieces.h"
#include "endpoint/queue.h"

/* What tells one peer from the others: the bytes of its address, or where those vary, its words. */
struct peer_key {
    size_t size;
    const void *bytes;
};

struct peer {
    struct endpoint base;
    struct peers *peers;
    void *owner;
    struct address address;
    struct origin origin; /* which of our addresses it writes to */
    size_t place;         /* of the socket that it writes to */
    struct peer_key key;
    char *name;
    struct queue queue;
    bool is_known;              /* what comes from its address is its own */
    struct peer *newer, *older; /* while it is known: in the order of the last traffic */
    int64_t moved_at;           /* that traffic, in or out */
    bool awaits_room;           /* of its socket, for which also these wait */
    struct peer *waits_next, *waits_before;
    uint64_t missed;       /* messages, that were not told of yet */
    int64_t told_at;       /* when some were; -1: never */
    bool told_end;         /* our end was sent */
    struct fault *trouble; /* what reading ends with, behind the queue; NULL: nothing */
};

struct peers_socket {
    int fd;
    bool tells_origins, tells_senders;
    struct bulk bulk; /* with has_trains */
    struct pieces pieces;
    struct peer *waiting; /* for room in it */
};

struct peers {
    const struct domain *domain;
    const struct type *type;
    struct peers_choice choice;
    struct peers_calls calls;
    struct envelope envelope;
    struct peers_socket sockets[PEERS_SOCKETS_MAX];
    size_t count; /* of sockets */
    bool has_trains;
    struct batch *batch; /* where messages are read to, before it is known whose they are */
    char *room;          /* the same of a socket that gives them one by one; ROOM_SIZE bytes */
    void *known;         /* of tsearch(3): their keys */
    struct peer *newest, *oldest;
    struct peer *last;      /* whose message was the last; NULL: nobody's */
    uint64_t peers;         /* endpoints that are open */
    uint64_t turned_away;   /* messages, that were not told of yet */
    int64_t turned_away_at; /* when some were told of */
};

enum { ROOM_SIZE = 1024 * 1024, TELL_EVERY_MS = 1000 };

/* --- peer.c --- */

/* A new peer, who is known from now on. Returns NULL without memory. */
struct peer *peer_new(struct peers *peers, size_t place, const struct address *address,
                      const struct peer_key *key);

/* Put a message into its queue, or count it as missed. */
void peer_give(struct peer *peer, const void *data, size_t size, int64_t now);

/* Nothing more comes from it; fault: because of that, or NULL, in order. The session hears of it. */
void peer_end(struct peer *peer, const struct fault *fault);

/* --- peers.c --- */

/* There was traffic. */
void peers_touch(struct peer *peer, int64_t now);

/* What comes from its address from now on is a new peer's. */
void peers_forget(struct peer *peer);

/* Enter it. Returns -1 without memory. */
int peers_enter(struct peer *peer, int64_t now);

/* Who has such a key; NULL: nobody. */
struct peer *peers_find(const struct peers *peers, const struct peer_key *key);

/* Wait for room in its socket, or do so no more. */
void peers_await_room(struct peer *peer);
void peers_await_no_room(struct peer *peer);

/* --- peers_receive.c --- */

/* Take what has come in at a socket. Returns 0, or -1 with fault. */
int peers_receive(struct peers *peers, size_t place, struct fault *fault);

#endif
