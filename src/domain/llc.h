/*
 * IEEE 802.2, net/llc in the kernel: a link between two Ethernet addresses. One word: MAC/SAP, or for our own end
 * INTERFACE/SAP. A SAP is 0 to 255, decimal or 0x; 0 to listen at is the kernel's choice.
 */
#ifndef SKT_DOMAIN_LLC_H
#define SKT_DOMAIN_LLC_H

#include "domain/domain.h"

extern const struct domain llc_domain;

#endif
