/*
 * Socket types: what socket(2)'s second argument means for the pump.
 *
 * A type is a row; a domain (domain.h) says by bits which types it has. The two tables multiply.
 */
#ifndef SKT_DOMAIN_TYPE_H
#define SKT_DOMAIN_TYPE_H

#include <stdbool.h>
#include <stddef.h>

enum unit {
    UNIT_BYTES,   /* a stream: sizes of reads and writes mean nothing */
    UNIT_MESSAGES /* one send is one receive */
};

/* Bits for domain.types. */
enum type_bit {
    TYPE_STREAM = 1 << 0,
    TYPE_DGRAM = 1 << 1,
    TYPE_SEQPACKET = 1 << 2,
    TYPE_RAW = 1 << 3,
    TYPE_RDM = 1 << 4,
    TYPE_PACKET = 1 << 5,
};

struct type {
    const char *name; /* "stream" */
    int value;        /* SOCK_STREAM */
    enum type_bit bit;
    enum unit unit;
    bool accepts;     /* listen(2) and accept(2); such a socket has a connection and an end */
    bool half_closes; /* shutdown(2) SHUT_WR tells the peer that our sending has ended */
    const char *help;
};

/* All rows, ended by one with name NULL. */
extern const struct type type_rows[];

/*
 * Find a type by name in any case, with or without SOCK_, or by number ("5"). NULL when there is none.
 */
const struct type *type_find(const char *name);

/* The row whose bit this is. */
const struct type *type_of(enum type_bit bit);

#endif
