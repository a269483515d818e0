/*
 * Socket types: what socket(2)'s second argument means for the pump.
 *
 * A type is a row; a domain (domain.h) lists the types that it has. The two tables multiply. Where a type of
 * some domain behaves in a way of its own, the domain lists a row of its own in the place of the usual one.
 */
#ifndef SKT_DOMAIN_TYPE_H
#define SKT_DOMAIN_TYPE_H

#include <stdbool.h>
#include <stddef.h>

enum unit {
    UNIT_BYTES,   /* a stream: sizes of reads and writes mean nothing */
    UNIT_MESSAGES /* one send is one receive */
};

struct type {
    const char *name; /* "stream" */
    int value;        /* SOCK_STREAM */
    enum unit unit;
    int only_protocol; /* a domain's own row: how the type is with this protocol; 0: with all others */
    bool portless;     /* addresses have no port, though the domain's others have */
    bool accepts;      /* listen(2) and accept(2); such a socket has a connection and an end */
    bool listens;     /* listen(2) without accept(2): messages of all connections come in on the one socket */
    bool urgent;      /* MSG_OOB marks a byte that overtakes the others; some families' streams refuse it */
    bool half_closes; /* shutdown(2) SHUT_WR tells the peer that our sending has ended */
    bool shuts_both;  /* SHUT_RDWR before close(2) makes the end an orderly one for the peer */
    bool no_empty;    /* a message has a byte; without a connection, one that has none is ours come back */
    bool reconnects;  /* after a refusal the same socket may connect again */
    bool marks_end;   /* a message may come in pieces, the last of which has MSG_EOR */
    bool has_service; /* both ends name a service by a code (--dccp-service) */
    bool addressed;   /* no connect(2): every send(2) needs the address */
    bool paired;      /* a bound socket has its only peer, and its messages have no address */
    bool continues;   /* where send(2) took a part of a message, the next send goes on with that message */
    bool unread_lost; /* our close destroys what the peer's kernel has and its program has not read yet */
    int no_flags;     /* flags of send(2) and recv(2) that are refused or mean something else */
    bool needs_source; /* connecting needs an address to come from, whatever the domain's other types do */
    int send_flags;    /* flags without which send(2) is refused (MSG_EOR) */
    int end_error;     /* errno by which receiving tells an orderly end, 0: none. Where messages may be empty,
                         reading nothing is then no end. */
    int loss_error; /* errno by which receiving tells that messages were lost, and goes on after it; 0: none */
    const char *help;
};

/* The usual rows. */
extern const struct type stream_type, dgram_type, seqpacket_type, raw_type, rdm_type, dccp_type, packet_type;

/* The same of families whose sendmsg in the kernel refuses MSG_NOSIGNAL: a domain's own rows, in no list. */
extern const struct type bare_dgram_type, bare_raw_type;

/* All of the usual ones, ended by NULL. */
extern const struct type *const type_rows[];

/*
 * Find a type by name in any case, with or without SOCK_, or by number ("5"). NULL when there is none.
 */
const struct type *type_find(const char *name);

/* A stream of bytes with an end. SCTP's streams are made of messages; an end that is an error is told only once. */
bool type_is_plain(const struct type *type);

/* Such a stream whose end is told by close(2) as well, which destroys nothing that the peer was sent. */
bool type_closes_plainly(const struct type *type);

#endif
