/*
 * Resolve by a deadline. getaddrinfo(3) cannot be given one, so a lookup that may ask a server runs in a
 * helper thread; when the deadline passes first, the thread is left behind and frees its own data.
 */
#ifndef SKT_DIAL_LOOKUP_H
#define SKT_DIAL_LOOKUP_H

#include "base/loop.h"
#include "domain/domain.h"
#include <stdint.h>

/*
 * Resolve `query` with `domain`. deadline: monotonic ms.
 * Returns 0 with at least one address in *list (free with address_list_free), or -1: STATUS_LOOKUP,
 * STATUS_TIMEOUT, or a signal.
 */
int lookup(struct loop *loop, const struct domain *domain, const struct resolve_query *query,
           int64_t deadline, struct address_list *list, struct fault *fault);

#endif
