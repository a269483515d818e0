/*
 * Frames of network interfaces: packet(7). One word: INTERFACE, INTERFACE/MAC (where frames without a header of
 * their own go; broadcast otherwise), or "any" to hear all interfaces. Protocols are Ethernet types.
 *
 * Types: dgram leaves the frame's header to the kernel, raw has whole frames, and packet is SOCK_PACKET, the
 * obsolete way, whose addresses are no more than an interface.
 */
#ifndef SKT_DOMAIN_PACKET_H
#define SKT_DOMAIN_PACKET_H

#include "domain/domain.h"

extern const struct domain packet_domain;

#endif
