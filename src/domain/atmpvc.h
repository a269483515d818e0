/*
 * ATM, permanent circuits: qos(7) and text2atm(3) of linux-atm. One word: [INTERFACE.]VPI.VCI, decimal; * is any. Both
 * sides name the circuit at their own interface. Who connects may speak at once; who listens answers.
 */
#ifndef SKT_DOMAIN_ATMPVC_H
#define SKT_DOMAIN_ATMPVC_H

#include "domain/domain.h"

extern const struct domain atmpvc_domain;

#endif
