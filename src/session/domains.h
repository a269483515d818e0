/* --domain list: the table of domains and types, with what the running kernel has of it. */
#ifndef SKT_SESSION_DOMAINS_H
#define SKT_SESSION_DOMAINS_H

#include "base/fault.h"

/* Print it to standard output. Returns 0, or -1 with STATUS_LOCAL. */
int domains_list(struct fault *fault);

#endif
