/*
 * Sockets between virtual machines and their host: vsock(7). Host and port: a context identifier (or local, host,
 * hypervisor, and any to listen at), and a port of 32 bits.
 */
#ifndef SKT_DOMAIN_VSOCK_H
#define SKT_DOMAIN_VSOCK_H

#include "domain/domain.h"

extern const struct domain vsock_domain;

#endif
