/*
 * Any family that has no row of its own, by its number. An address is hex:BYTES, what follows sa_family in the
 * family's struct sockaddr; the types are as usual ones are.
 */
#ifndef SKT_DOMAIN_OTHER_H
#define SKT_DOMAIN_OTHER_H

#include "domain/domain.h"

enum { OTHER_FAMILY_MAX = 65535 };

extern const struct domain other_domain;

#endif
