#include "session/admission.h"

#include "base/deadline.h"
#include "base/errand.h"
#include "base/fd.h"
#include "session/access.h"
#include "session/report.h"
#include <stdlib.h>

/* Lists on their way. Copies, because who asked may be gone before they are there; argv stays. */
struct load {
    struct access_sources sources;
    bool numeric;
    const char *netns;
    struct log log;
    bool again; /* not the first: who has asked does not wait */
    int result;
    struct access access;
    struct fault fault;
};

struct admission {
    struct loop *loop;
    const struct request *request;
    const struct log *log;
    struct access access;
    struct errand *errand; /* lists that are being read; NULL: none */
    struct load *load;     /* what it leaves */
    struct address denied; /* the last sender that was */
};

static void
load_run(void *context)
{
    struct load *load = context;
    load->result = access_load(&load->access, &load->sources, load->numeric, load->netns, &load->fault);
    if (!load->again)
        return;
    if (load->result == 0) {
        log_line(&load->log, LOG_TALK, "Access lists read again");
        return;
    }
    fault_add(&load->fault, "; the lists stay as they were");
    log_fault(&load->log, &load->fault);
}

static void
load_free(void *context)
{
    struct load *load = context;
    access_free(&load->access);
    free(load);
}

/* Returns 0, or -1 with STATUS_LOCAL. */
static int
load_start(struct admission *admission, bool again, struct fault *fault)
{
    struct load *load = calloc(1, sizeof *load);
    if (!load)
        return fault_set(fault, STATUS_LOCAL, "access lists");
    load->sources = admission->request->access;
    load->numeric = admission->request->socket.numeric;
    load->netns = admission->request->socket.netns;
    load->log = *admission->log;
    load->again = again;
    admission->errand = errand_start(load_run, load_free, load);
    admission->load = load;
    if (admission->errand)
        return 0;
    (void)fault_set(fault, STATUS_LOCAL, "thread for access lists");
    load_free(load);
    return -1;
}

/* Put the lists that are there into force, if they are good. */
static int
load_take(struct admission *admission, struct fault *fault)
{
    struct load *load = admission->load;
    int result = load->result;
    if (result == 0) {
        struct access old = admission->access;
        admission->access = load->access;
        load->access = old;
    } else {
        *fault = load->fault;
    }
    errand_leave(admission->errand);
    admission->errand = NULL;
    return result;
}

/* Whatever is being read may have been read before the change that this is about: begin anew. */
static void
on_hangup(void *context)
{
    struct admission *admission = context;
    struct fault fault;
    errand_leave(admission->errand);
    admission->errand = NULL;
    if (load_start(admission, true, &fault) < 0)
        log_fault(admission->log, &fault);
}

static bool
has_files(const struct access_sources *sources)
{
    bool has = false;
    for (size_t i = 0; i < sources->count; i++)
        has = has || sources->items[i].is_file;
    return has;
}

/* The first lists have to be there before anybody is let in. */
static int
load_first(struct admission *admission, int64_t deadline, struct fault *fault)
{
    if (load_start(admission, false, fault) < 0)
        return -1;
    int done = errand_wait(admission->errand, admission->loop, deadline, fault);
    if (done > 0)
        return load_take(admission, fault);
    return done == 0 ? fault_say(fault, STATUS_TIMEOUT, "timed out", "access lists") : -1;
}

struct admission *
admission_open(struct loop *loop, const struct request *request, const struct log *log, int64_t deadline,
               struct fault *fault)
{
    struct admission *admission = malloc(sizeof *admission);
    if (!admission) {
        (void)fault_set(fault, STATUS_LOCAL, "access lists");
        return NULL;
    }
    *admission = (struct admission){ .loop = loop, .request = request, .log = log };
    if (load_first(admission, deadline, fault) < 0) {
        admission_close(admission);
        return NULL;
    }
    if (has_files(&request->access))
        loop_on_hangup(loop, on_hangup, admission);
    return admission;
}

void
admission_close(struct admission *admission)
{
    if (!admission)
        return;
    if (has_files(&admission->request->access))
        loop_on_hangup(admission->loop, NULL, NULL);
    errand_leave(admission->errand);
    access_free(&admission->access);
    free(admission);
}

int
admission_wait(struct admission *admission, struct fault *fault)
{
    struct fault told; /* the thread has said it already */
    if (!admission || !admission->errand)
        return 0;
    if (errand_wait(admission->errand, admission->loop, DEADLINE_NEVER, fault) < 0)
        return -1;
    (void)load_take(admission, &told);
    return 0;
}

static bool
allows(struct admission *admission, const struct socket_plan *plan, const struct address *peer, int fd)
{
    struct fault told; /* the thread has said it already */
    if (admission->errand && errand_done(admission->errand))
        (void)load_take(admission, &told);
    return access_allows(&admission->access, plan->domain, peer, fd);
}

bool
admission_takes(struct admission *admission, const struct socket_plan *plan, const struct address *peer,
                int *fd)
{
    if (!admission || allows(admission, plan, peer, *fd))
        return true;
    char name[REPORT_NAME_SIZE];
    report_name(plan, peer, name, sizeof name);
    log_line(admission->log, LOG_TALK, "Connection from %s denied", name);
    report_who(admission->log, plan, *fd);
    const struct linger at_once = { .l_onoff = 1 };
    (void)setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); /* others than TCP just end */
    (void)fd_close(fd);                                                     /* nothing was sent */
    return false;
}

bool
admission_hears(struct admission *admission, const struct socket_plan *plan, const struct address *sender)
{
    if (!admission || allows(admission, plan, sender, -1))
        return true;
    if (domain_same(plan->domain, &admission->denied, sender))
        return false; /* said already */
    admission->denied = *sender;
    char name[REPORT_NAME_SIZE];
    report_name(plan, sender, name, sizeof name);
    log_line(admission->log, LOG_TALK, "Datagrams from %s denied", name);
    return false;
}
