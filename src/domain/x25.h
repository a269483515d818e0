/*
 * X.25 packet layer: x25(7). One word: an X.121 number of up to 15 digits; listening, `*` or nothing hears calls to
 * any number. Calls are connections that keep records apart, without a half-close.
 */
#ifndef SKT_DOMAIN_X25_H
#define SKT_DOMAIN_X25_H

#include "domain/domain.h"

extern const struct domain x25_domain;

#endif
