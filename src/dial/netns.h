/*
 * Another network namespace (network_namespaces(7)): a socket belongs for good to the one that its thread was in when it
 * was opened. So the thread goes there to open it, and comes back; names are looked up outside.
 */
#ifndef SKT_DIAL_NETNS_H
#define SKT_DIAL_NETNS_H

#include "base/fault.h"

/* NULL, or what is wrong with the word: NAME of ip-netns(8), or a path, which has a slash. Opens nothing. */
const char *netns_check(const char *word);

/*
 * Go there. NULL: stay. *back is for netns_leave, which has to follow in the same thread; visits may be nested.
 * Returns 0, or -1 with STATUS_LOCAL: then there is nothing to leave.
 */
int netns_enter(const char *word, int *back, struct fault *fault);

/* Come back. Keeps errno. Returns 0, or -1 with STATUS_LOCAL. */
int netns_leave(int *back, struct fault *fault);

#endif
