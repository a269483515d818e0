#include "dial/names.h"

#include "dial/lookup.h"
#include "dial/race.h"
#include <stdlib.h>

enum stage { STAGE_REMOTES, STAGE_SOURCES, STAGE_OVER };

struct names {
    const struct socket_plan *plan;
    unsigned holders;
    enum stage stage;
    struct lookup lookup;
    struct address_list remotes, sources;
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

/* Ask for the addresses of this stage. */
static void
ask(struct names *names, enum stage stage)
{
    enum purpose purpose = stage == STAGE_SOURCES ? PURPOSE_SOURCE : PURPOSE_CONNECT;
    const struct resolve_query query = open_query(names->plan, purpose);
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
    address_list_free(&names->remotes);
    address_list_free(&names->sources);
    free(names);
}

/* The answer of this stage is there. */
static void
take_answer(struct names *names)
{
    bool are_sources = names->stage == STAGE_SOURCES;
    struct address_list *list = are_sources ? &names->sources : &names->remotes;
    int result = lookup_take(&names->lookup, list, &names->fault);
    if (!are_sources && result == 0)
        race_interleave(list);
    if (result < 0 || are_sources || !open_has_source(names->plan))
        end(names, result);
    else
        ask(names, STAGE_SOURCES);
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
    *remotes = &names->remotes;
    *sources = &names->sources;
    if (names->result < 0)
        *fault = names->fault;
    return names->result;
}

int
names_timed_out(const struct names *names, struct fault *fault)
{
    return lookup_timed_out(&names->lookup, fault);
}
