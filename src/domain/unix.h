/*
 * Local sockets: unix(7). One word: a path of at most 107 bytes, or @NAME in the abstract namespace.
 * Listening never removes anything but a dead socket: a live one and a file that is no socket are faults.
 */
#ifndef SKT_DOMAIN_UNIX_H
#define SKT_DOMAIN_UNIX_H

#include "domain/domain.h"

extern const struct domain unix_domain;

#endif
