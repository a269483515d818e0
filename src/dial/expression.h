/*
 * Filters in the words of tcpdump (pcap-filter(7)), compiled by libpcap where skt was configured --with-libpcap. Nothing
 * else of libpcap is used.
 */
#ifndef SKT_DIAL_EXPRESSION_H
#define SKT_DIAL_EXPRESSION_H

#include "base/fault.h"
#include "dial/filter.h"
#include <stdbool.h>

/* Can this build compile them? */
extern const bool expression_works;

/*
 * Compile an expression for messages that begin with what `link` says, one of libpcap's DLT_ numbers. May ask a name
 * server if the expression has names. Returns 0 with a filter to free, or -1: STATUS_USAGE with libpcap's own reason.
 */
int expression_compile(const char *expression, int link, struct filter *filter, struct fault *fault);

#endif
