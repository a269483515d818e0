/*
 * TIPC: services of a cluster, net/tipc in the kernel. One word: TYPE:INSTANCE[@NODE], a range TYPE:LOWER:UPPER, or
 * the same in braces with commas; 0:REFERENCE@NODE is one socket. NODE is hexadecimal, as libtipc prints it.
 */
#ifndef SKT_DOMAIN_TIPC_H
#define SKT_DOMAIN_TIPC_H

#include "domain/domain.h"

extern const struct domain tipc_domain;

#endif
