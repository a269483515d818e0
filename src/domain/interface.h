/* Network interfaces in addresses: netdevice(7), if_nametoindex(3). */
#ifndef SKT_DOMAIN_INTERFACE_H
#define SKT_DOMAIN_INTERFACE_H

#include "base/fault.h"
#include <net/if.h>
#include <stddef.h>

/*
 * Could `length` characters be the name of an interface (1 to 15 bytes, no blank, no slash)? Asks nobody.
 * Returns 0, or -1 with STATUS_USAGE.
 */
int interface_check(const char *name, size_t length, struct fault *fault);

/* Its index. Opens a socket. Returns 0 with *index, or -1 with STATUS_LOOKUP, "lookup of interface NAME". */
int interface_index(const char *name, size_t length, int *index, struct fault *fault);

/* Its name, or its number where it has gone. 0: "any". */
void interface_name(int index, char *name, size_t size);

#endif
