#include "base/errand.h"

#include "base/fd.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Errands that take turns. It belongs to who has opened it and to its threads; whoever leaves last frees it. */
struct crew {
    pthread_mutex_t lock; /* of all below */
    struct errand *first, **last;
    unsigned threads, most;
    bool is_closed;
};

/* It belongs to both sides; whoever leaves last frees it. */
struct errand {
    struct crew *crew; /* NULL: it has a thread for itself */
    struct errand *next;
    pthread_t thread; /* of one that has a thread for itself: its starter's to join or to detach */
    atomic_int owners;
    atomic_bool done;
    int done_fd; /* eventfd(2): readable when it is done */
    void (*work)(void *context);
    void (*forget)(void *context);
    void *context;
};

static void
errand_free(struct errand *errand)
{
    (void)fd_close(&errand->done_fd); /* holds no data */
    free(errand);
}

/* acq_rel: whoever frees must see all that the other has written. */
static void
errand_drop(struct errand *errand)
{
    if (atomic_fetch_sub_explicit(&errand->owners, 1, memory_order_acq_rel) > 1)
        return;
    errand->forget(errand->context);
    errand_free(errand);
}

/*
 * A thread that is done has only its own memory left to free (libc's resolver keeps some for each), which takes
 * it no time: the process shall not exit in between.
 */
void
errand_leave(struct errand *errand)
{
    if (!errand)
        return;
    if (!errand->crew)
        (void)(errand_done(errand) ? pthread_join(errand->thread, NULL) : pthread_detach(errand->thread));
    errand_drop(errand);
}

static void
crew_free(struct crew *crew)
{
    (void)pthread_mutex_destroy(&crew->lock); /* nobody has it any more */
    free(crew);
}

/* The next errand of the crew. NULL: there is none, and the thread that asks has left. */
static struct errand *
crew_next(struct crew *crew)
{
    (void)pthread_mutex_lock(&crew->lock); /* a plain lock that nobody holds for long */
    struct errand *errand = crew->first;
    if (errand) {
        crew->first = errand->next;
        crew->last = crew->first ? crew->last : &crew->first;
    }
    crew->threads -= !errand;
    bool is_last = crew->is_closed && crew->threads == 0;
    (void)pthread_mutex_unlock(&crew->lock);
    if (is_last)
        crew_free(crew);
    return errand;
}

static void *
errand_run(void *argument)
{
    const uint64_t one = 1;
    struct errand *errand = argument;
    while (errand) {
        struct crew *crew = errand->crew;
        errand->work(errand->context);
        atomic_store_explicit(&errand->done, true, memory_order_release);
        (void)!write(errand->done_fd, &one, sizeof one); /* the first write to a counter cannot fail */
        errand_drop(errand);
        errand = crew ? crew_next(crew) : NULL;
    }
    return NULL;
}

/* Signals are for the main thread, whose loop_wait they interrupt. Returns 0 or an errno. */
static int
start_thread(struct errand *errand, pthread_t *thread)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, errand_run, errand);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static struct errand *
errand_new(struct crew *crew, void (*work)(void *context), void (*forget)(void *context), void *context)
{
    struct errand *errand = malloc(sizeof *errand);
    if (!errand)
        return NULL;
    *errand = (struct errand){
        .crew = crew,
        .done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .work = work,
        .forget = forget,
        .context = context,
    };
    atomic_init(&errand->owners, 2);
    atomic_init(&errand->done, false);
    if (errand->done_fd >= 0)
        return errand;
    int error = errno;
    free(errand);
    errno = error;
    return NULL;
}

static struct errand *
errand_fail(struct errand *errand, int error)
{
    errand_free(errand);
    errno = error;
    return NULL;
}

struct errand *
errand_start(void (*work)(void *context), void (*forget)(void *context), void *context)
{
    struct errand *errand = errand_new(NULL, work, forget, context);
    int error = errand ? start_thread(errand, &errand->thread) : 0;
    return error == 0 ? errand : errand_fail(errand, error);
}

struct crew *
crew_open(unsigned most)
{
    struct crew *crew = malloc(sizeof *crew);
    if (!crew)
        return NULL;
    *crew = (struct crew){ .most = most, .last = &crew->first };
    (void)pthread_mutex_init(&crew->lock, NULL); /* cannot fail: pthread_mutex_init(3) */
    return crew;
}

void
crew_close(struct crew *crew)
{
    if (!crew)
        return;
    (void)pthread_mutex_lock(&crew->lock);
    crew->is_closed = true;
    bool is_last = crew->threads == 0;
    (void)pthread_mutex_unlock(&crew->lock);
    if (is_last)
        crew_free(crew);
}

/* With the lock held. A thread that cannot be had is not needed as long as there is another. */
static int
crew_give(struct crew *crew, struct errand *errand)
{
    pthread_t thread;
    int error = crew->threads < crew->most ? start_thread(errand, &thread) : EAGAIN;
    if (error == 0) {
        (void)pthread_detach(thread);
        crew->threads++;
    } else if (crew->threads > 0) {
        *crew->last = errand;
        crew->last = &errand->next;
        error = 0;
    }
    return error;
}

struct errand *
crew_start(struct crew *crew, void (*work)(void *context), void (*forget)(void *context), void *context)
{
    struct errand *errand = errand_new(crew, work, forget, context);
    if (!errand)
        return NULL;
    (void)pthread_mutex_lock(&crew->lock);
    int error = crew_give(crew, errand);
    (void)pthread_mutex_unlock(&crew->lock);
    return error == 0 ? errand : errand_fail(errand, error);
}

int
errand_wait(struct errand *errand, struct loop *loop, int64_t deadline, struct fault *fault)
{
    struct pollfd done = { .fd = errand->done_fd, .events = POLLIN };
    int ready = loop_wait(loop, &done, 1, deadline, fault);
    if (ready > 0)
        (void)errand_done(errand); /* orders our reads after the thread's writes */
    return ready;
}

bool
errand_done(const struct errand *errand)
{
    return atomic_load_explicit(&errand->done, memory_order_acquire);
}

int
errand_fd(const struct errand *errand)
{
    return errand->done_fd;
}
