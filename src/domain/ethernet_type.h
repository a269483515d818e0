/* Ethernet types (linux/if_ether.h) by name. */
#ifndef SKT_DOMAIN_ETHERNET_TYPE_H
#define SKT_DOMAIN_ETHERNET_TYPE_H

#include "domain/protocol.h"

/* Those that people are told, by one name each. */
extern const struct protocol ethernet_types[];

/* The number of any name, with or without ETH_P_, or -1. */
int ethernet_type_find(const char *name);

/* The best name of a number, or NULL. */
const char *ethernet_type_name(int number);

#endif
