/*
 * Resolving by a deadline. getaddrinfo(3) cannot be given one, so a lookup that may ask a server runs in a
 * helper thread; when nobody waits for it any more, the thread is left behind and frees its own data.
 */
#ifndef SKT_DIAL_LOOKUP_H
#define SKT_DIAL_LOOKUP_H

#include "base/errand.h"
#include "base/loop.h"
#include "domain/domain.h"
#include <stdint.h>

struct lookup_job;

/* One under way. */
struct lookup {
    struct errand *errand; /* NULL: nobody had to be asked, and the list is there */
    struct lookup_job *job;
    struct address_list list;
    const char *host; /* as typed, for messages */
};

/*
 * Begin to resolve `query` with `domain`; its words outlive the lookup. Returns 0, for lookup_take or lookup_drop, or -1
 * with STATUS_LOOKUP.
 */
int lookup_start(struct lookup *lookup, const struct domain *domain, const struct resolve_query *query,
                 struct fault *fault);

/* Is the answer there? While it is not, this descriptor tells when it is. */
bool lookup_is_done(const struct lookup *lookup);
int lookup_fd(const struct lookup *lookup);

/*
 * The answer of one that is done. Returns 0 with at least one address in *list (free with address_list_free), or -1 with
 * STATUS_LOOKUP. Either way the lookup is over.
 */
int lookup_take(struct lookup *lookup, struct address_list *list, struct fault *fault);

/* Nobody waits for it any more. Nothing to do for one that is over. */
void lookup_drop(struct lookup *lookup);

/* Say that it took too long: STATUS_TIMEOUT. Returns -1. */
int lookup_timed_out(const struct lookup *lookup, struct fault *fault);

/*
 * All of it, waiting. deadline: monotonic ms.
 * Returns 0 with at least one address in *list, or -1: STATUS_LOOKUP, STATUS_TIMEOUT, or a signal.
 */
int lookup(struct loop *loop, const struct domain *domain, const struct resolve_query *query,
           int64_t deadline, struct address_list *list, struct fault *fault);

#endif
