/*
 * A hub: what is said at one place is heard at others. Every session has a seat, an endpoint without a descriptor: what
 * is written to a seat is published, what is read from it is what others have published.
 *
 *   HUB_STREAMS  one seat is that of the standard streams: it hears all clients, and all clients hear it, not each other
 *   HUB_BROKER   every client hears all others
 *   HUB_CHAT     the same with a name before each line, nothing but harmless characters, and words of who comes and goes
 *
 * Bytes of several clients are merged at the ends of lines: a line that is not whole is kept back for a second, or until
 * it is too long, unless only one client can be heard. Memory is bounded: a seat's queue, and one line, a client.
 */
#ifndef SKT_ENDPOINT_HUB_H
#define SKT_ENDPOINT_HUB_H

#include "endpoint/endpoint.h"
#include <stdint.h>

enum hub_kind { HUB_STREAMS, HUB_BROKER, HUB_CHAT };

/* What becomes of a client that takes less than others say. The standard streams are always waited for. */
enum hub_slow {
    HUB_DROPS, /* others wait for it a moment, then it misses whole lines or messages, and is told how many */
    HUB_BLOCKS,      /* all wait for it */
    HUB_DISCONNECTS, /* others wait for it a moment, then it has to go */
};

struct hub_choice {
    enum hub_kind kind;
    enum unit unit;
    enum hub_slow slow;
    bool by_bytes;      /* bytes are merged as they come */
    bool labels;        /* each line says whose it is */
    int64_t queue_size; /* bytes that may wait for a client */
};

/* What the hub asks of whoever runs the sessions. `owner` is what was given for a seat. */
struct hub_calls {
    /* The owner's session can go on. */
    void (*wake)(void *context, void *owner);

    /*
     * The owner's session has nothing before this: can it be on its way at once? Returns true if all of it is; *put is
     * how much of a stream's bytes is. A message is taken whole or not at all.
     */
    bool (*offer)(void *context, void *owner, const void *data, size_t size, size_t *put, int64_t now);

    /* A client has missed so many units ("lines"). why: "too slow", "too large" */
    void (*missed)(void *context, const char *name, const char *why, uint64_t count, const char *units);

    void *context;
};

struct hub;

/* Returns a hub to close when all seats are closed, or NULL with STATUS_LOCAL. */
struct hub *hub_open(const struct hub_choice *choice, const struct hub_calls *calls, struct fault *fault);
void hub_close(struct hub *hub);

/*
 * A seat for a client, or for the standard streams. name: for messages; label: how others know it. Both are copied.
 * message_max: bytes of the largest message that can be sent to it; it misses larger ones.
 * Returns an endpoint to close with ops->close, or NULL with STATUS_LOCAL.
 */
struct endpoint *hub_sit(struct hub *hub, void *owner, const char *name, const char *label,
                         size_t message_max, struct fault *fault);
struct endpoint *hub_sit_streams(struct hub *hub, void *owner, struct fault *fault);

/* When hub_tick is to be called, in monotonic ms. */
int64_t hub_deadline(const struct hub *hub);
void hub_tick(struct hub *hub);

/* A client is there and has no seat before it speaks: it may be heard at any time. And it has one now, or has gone. */
void hub_expect(struct hub *hub);
void hub_expect_no_more(struct hub *hub);

/* Have the standard streams, the only ones that clients hear, said all that they will? */
bool hub_has_said_all(const struct hub *hub);

/* From here on nobody says or hears anything: for the end of it all. */
void hub_silence(struct hub *hub);

#endif
