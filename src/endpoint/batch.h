/*
 * Several messages in one call, where the kernel takes and gives them so: recvmmsg(2), sendmmsg(2), and trains of
 * datagrams that share a buffer (UDP_GRO and UDP_SEGMENT of udp(7)). What a message is never changes by it, and
 * nobody waits for a batch to become fuller.
 */
#ifndef SKT_ENDPOINT_BATCH_H
#define SKT_ENDPOINT_BATCH_H

#include "domain/domain.h"
#include "endpoint/endpoint.h"
#include <sys/uio.h>

enum {
    BATCH_MESSAGES_MAX = 256,    /* in one call that writes; reading, so many trains */
    BATCH_SLOT_SIZE = 64 * 1024, /* larger than any datagram, and than any train of them */
    BATCH_SLOTS = 8,             /* datagrams or trains in one call that reads: they stay in a cache */
    BULK_TRAIN_MAX = 65000,      /* with any headers a train has to fit into 65535 bytes */
    BATCH_SIZE = BATCH_SLOTS * BATCH_SLOT_SIZE,
};

/* Messages one behind the other, of `each` bytes but for the last, which may be shorter. Size 0: one, an empty one. */
struct train {
    char *data;
    size_t size;
    size_t each;
};

/* One datagram that has come in, or a train of them. */
struct arrival {
    struct train train;
    int flags; /* msg_flags */
    struct address sender;
    struct origin origin;
};

/* What one call has read. */
struct batch {
    char *data;         /* BATCH_SIZE bytes that it may lie in, from the beginning of a page on */
    size_t message_max; /* the largest message wanted */
    bool may_have_more; /* the call had room for no more: more may be there already */
    size_t count;
    struct train trains[BATCH_MESSAGES_MAX];
    struct arrival arrivals[BATCH_SLOTS]; /* bulk_receive's, before it is known what is to be taken */
    struct slots *slots;                  /* inside */
};

/* An empty one with its memory, of which only what is used is taken. free(3) ends both. NULL: there is none. */
struct batch *batch_new(void);

/* How many messages a train has. */
size_t train_count(const struct train *train);

/* Take the first `count` messages off. Returns how many of those there were not: the next train's. */
size_t train_skip(struct train *train, size_t count);

/* Add a train, or one message (each == size). The batch has room for it. */
void batch_add(struct batch *batch, char *data, size_t size, size_t each);

/* What a socket has told after the last message of a batch, to be told by the next read. */
struct sequel {
    enum io result;      /* IO_DONE: nothing */
    struct fault *fault; /* of IO_FAILED: fault_keep's */
};

/* Keep what is to be told later; the fault matters to IO_FAILED alone. */
void sequel_keep(struct sequel *sequel, enum io result, const struct fault *fault);

/* Tell it. Returns the result, with the fault if that is IO_FAILED; it is told once. */
enum io sequel_tell(struct sequel *sequel, struct fault *fault);

/* It will not be told. */
void sequel_free(struct sequel *sequel);

/* A socket that is read and written in batches. */
struct bulk {
    bool is_shared;               /* others have the socket, too: nothing of it is changed */
    bool is_asked;                /* the kernel knows what we want of it */
    bool hears_drops;             /* ... and tells of drops */
    size_t segment_max;           /* the largest message that may be one of a train; 0: no trains */
    bool has_dropped;             /* an arrival has told so (SO_RXQ_OVFL) */
    bool is_told;                 /* and bulk_tells_drops has */
    uint32_t before;              /* what was dropped before the socket was ours */
    const struct domain *origins; /* whose messages come with where they were sent to; NULL: they do not */
};

/* All of it for a socket whose domain has trains (domain.h, has_trains). */
struct bulk bulk_make(int fd, bool is_shared);

/* recvmmsg(2) into the slots of an empty batch. Returns how many arrivals it has, or -1 with errno. */
int bulk_receive(struct bulk *bulk, int fd, int flags, struct batch *batch);

/* Look at an arrival: IO_DONE with *size bytes of payload, IO_AGAIN if it is not for us, or what it means. */
typedef enum io arrival_take(void *context, const struct arrival *arrival, size_t *size, struct fault *fault);

/*
 * Put a batch's arrivals into it, each as `take` says. What means the end of it goes into `sequel` if there are messages
 * before it. Returns IO_DONE if the batch has any, otherwise what the last one meant.
 */
enum io bulk_sort(struct batch *batch, int count, arrival_take *take, void *context, struct sequel *sequel,
                  struct fault *fault);

/*
 * Send messages, equal ones together where the kernel can do that. peer: where to, NULL or length 0 if connected. origin:
 * which of our addresses they come from; NULL: the kernel chooses.
 * *sent: how many have gone, whatever is returned: 0, or errno of the first that has not.
 */
int bulk_send(struct bulk *bulk, int fd, int flags, const struct iovec *messages, size_t count,
              const struct address *peer, const struct origin *origin, size_t *sent);

/* Has an arrival told, since this was asked last, of the first that were dropped? */
bool bulk_tells_drops(struct bulk *bulk);

/* How many messages the kernel has dropped because they came faster than they were taken; at least, as it
 * counts a train once. 0 where a filter drops as well, which counts the same. */
uint64_t bulk_dropped(const struct bulk *bulk, int fd);

#endif
