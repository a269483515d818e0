/*
 * IPX datagrams: ipx(7). One word: NETWORK:NODE:PORT, hexadecimal; NETWORK:NODE/PORT and dots are taken as well. Of
 * our own side it may be the port alone, or nothing. --protocol is the packet type. Linux had IPX up to 4.17.
 */
#ifndef SKT_DOMAIN_IPX_H
#define SKT_DOMAIN_IPX_H

#include "domain/domain.h"

extern const struct domain ipx_domain;

#endif
