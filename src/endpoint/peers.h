/*
 * Many peers of sockets without connections: what comes in is told apart by who has sent it, and each peer is an endpoint
 * of its own, so that it can have a session as a connected client has.
 *
 * An endpoint reads the messages of its peer, whole and in order, out of a queue of its own, and writes to that peer by
 * the shared socket. It has no descriptor: whoever runs the sessions is told when one can go on (peers_calls), and waits
 * for the sockets himself (peers_interest). A peer that takes or says nothing holds up nobody:
 *
 *   - of messages that come faster than its session takes them, those that find the queue full are dropped, as the kernel
 *     does it with its own, and counted;
 *   - a message that is cut, and an error that the kernel tells of a peer, ends that one's session and no other;
 *   - where the socket has no room, a session waits until it has, or a few milliseconds if only the peer's has none.
 *
 * Reading ends (IO_ENDED) when nothing was heard of the peer and nothing sent to it for choice.idle_ms, when it has said
 * so with an empty message (eof_message), or when the kernel tells so (SCTP). What comes from that address afterwards is
 * a new peer's, even while the old session is still sending. At choice.max peers, or where the callee has no room for one, messages of others
 * are dropped and counted.
 *
 * Senders without a name of their own (local sockets that are not bound) are one peer, which cannot be written to.
 *
 * Of local sockets, what peers have not read yet counts as the sender's: one that reads nothing at all may take all the
 * room that the socket has, and then the others wait for that one (unix(7), SO_SNDBUF).
 */
#ifndef SKT_ENDPOINT_PEERS_H
#define SKT_ENDPOINT_PEERS_H

#include "domain/domain.h"
#include "endpoint/endpoint.h"
#include <stdint.h>

enum { PEERS_SOCKETS_MAX = 16, PEERS_NAME_SIZE = 200 };

struct peers_choice {
    uint64_t max;       /* peers at once */
    int64_t idle_ms;    /* -1: they stay */
    int64_t queue_size; /* bytes that may wait for each session */
    bool keeps_headers; /* messages have the kernel's headers, both ways */
    bool eof_message;   /* an empty message is the peer's end, and is sent at ours */
    bool is_shared;     /* others have the sockets, too, and may read them */
    bool asks_who;      /* have the kernel tell who has sent, where the domain knows (domain.h, sender) */
    int protocol;       /* of the sockets, as the user chose it; 0: the usual one */
    int send_flags;     /* for each send(2) and recv(2), with those that are always in force */
    int receive_flags;
};

enum peers_welcome {
    PEERS_WELCOME,
    PEERS_UNWANTED, /* which is said already */
    PEERS_NO_ROOM,
};

/* What is asked of whoever runs the sessions. */
struct peers_calls {
    /* The session of peers_own can go on. */
    void (*wake)(void *context, void *owner);

    /* What peers_interest says has changed: ask it again. */
    void (*watch)(void *context);

    /* An address in words, as in "127.0.0.1 port 43210"; size is PEERS_NAME_SIZE. */
    void (*name)(void *context, const struct address *address, char *name, size_t size);

    /* Messages of somebody new: may there be a session for them? Otherwise this one is dropped. */
    enum peers_welcome (*welcome)(void *context, const struct address *sender);

    /*
     * A new peer, whose first message waits to be read: the endpoint is the callee's, to be closed with ops->close. who:
     * in words, "" if that is not known. peer->peer is its address.
     */
    void (*arrived)(void *context, struct endpoint *peer, const char *who);

    /* So many messages of a peer were dropped since this was told last: its queue was full, or its session did not
     * take them before it ended. Told at most once a second. */
    void (*missed)(void *context, const char *name, uint64_t count);

    /* The same of messages of new peers for whom there was no room. */
    void (*turned_away)(void *context, uint64_t count);

    on_loss *on_loss; /* the kernel had no room for messages; may be NULL */
    on_loss *on_drop; /* called once when the kernel tells that it drops what comes; may be NULL */

    void *context;
};

struct peers;

/*
 * Take bound descriptors, which the table closes, also when it fails. Returns a table to close once all endpoints are
 * closed, or NULL with STATUS_LOCAL.
 */
struct peers *peers_open(const int *fds, size_t count, const struct domain *domain, const struct type *type,
                         const struct peers_choice *choice, const struct peers_calls *calls,
                         struct fault *fault);
void peers_close(struct peers *peers);

/*
 * What to wait for: polls has room for PEERS_SOCKETS_MAX; returns how many. *deadline: when to go on though nothing is
 * ready, if that is sooner. To be asked after each peers_take, and when the call `watch` says so.
 */
size_t peers_interest(const struct peers *peers, struct pollfd *polls, int64_t *deadline);

/*
 * Go on, with the revents of the same polls: take what has come in (so much that others have their turn, too), and end
 * those who have been idle for too long. Returns 0, or -1 with STATUS_CONNECTION: a socket has failed.
 */
int peers_take(struct peers *peers, const struct pollfd *polls, struct fault *fault);

/* Say whose an endpoint is, for the call `wake`. */
void peers_own(struct endpoint *peer, void *owner);

/* Peers at once, those whose reading has ended included. */
uint64_t peers_count(const struct peers *peers);

/* Messages that the kernel is known to have dropped before they could be read. */
uint64_t peers_dropped(const struct peers *peers);

#endif
