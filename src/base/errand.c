#include "base/errand.h"

#include "base/fd.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* It belongs to both sides; whoever leaves last frees it. */
struct errand {
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
void
errand_leave(struct errand *errand)
{
    if (!errand || atomic_fetch_sub_explicit(&errand->owners, 1, memory_order_acq_rel) > 1)
        return;
    errand->forget(errand->context);
    errand_free(errand);
}

static void *
errand_run(void *argument)
{
    struct errand *errand = argument;
    errand->work(errand->context);
    atomic_store_explicit(&errand->done, true, memory_order_release);
    const uint64_t one = 1;
    (void)!write(errand->done_fd, &one, sizeof one); /* the first write to a counter cannot fail */
    errand_leave(errand);
    return NULL;
}

/* Signals are for the main thread, whose loop_wait they interrupt. Returns 0 or an errno. */
static int
start_thread(struct errand *errand)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED); /* a valid word cannot fail */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    error = pthread_create(&thread, &attributes, errand_run, errand);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return error;
}

struct errand *
errand_start(void (*work)(void *context), void (*forget)(void *context), void *context)
{
    struct errand *errand = malloc(sizeof *errand);
    if (!errand)
        return NULL;
    *errand = (struct errand){
        .done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .work = work,
        .forget = forget,
        .context = context,
    };
    atomic_init(&errand->owners, 2);
    atomic_init(&errand->done, false);
    int error = errand->done_fd < 0 ? errno : start_thread(errand);
    if (error == 0)
        return errand;
    errand_free(errand);
    errno = error;
    return NULL;
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
