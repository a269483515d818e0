/*
 * AppleTalk datagrams: ddp(7). One word: NET.NODE:SOCKET, numbers decimal or, after 0x, hexadecimal; NET may be two
 * numbers (atalk_aton(3)). Of our own side each part may be missing. --protocol is the DDP type of what is sent.
 */
#ifndef SKT_DOMAIN_APPLETALK_H
#define SKT_DOMAIN_APPLETALK_H

#include "domain/domain.h"

extern const struct domain appletalk_domain;

#endif
