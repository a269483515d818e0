/*
 * Reliable datagram sockets, Documentation/networking/rds.rst of the kernel. Addresses are those of IPv4, HOST PORT, in a
 * family of sockets of their own.
 */
#ifndef SKT_DOMAIN_RDS_H
#define SKT_DOMAIN_RDS_H

#include "domain/domain.h"

extern const struct domain rds_domain;

#endif
