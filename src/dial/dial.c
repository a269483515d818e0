#include "dial/dial.h"

#include "base/fd.h"
#include "dial/netns.h"
#include "dial/lookup.h"
#include "dial/race.h"
#include "dial/source.h"

int
dial_remotes(struct loop *loop, const struct socket_plan *plan, int64_t deadline, struct address_list *list,
             struct fault *fault)
{
    const struct resolve_query query = open_query(plan, PURPOSE_CONNECT);
    if (lookup(loop, plan->domain, &query, deadline, list, fault) < 0) {
        open_explain(plan, STATUS_CONNECT, fault);
        return -1;
    }
    race_interleave(list);
    return 0;
}

int
dial_sources(struct loop *loop, const struct socket_plan *plan, int64_t deadline, struct address_list *list,
             struct fault *fault)
{
    const struct resolve_query query = open_query(plan, PURPOSE_SOURCE);
    *list = (struct address_list){ .items = NULL };
    if (!plan->source.host && !plan->source.port && !plan->random_source_port)
        return 0;
    if (lookup(loop, plan->domain, &query, deadline, list, fault) == 0)
        return 0;
    open_explain(plan, STATUS_CONNECT, fault);
    return -1;
}

int
dial(struct loop *loop, const struct socket_plan *plan, int64_t deadline, struct address *peer,
     struct binding *source, struct fault *fault)
{
    struct address_list remotes = { .items = NULL }, sources = { .items = NULL };
    *source = (struct binding){ .owns_file = false };
    int fd = -1;
    if (dial_remotes(loop, plan, deadline, &remotes, fault) == 0 &&
        dial_sources(loop, plan, deadline, &sources, fault) == 0) {
        size_t winner = 0;
        fd = race(loop, plan, &remotes, &sources, deadline, &winner, source, fault);
        if (fd >= 0)
            *peer = remotes.items[winner];
    }
    address_list_free(&remotes);
    address_list_free(&sources);
    int outside = -1;
    if (fd >= 0 &&
        (netns_enter(plan->netns, &outside, fault) < 0 ||
         open_join(plan, fd, PURPOSE_CONNECT, STATUS_CONNECT, fault) < 0 ||
         open_finish(plan, fd, true, STATUS_CONNECT, fault) < 0 || netns_leave(&outside, fault) < 0)) {
        struct fault told;
        (void)netns_leave(&outside, &told); /* if it fails now, that is not what went wrong */
        (void)fd_close(&fd);                /* nothing was sent yet */
        dial_release(plan, source);
    }
    return fd;
}

void
dial_release(const struct socket_plan *plan, struct binding *source)
{
    source_release(plan, source);
}
