#include "dial/lookup.h"

#include "base/errand.h"
#include "dial/netns.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A lookup in a helper thread. */
struct job {
    const struct domain *domain;
    struct resolve_query query;
    char *host, *port; /* our copies, for query: who asked may be gone before we are done */
    int result;
    struct address_list list;
    struct fault fault;
};

static void
job_free(void *context)
{
    struct job *job = context;
    address_list_free(&job->list);
    free(job->host);
    free(job->port);
    free(job);
}

/* Copy a word that may be missing. Returns false if there is no memory. */
static bool
copy_word(const char *word, char **copy)
{
    *copy = word ? strdup(word) : NULL;
    return !word || *copy;
}

static struct job *
job_new(const struct domain *domain, const struct resolve_query *query)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->domain = domain;
    job->query = *query;
    if (!copy_word(query->target.host, &job->host) || !copy_word(query->target.port, &job->port)) {
        job_free(job);
        errno = ENOMEM;
        return NULL;
    }
    job->query.target = (struct target){ .host = job->host, .port = job->port };
    return job;
}

static void
job_work(void *context)
{
    struct job *job = context;
    job->result = domain_resolve(job->domain, &job->query, &job->list, &job->fault);
}

/* Take the answer out of the job. */
static int
job_take(struct job *job, struct address_list *list, struct fault *fault)
{
    if (job->result < 0) {
        *fault = job->fault;
        return -1;
    }
    *list = job->list;
    job->list = (struct address_list){ .items = NULL };
    return 0;
}

static int
look_up(struct loop *loop, const struct domain *domain, const struct resolve_query *query, int64_t deadline,
        struct address_list *list, struct fault *fault)
{
    struct job *job = job_new(domain, query);
    if (!job)
        return fault_set(fault, STATUS_LOOKUP, "lookup of %s", query->target.host);
    struct errand *errand = errand_start(job_work, job_free, job);
    if (!errand) {
        (void)fault_set(fault, STATUS_LOOKUP, "thread for the lookup of %s", query->target.host);
        job_free(job);
        return -1;
    }
    int done = errand_wait(errand, loop, deadline, fault);
    int result = -1;
    if (done > 0)
        result = job_take(job, list, fault);
    else if (done == 0)
        (void)fault_say(fault, STATUS_TIMEOUT, "timed out", "lookup of %s", query->target.host);
    errand_leave(errand);
    return result;
}

/* What asks nobody may be about interfaces, which are those of the namespace; a name server is one of ours. */
static int
resolve_there(const struct domain *domain, const struct resolve_query *query, struct address_list *list,
              struct fault *fault)
{
    int outside;
    if (netns_enter(query->netns, &outside, fault) < 0)
        return -1;
    int result = domain_resolve(domain, query, list, fault);
    return netns_leave(&outside, fault) < 0 ? -1 : result;
}

int
lookup(struct loop *loop, const struct domain *domain, const struct resolve_query *query, int64_t deadline,
       struct address_list *list, struct fault *fault)
{
    *list = (struct address_list){ .items = NULL };
    int result;
    if (domain->needs_lookup && domain->needs_lookup(query))
        result = look_up(loop, domain, query, deadline, list, fault);
    else
        result = resolve_there(domain, query, list, fault);
    if (result == 0 && list->count == 0)
        result = fault_say(fault, STATUS_LOOKUP, "no address found", "lookup of %s", query->target.host);
    if (result < 0)
        address_list_free(list);
    return result;
}
