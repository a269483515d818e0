/*
 * Any family that has no row of its own, by its number or, where it is known, its name. An address is hex:BYTES, what
 * follows sa_family in the family's struct sockaddr. Some families take the addresses of another (SMC those of IPv4):
 * hex:NUMBER/BYTES says which. The types are as usual ones are.
 */
#ifndef SKT_DOMAIN_OTHER_H
#define SKT_DOMAIN_OTHER_H

#include "domain/domain.h"

enum { OTHER_FAMILY_MAX = 65535, OTHER_BLUETOOTH = 31 };

extern const struct domain other_domain;

/* Names of families that have no row, as people type them without a prefix; ended by name NULL. */
struct other_name {
    const char *name;
    int family;
    const char *kernel; /* as in a row */
};

extern const struct other_name other_names[];

/* The name of a family, or NULL if it has none here. */
const struct other_name *other_name_of(int family);

/* The number of a protocol by its name in the family, in any case, or -1: only Bluetooth's have names. */
int other_protocol_find(int family, const char *name);

/* These names, or NULL. */
const struct protocol *other_protocols(int family);

#endif
