/*
 * Messages to and from the kernel: netlink(7). One word: a port, which is 0 or "kernel" for the kernel (the usual
 * one) and otherwise another process's. Messages are passed as they are; that the kernel answers with an error is
 * a message as well.
 */
#ifndef SKT_DOMAIN_NETLINK_H
#define SKT_DOMAIN_NETLINK_H

#include "domain/domain.h"

extern const struct domain netlink_domain;

/*
 * Read the first of a comma-separated list of groups of a protocol: a name that the protocol has, or a number.
 * Returns 0 with *group and *rest behind it ("" at the end), or -1 with STATUS_USAGE, the group as typed and what
 * would be right.
 */
int netlink_group(int protocol, const char *words, unsigned *group, const char **rest, struct fault *fault);

#endif
