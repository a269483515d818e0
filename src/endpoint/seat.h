/* Inside the hub: its seats, and what befalls them. Only hub.c, audience.c, turn.c and seat.c include it. */
#ifndef SKT_ENDPOINT_SEAT_H
#define SKT_ENDPOINT_SEAT_H

#include "endpoint/caption.h"
#include "endpoint/hub.h"
#include "endpoint/queue.h"

enum {
    PIECE_MAX = 32 * 1024,   /* the longest line that is kept whole */
    TORN_FROM = 256 * 1024,  /* others wait for the end of a line that is shorter, */
    UNFINISHED_MAX_MS = 1000 /* and so long, however much of it comes meanwhile */
};

/* Why a client misses something. */
enum miss { MISS_SLOW, MISS_LARGE, MISS_KINDS };

struct seat {
    struct endpoint base;
    struct hub *hub;
    struct seat *next, *before;
    void *owner;
    char *prefix; /* before each line of its client, NULL: nothing */
    uint64_t number;
    bool is_streams;
    bool is_leaving; /* says nothing more, and hears no more */
    bool is_over;    /* its session is: what it has said last waits for the end of another's line */

    /* saying */
    bool is_waiting; /* has something to say and may not */
    struct seat *next_waiting, *waits_behind;
    bool in_line; /* others have heard the beginning of a line */
    bool is_torn; /* ... and nobody waits for the end of it */
    char *held;   /* the beginning of a line that nobody has heard; PIECE_MAX bytes, or NULL */
    size_t held_size;
    int64_t held_at;

    /* hearing */
    struct queue queue;
    bool is_taking;  /* what it takes out now has not gone out yet: nothing may go out before it */
    int64_t full_at; /* since when the queue is full; -1: it is not */
    int64_t took_at; /* the last time that something was taken out of it */
    bool is_slow;    /* nobody waits for it any more, since slow_at */
    int64_t slow_at;
    bool hears_part;             /* what it was given last is no whole line */
    bool skips;                  /* it has not heard the beginning of this line */
    bool is_new;                 /* ... because it was not there */
    size_t takes_max;            /* bytes of the largest message that can be sent to it */
    bool misses;                 /* it is given nothing until it has taken enough */
    uint64_t missed[MISS_KINDS]; /* since it was told last */
    uint64_t unsaid[MISS_KINDS]; /* since it was said last in the log, at said_at */
    int64_t said_at;
    bool is_deaf; /* hears nothing more: its client is gone, or has to go */
    bool is_out;  /* ... as it is too slow */
    char name[];
};

struct hub {
    struct hub_choice choice;
    struct hub_calls calls;
    struct seat *seats;
    struct seat *streams;
    uint64_t clients;  /* that have not left; the streams are none */
    uint64_t expected; /* clients that have no seat yet, and may be heard at any time */
    uint64_t numbers;  /* that were given so far */
    uint64_t full;     /* clients whose queue is full and that are not slow */
    uint64_t deaf;     /* clients that hear nothing more, and may still have something to say */
    uint64_t over;     /* those whose session is */
    int64_t judged_at; /* the last time that all who are full were looked at */
    struct seat *first_waiting, *last_waiting; /* clients, in the order of their turns */
    size_t spoken;                             /* by the speaker, of its line */
    struct seat *speaker; /* others wait for the end of its line, from speaks_since on; NULL: for nobody's */
    int64_t speaks_since;
    int64_t tick_at;
    bool input_ended; /* of the standard streams */
    bool is_silent;
};

/* --- audience.c: who hears, and whom nobody waits for --- */

/* Does a seat hear what `from` says? It never hears itself. */
bool audience_hears(const struct seat *seat, const struct seat *from);

/* May a seat say something now? If not it is woken when it may. */
bool audience_is_ready(struct seat *from, int64_t now);

/* Is somebody else in the middle of a line that is to stay whole? Not for long, and then a seat that waits is woken. */
bool audience_is_interrupted_by(const struct seat *from, int64_t now);

/* Give a piece to all who hear this seat. It stays the caller's. */
void audience_tell(struct seat *from, struct piece *piece, int64_t now);

/* Give it to one. */
void audience_tell_one(struct seat *to, struct piece *piece, int64_t now);

/* A message was too large for a seat. */
void audience_miss_large(struct seat *seat, int64_t now);

/* Something was taken from a seat's queue. */
void audience_took(struct seat *seat, int64_t now);

/* A client hears nothing more, so that nobody waits for it; what it says is still heard. */
void audience_go_deaf(struct seat *seat);

/* A seat hears nothing more. */
void audience_leave(struct seat *seat);

/* There may be room for more: whoever waits for that has a turn. */
void audience_has_room(struct hub *hub);

/* --- turn.c: who waits for a chance to say something. All are too many to be woken each time that one may go on. --- */

/* A seat wants to say something and may not yet: it stands in the queue, once; or it has no more to say. */
void turn_wait(struct seat *seat);
void turn_give_up(struct seat *seat);

/*
 * The next one has a turn: the speaker, or who has waited longest. Who could say something passes it on. turn_all: all who
 * wait have one.
 */
void turn_pass(struct hub *hub);
void turn_all(struct hub *hub);

/* --- hub.c --- */

/* Have hub_tick called at this time (monotonic ms), or sooner. */
void hub_call_at(struct hub *hub, int64_t when);

/* The session of a seat can go on. */
void hub_wake(struct seat *seat);

/* A seat is about to be closed. */
void hub_forget(struct seat *seat);

/* --- seat.c --- */

/* Say what is kept of a line that others have waited for long enough. Returns when to ask again. */
int64_t seat_give_up_waiting(struct seat *seat, int64_t now);

/* Can nobody who hears this one hear anyone else? Then there is nothing to be kept apart. */
bool seat_is_heard_alone(const struct seat *seat);

/* The speaker's line takes too long: others may be heard in the middle of it. */
void seat_tear(struct seat *seat, int64_t now);

/*
 * A seat that nobody hears or knows of yet. name, and what stands before each of its lines (prefix; NULL: nothing), are
 * copied. Returns an endpoint to close, or NULL with STATUS_LOCAL.
 */
struct endpoint *seat_new(struct hub *hub, void *owner, const char *name, const char *prefix,
                          struct fault *fault);

#endif
