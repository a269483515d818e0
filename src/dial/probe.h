/* What the running kernel has, asked of it by socket(2). */
#ifndef SKT_DIAL_PROBE_H
#define SKT_DIAL_PROBE_H

#include "domain/domain.h"

/*
 * Open a socket of a domain and one of its own rows of types, and close it. The kernel may load a module for that.
 * A domain that consists of others has what one of them has.
 * Returns 0, or the errno of the refusal: EPERM and EACCES say that the kernel has it, but not for us.
 */
int probe_socket(const struct domain *domain, const struct type *type);

/* Does such a refusal mean that the kernel has it, for those with a privilege? */
bool probe_needs_privilege(int error);

#endif
