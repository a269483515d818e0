/*
 * AX.25, the packet radio of amateurs: ax25(4). One word: CALL, or with a path CALL,DIGIPEATER,... or "CALL via
 * DIGIPEATER ..." (ax25_aton(3)). Of our own side, CALL is a device's callsign, or CALL,DEVICE another one at the
 * device that has the second one; * for any device. Connections keep records apart and have no half-close; dgram and
 * raw are frames without a connection (UI).
 */
#ifndef SKT_DOMAIN_AX25_H
#define SKT_DOMAIN_AX25_H

#include "domain/domain.h"

extern const struct domain ax25_domain;

#endif
