/*
 * Bytes moved inside the kernel, from descriptor to descriptor, by splice(2) and sendfile(2).
 *
 * Three ways, by what the two descriptors are:
 *
 *   file  -> socket             sendfile; the file stays its own buffer
 *   pipe  -> socket, and back   splice from one to the other; the source stays the buffer
 *   socket -> file, /dev/null,  splice through a pipe of our own, which is the buffer
 *             socket
 *
 * A splice may say EAGAIN for its source as well as for its sink, and some things it cannot tell at all (urgent data
 * before the next byte, tcp(7); why a connection broke). So whatever it says but "so many bytes", the plain calls are
 * asked in the end: SPLICE_ASK. Nothing here blocks.
 */
#ifndef SKT_PUMP_SPLICE_H
#define SKT_PUMP_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum splice_way { SPLICE_NONE, SPLICE_FILE, SPLICE_DIRECT, SPLICE_PIPED };

enum splice_result {
    SPLICE_MOVED,   /* *moved bytes */
    SPLICE_AGAIN,   /* not now; poll tells when */
    SPLICE_ASK,     /* read the source plainly, once: its end, or what cannot be spliced */
    SPLICE_REFUSED, /* these two cannot be spliced: no more of it; what is held is taken out by splice_rescue */
    SPLICE_SOURCE_FAILED, /* errno is the source's */
    SPLICE_SINK_FAILED,   /* errno is the sink's */
};

struct splice {
    enum splice_way way; /* NONE: not possible, not wanted, or no longer */
    int source, sink;    /* lent */
    int pipe[2];         /* PIPED: our own; -1: none yet */
    uint64_t held;       /* bytes in our own pipe; after the end, what was left */
    bool full;           /* it takes no more until some are out */
    bool pending;        /* FILE, DIRECT: the source has something to be moved */
    bool follows_sink;   /* DIRECT: the sink is what is waited for; the source has always had more */
    bool put_off;        /* EAGAIN, and nothing moved since */
    bool refused;        /* no more of it: what is held has to be rescued */
    bool begun;
    bool sink_is_socket;
    int source_size, sink_size; /* of pipes that are not ours, as we found them; 0: not changed */
};

/* No way, for now. */
static const struct splice splice_none = { .way = SPLICE_NONE, .source = -1, .sink = -1, .pipe = { -1, -1 } };

/* Which way bytes could go from `source` to `sink`, if at all. Nothing is changed yet. Sockets have to be non-blocking. */
struct splice splice_plan(int source, int sink);

/* Begin: grow the pipes at hand, open our own. Returns 0, or -1 if it cannot be done (way is NONE then). */
int splice_begin(struct splice *splice);

/* End, once it has begun: give pipes their old sizes back, close our own. Can be called twice, and before both descriptors are closed. */
void splice_end(struct splice *splice);

/* Would splice_fill do something? Would splice_drain? */
bool splice_has_room(const struct splice *splice);
bool splice_has_next(const struct splice *splice);

/* The source is ready: take what it has into our own pipe; where there is none, note it. May move 0 bytes then. */
enum splice_result splice_fill(struct splice *splice, size_t *moved);

/* Move bytes on to the sink. For FILE and DIRECT they come from the source. */
enum splice_result splice_drain(struct splice *splice, size_t *moved);

/* Bytes that wait in the source. */
uint64_t splice_waiting(const struct splice *splice);

/* Bytes that are known to wait: held in our own pipe, or still in the source. */
static inline uint64_t
splice_left(const struct splice *splice)
{
    return splice->pending ? splice_waiting(splice) : splice->held;
}

/* So many bytes in the source are worth waiting for, where they come fast (gather.h). */
int splice_worth(const struct splice *splice);

/* The source gives no more; what is held still goes out. */
static inline void
splice_source_ended(struct splice *splice)
{
    splice->pending = false;
}

/*
 * After SPLICE_REFUSED: take at most `room` bytes that are held out of our own pipe. Returns how many. When it holds no
 * more, way is NONE.
 */
size_t splice_rescue(struct splice *splice, void *data, size_t room);

#endif
