#include "dial/lookup.h"

#include "base/fd.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A lookup in a helper thread. It belongs to both sides; whoever leaves last frees it. */
struct job {
    atomic_int owners;
    const struct domain *domain;
    struct resolve_query query;
    char *host, *port; /* our copies, for query: who asked may be gone before we are done */
    int done_fd;       /* eventfd(2): readable when the answer is there */
    int result;
    struct address_list list;
    struct fault fault;
};

/* acq_rel: whoever frees must see all that the other has written. */
static void
job_leave(struct job *job)
{
    if (atomic_fetch_sub_explicit(&job->owners, 1, memory_order_acq_rel) > 1)
        return;
    address_list_free(&job->list);
    (void)fd_close(&job->done_fd); /* holds no data */
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
    atomic_init(&job->owners, 1);
    job->domain = domain;
    job->query = *query;
    job->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->done_fd < 0 || !copy_word(query->target.host, &job->host) ||
        !copy_word(query->target.port, &job->port)) {
        int error = errno;
        job_leave(job);
        errno = error;
        return NULL;
    }
    job->query.target = (struct target){ .host = job->host, .port = job->port };
    return job;
}

static void *
job_run(void *argument)
{
    struct job *job = argument;
    job->result = domain_resolve(job->domain, &job->query, &job->list, &job->fault);
    const uint64_t one = 1;
    (void)!write(job->done_fd, &one, sizeof one); /* the first write to a counter cannot fail */
    job_leave(job);
    return NULL;
}

/* Signals are for the main thread, whose loop_wait they interrupt. Returns 0 or an errno. */
static int
job_start(struct job *job)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED); /* a valid word cannot fail */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)atomic_fetch_add(&job->owners, 1);
    pthread_t thread;
    error = pthread_create(&thread, &attributes, job_run, job);
    if (error != 0)
        (void)atomic_fetch_sub(&job->owners, 1);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return error;
}

/* Wait for the answer and take it out of the job. */
static int
job_wait(struct job *job, struct loop *loop, int64_t deadline, struct address_list *list, struct fault *fault)
{
    struct pollfd done = { .fd = job->done_fd, .events = POLLIN };
    int ready = loop_wait(loop, &done, 1, deadline, fault);
    if (ready < 0)
        return -1;
    if (ready == 0)
        return fault_say(fault, STATUS_TIMEOUT, "timed out", "lookup of %s", job->host);
    uint64_t count;
    (void)!read(job->done_fd, &count, sizeof count); /* only orders our reads after the thread's writes */
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
    int result;
    errno = job_start(job);
    if (errno != 0)
        result = fault_set(fault, STATUS_LOOKUP, "thread for the lookup of %s", query->target.host);
    else
        result = job_wait(job, loop, deadline, list, fault);
    job_leave(job);
    return result;
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
        result = domain_resolve(domain, query, list, fault);
    if (result == 0 && list->count == 0)
        result = fault_say(fault, STATUS_LOOKUP, "no address found", "lookup of %s", query->target.host);
    if (result < 0)
        address_list_free(list);
    return result;
}
