#include "dial/lookup.h"

#include "dial/netns.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A lookup in a helper thread. */
struct lookup_job {
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
    struct lookup_job *job = context;
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

static struct lookup_job *
job_new(const struct domain *domain, const struct resolve_query *query)
{
    struct lookup_job *job = calloc(1, sizeof *job);
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
    struct lookup_job *job = context;
    job->result = domain_resolve(job->domain, &job->query, &job->list, &job->fault);
}

/* Take the answer out of the job. */
static int
job_take(struct lookup_job *job, struct address_list *list, struct fault *fault)
{
    if (job->result < 0) {
        *fault = job->fault;
        return -1;
    }
    *list = job->list;
    job->list = (struct address_list){ .items = NULL };
    return 0;
}

/* Have a thread ask. */
static int
ask(struct lookup *lookup, const struct domain *domain, const struct resolve_query *query,
    struct fault *fault)
{
    struct lookup_job *job = job_new(domain, query);
    if (!job)
        return fault_set(fault, STATUS_LOOKUP, "lookup of %s", lookup->host);
    lookup->errand = errand_start(job_work, job_free, job);
    if (!lookup->errand) {
        (void)fault_set(fault, STATUS_LOOKUP, "thread for the lookup of %s", lookup->host);
        job_free(job);
        return -1;
    }
    lookup->job = job;
    return 0;
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
    if (netns_leave(&outside, fault) == 0 && result == 0)
        return 0;
    address_list_free(list);
    return -1;
}

int
lookup_start(struct lookup *lookup, const struct domain *domain, const struct resolve_query *query,
             struct fault *fault)
{
    *lookup = (struct lookup){ .host = query->target.host };
    if (domain->needs_lookup && domain->needs_lookup(query))
        return ask(lookup, domain, query, fault);
    return resolve_there(domain, query, &lookup->list, fault);
}

bool
lookup_is_done(const struct lookup *lookup)
{
    return !lookup->errand || errand_done(lookup->errand);
}

int
lookup_fd(const struct lookup *lookup)
{
    return lookup->errand ? errand_fd(lookup->errand) : -1;
}

int
lookup_take(struct lookup *lookup, struct address_list *list, struct fault *fault)
{
    int result = lookup->job ? job_take(lookup->job, &lookup->list, fault) : 0;
    *list = lookup->list;
    lookup->list = (struct address_list){ .items = NULL };
    lookup_drop(lookup);
    if (result == 0 && list->count == 0) {
        address_list_free(list);
        result = fault_say(fault, STATUS_LOOKUP, "no address found", "lookup of %s", lookup->host);
    }
    return result;
}

void
lookup_drop(struct lookup *lookup)
{
    errand_leave(lookup->errand);
    address_list_free(&lookup->list);
    lookup->errand = NULL;
    lookup->job = NULL;
}

int
lookup_timed_out(const struct lookup *lookup, struct fault *fault)
{
    return fault_say(fault, STATUS_TIMEOUT, "timed out", "lookup of %s", lookup->host);
}

int
lookup(struct loop *loop, const struct domain *domain, const struct resolve_query *query, int64_t deadline,
       struct address_list *list, struct fault *fault)
{
    struct lookup lookup;
    *list = (struct address_list){ .items = NULL };
    if (lookup_start(&lookup, domain, query, fault) < 0)
        return -1;
    int done = lookup.errand ? errand_wait(lookup.errand, loop, deadline, fault) : 1;
    if (done > 0)
        return lookup_take(&lookup, list, fault);
    if (done == 0)
        (void)lookup_timed_out(&lookup, fault);
    lookup_drop(&lookup);
    return -1;
}
