/*
 * An endpoint: what the pump moves data between. A connected socket, the standard streams, a mailbox of
 * datagrams; later TLS and the like, which wrap another endpoint.
 *
 * Reading and writing never block. The pump says what it wants (to read, to write, to notice when the reader
 * of our writes goes away); the endpoint says which descriptors to poll(2) for that, because it alone knows:
 * TLS may have to read in order to write, and may hold bytes that no descriptor shows.
 */
#ifndef SKT_ENDPOINT_ENDPOINT_H
#define SKT_ENDPOINT_ENDPOINT_H

#include "base/fault.h"
#include "domain/type.h"
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum io {
    IO_DONE,   /* the call did something */
    IO_AGAIN,  /* not now; poll tells when */
    IO_PAUSE,  /* not now, and no descriptor tells when: try again after ENDPOINT_PAUSE_MS */
    IO_ENDED,  /* reading: the other side has ended; nothing more will come */
    IO_LOST,   /* writing: nobody takes it any more, and that is no fault of its own (an orderly close) */
    IO_FAILED, /* see the fault */
};

enum { ENDPOINT_PAUSE_MS = 5 };

enum want {
    WANT_READ = 1 << 0,
    WANT_WRITE = 1 << 1,
    WANT_NOTICE = 1 << 2, /* only: is there still somebody who would take a write? */
};

/* What poll found. */
enum ready {
    READY_READ = 1 << 0,
    READY_WRITE = 1 << 1,
    READY_LOST = 1 << 2, /* writing has become pointless; endpoint_lost says why */
};

/* Called when the kernel had no room for messages (type.h, loss_error): they are lost, and more may come. */
typedef void on_loss(const void *context, const char *name);

enum { ENDPOINT_POLLS_MAX = 20 };

struct address;
struct batch;
struct endpoint;
struct tls;

struct endpoint_ops {
    /*
     * While the endpoint `begins`, before anything else: what both ends have to settle first. Waits for what interest says of
     * WANT_READ. IO_DONE: it does not any more. IO_AGAIN: go on later. IO_FAILED: it will not. NULL: it never does.
     */
    enum io (*begin)(struct endpoint *endpoint, struct fault *fault);

    /*
     * Fill polls (room for ENDPOINT_POLLS_MAX) with what to wait for. Returns how many. *now is set when
     * something wanted can be done without waiting (bytes buffered inside). The bytes of a plain descriptor (read_fd)
     * are told of by the first of them: POLLIN there and nothing else anywhere is READY_READ.
     */
    size_t (*interest)(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now);

    /* Read the revents of the same polls: READY_ bits. */
    unsigned (*ready)(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count);

    /*
     * Read at most `room` bytes, or one message. IO_DONE sets *got; for messages 0 is an empty message, for
     * bytes IO_DONE never comes with 0. A message larger than room is IO_FAILED, naming both sizes.
     */
    enum io (*read)(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault);

    /* Write up to `size` bytes, or exactly one message. IO_DONE sets *put. */
    enum io (*write)(struct endpoint *endpoint, const void *data, size_t size, size_t *put,
                     struct fault *fault);

    /*
     * If reads_batches: as many reads as can be done at once, each one message, into a batch that is empty
     * (batch.h). IO_DONE: it holds at least one.
     */
    enum io (*read_batch)(struct endpoint *endpoint, struct batch *batch, struct fault *fault);

    /*
     * If writes_batches: as many writes of one message each, in order. *sent: how many were done, whatever is
     * returned; IO_DONE if at least one was and none has failed.
     */
    enum io (*write_batch)(struct endpoint *endpoint, const struct iovec *messages, size_t count,
                           size_t *sent, struct fault *fault);

    /* Bytes: as `write`, of several pieces one after the other, at least one. NULL: there is only write. */
    enum io (*write_vector)(struct endpoint *endpoint, const struct iovec *pieces, size_t count, size_t *put,
                            struct fault *fault);

    /*
     * Bytes: have what interest names for WANT_READ tell of them only when so many have come, or the end; 1: of any, as
     * ever. False where that cannot be. NULL: nowhere.
     */
    bool (*gather)(struct endpoint *endpoint, int bytes);

    /*
     * A call that the pump made by itself on read_fd or, if `writing`, on write_fd failed with `error`: what read or
     * write would have answered. The kernel tells some errors only once. NULL where there are no such descriptors.
     */
    enum io (*broke)(struct endpoint *endpoint, bool writing, int error, struct fault *fault);

    /* Tell the other side that our writing has ended: half-close, close standard output, close_notify. */
    enum io (*end_writing)(struct endpoint *endpoint, struct fault *fault);

    /* The other end is gone: nothing more will be read, and what is written still counts. NULL: it makes no difference. */
    void (*read_no_more)(struct endpoint *endpoint);

    /* Why READY_LOST came: IO_LOST (orderly) or IO_FAILED with the fault. */
    enum io (*lost)(struct endpoint *endpoint, struct fault *fault);

    /*
     * At the end: has all that was written arrived? IO_DONE: yes, or nothing more can be known. IO_ENDED:
     * yes, and the peer has ended too. IO_AGAIN: call again after a while. IO_FAILED: it will not. Reads and
     * throws away what still comes in.
     */
    enum io (*settle)(struct endpoint *endpoint, struct fault *fault);

    /* Bytes written that are known not to have arrived yet; 0 if that cannot be known. */
    uint64_t (*unsettled)(struct endpoint *endpoint);

    /* The same as the wire has it, where unsettled goes by more than a byte: what changes it is progress. NULL: there it is
     * unsettled. */
    uint64_t (*under_way)(struct endpoint *endpoint);

    /* Messages that were for us and that the kernel is known to have dropped before we could read them. NULL: never
     * any. */
    uint64_t (*dropped)(struct endpoint *endpoint);

    /* The session has failed: have close tell the other side, where it can be told, that this was no orderly end. NULL: it
     * cannot be told apart. */
    void (*spoil)(struct endpoint *endpoint);

    /* Close and free. */
    void (*close)(struct endpoint *endpoint);
};

/* Every kind of endpoint begins with this. */
struct endpoint {
    const struct endpoint_ops *ops;
    const char *name; /* for messages: "standard output", "127.0.0.1 port 80"; owned by the kind */
    enum unit unit;   /* what one read or write is */
    bool begins;      /* begin comes first */
    bool ends;        /* reading can come to an end (datagram sockets never do) */
    bool tells_end;   /* end_writing tells the other side that our writing has ended */
    bool
        close_tells; /* closing it tells the other side of our end as well as end_writing does; once that side has ended and
                         was never sent a byte, neither that nor settle has anything to add */
    bool unread_lost; /* closing destroys what the other side has not read yet: it gets a moment for that */
    bool person;      /* a terminal: somebody sits there */
    bool returns;     /* what is written is what will be read: without a reader nobody needs to write */
    bool is_told;     /* at the session's end, that it has failed: who takes nothing does not put that off */
    bool silent;      /* nothing is ever read from it, and that is no end */
    bool peer_ended;  /* reading has seen the other side's own end, in order */
    bool cut; /* what came was not taken: a message larger than the room for it, half a command of telnet */
    bool only_whole; /* what is written counts only if it is all: after a failure end_writing is not called */
    bool shows_failure; /* the other side sees an end that is unfinished as such, and answers nothing */
    bool unfinished;    /* set by the session: it has failed, and what was written is not all there was */
    bool kept;          /* ... and it was, and is safe */
    size_t message_max; /* messages: the largest one that can be written */
    bool reads_batches; /* one read is one message, and read_batch may read more than one */
    bool writes_batches;
    size_t
        join_max; /* bytes: so much may go out in one write, of messages that it joins; 0: a write is seen as one */
    int socket; /* the socket underneath, to be asked for its names and options; -1: none, or none yet */
    const struct tls *tls;      /* there is TLS in it, of which tls_tell tells; NULL: none */
    const struct address *peer; /* the other end, where that socket cannot tell; NULL: it can */
    int read_fd; /* plain descriptors, whose bytes may be moved inside the kernel; -1: not plain */
    int write_fd;
    bool reads_file; /* read_fd is a regular file: its bytes are there without waiting */
};

/*
 * Operations for ends of which nothing is to be known: nobody takes their reader away, and what was written has arrived.
 */
enum io endpoint_never_lost(struct endpoint *endpoint, struct fault *fault); /* lost: IO_AGAIN */
enum io endpoint_is_settled(struct endpoint *endpoint, struct fault *fault); /* settle: IO_ENDED */
uint64_t endpoint_none_unsettled(struct endpoint *endpoint);                 /* unsettled: 0 */

/* The endpoint's under_way, or unsettled. */
uint64_t endpoint_under_way(struct endpoint *endpoint);

#endif
