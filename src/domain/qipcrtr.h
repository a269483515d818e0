/*
 * Qualcomm's IPC router, net/qrtr in the kernel: processors of one device. Host and port: the number of a node and a
 * port of 32 bits. A listener needs no node; there is only ours.
 */
#ifndef SKT_DOMAIN_QIPCRTR_H
#define SKT_DOMAIN_QIPCRTR_H

#include "domain/domain.h"

extern const struct domain qipcrtr_domain;

#endif
