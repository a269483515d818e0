#include "dial/names.h"

#include "dial/lookup.h"
#include "dial/race.h"
#include <stdlib.h>

enum stage { STAGE_REMOTES, STAGE_SOURCES, STAGE_TARGETS, STAGE_OVER };

struct names {
    const struct socket_plan *plan;
    unsigned holders;
    enum stage stage;
    struct lookup lookup;
    struct address_list lists[STAGE_OVER]; /* by the stage that asks for them */
    int result;
    struct fault fault;
};

static void
end(struct names *names, int result)
{
    if (result < 0)
        open_explain(names->plan, STATUS_CONNECT, &names->fault);
    names->result = result;
    names->stage = STAGE_OVER;
}

static struct resolve_query
query_of(const struct socket_plan *plan, enum stage stage)
{
    if (stage == STAGE_TARGETS)
        return open_query_remote(plan, PURPOSE_CONNECT);
    return open_query(plan, stage == STAGE_SOURCES ? PURPOSE_SOURCE : PURPOSE_CONNECT);
}

/* Ask for the addresses of this stage. */
static void
ask(struct names *names, enum stage stage)
{
    const struct resolve_query query = query_of(names->plan, stage);
    names->stage = stage;
    if (lookup_start(&names->lookup, names->plan->domain, &query, &names->fault) < 0)
        end(names, -1);
}

struct names *
names_start(const struct socket_plan *plan, struct fault *fault)
{
    struct names *names = malloc(sizeof *names);
    if (!names) {
        (void)fault_set(fault, STATUS_LOCAL, "lookup");
        return NULL;
    }
    *names = (struct names){ .plan = plan, .holders = 1 };
    ask(names, STAGE_REMOTES);
    return names;
}

struct names *
names_hold(struct names *names)
{
    names->holders++;
    return names;
}

void
names_leave(struct names *names)
{
    if (!names || --names->holders > 0)
        return;
    lookup_drop(&names->lookup);
    for (int i = 0; i < STAGE_OVER; i++)
        address_list_free(&names->lists[i]);
    free(names);
}

/* The stage after this one, of those that the plan has. */
static enum stage
stage_after(const struct socket_plan *plan, enum stage stage)
{
    if (stage == STAGE_REMOTES && open_has_source(plan))
        return STAGE_SOURCES;
    bool has_targets = plan->proxy.kind && plan->proxy.resolves_here;
    return stage < STAGE_TARGETS && has_targets ? STAGE_TARGETS : STAGE_OVER;
}

/* The answer of this stage is there. */
static void
take_answer(struct names *names)
{
    struct address_list *list = &names->lists[names->stage];
    int result = lookup_take(&names->lookup, list, &names->fault);
    if (names->stage == STAGE_REMOTES && result == 0)
        race_interleave(list);
    enum stage next = stage_after(names->plan, names->stage);
    if (result < 0 || next == STAGE_OVER)
        end(names, result);
    else
        ask(names, next);
}

bool
names_step(struct names *names)
{
    while (names->stage != STAGE_OVER && lookup_is_done(&names->lookup))
        take_answer(names);
    return names->stage == STAGE_OVER;
}

bool
names_are_over(const struct names *names)
{
    return names->stage == STAGE_OVER;
}

int
names_fd(const struct names *names)
{
    return names->stage == STAGE_OVER ? -1 : lookup_fd(&names->lookup);
}

int
names_result(const struct names *names, const struct address_list **remotes,
             const struct address_list **sources, struct fault *fault)
{
    *remotes = &names->lists[STAGE_REMOTES];
    *sources = &names->lists[STAGE_SOURCES];
    if (names->result < 0)
        *fault = names->fault;
    return names->result;
}

const struct address *
names_target(const struct names *names)
{
    const struct address_list *targets = &names->lists[STAGE_TARGETS];
    return targets->count > 0 ? &targets->items[0] : NULL;
}

int
names_timed_out(const struct names *names, struct fault *fault)
{
    return lookup_timed_out(&names->lookup, fault);
}
