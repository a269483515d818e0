/*
 * Controller area networks, Documentation/networking/can.rst of the kernel. One word that begins with the interface, as
 * can-utils write it:
 *   INTERFACE                  raw frames (any: of every interface), and the broadcast manager
 *   INTERFACE,TXID,RXID        isotp: identifiers in hexadecimal, of 29 bits when written with more than 3 digits
 *   INTERFACE:ADDR,PGN,NAME    j1939: decimal or 0x; what is left out at the end, or empty, is "none"
 */
#ifndef SKT_DOMAIN_CAN_H
#define SKT_DOMAIN_CAN_H

#include "domain/domain.h"

extern const struct domain can_domain;

#endif
