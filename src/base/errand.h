/*
 * Work that may block for as long as it likes, in a helper thread: lookups of names, files on a slow disk. Who asked
 * waits for it by a deadline, or looks now and then; an errand that nobody waits for any more goes on by itself, and
 * frees its own data.
 */
#ifndef SKT_BASE_ERRAND_H
#define SKT_BASE_ERRAND_H

#include "base/fault.h"
#include "base/loop.h"
#include <stdbool.h>
#include <stdint.h>

struct errand;

/*
 * Start a thread that calls work(context), without signals. What it leaves in the context may be looked at as soon as
 * the errand is done; forget(context) is called once both sides have left.
 * Returns NULL with errno if there can be none: then the context is still the caller's.
 */
struct errand *errand_start(void (*work)(void *context), void (*forget)(void *context), void *context);

/* Wait until it is done. Returns 1, or 0 at the deadline (monotonic ms), or -1: a signal, or STATUS_LOCAL. */
int errand_wait(struct errand *errand, struct loop *loop, int64_t deadline, struct fault *fault);

/* Is it done? */
bool errand_done(const struct errand *errand);

/* For who waits for other things, too: readable once it is done; then ask errand_done. It stays the errand's. */
int errand_fd(const struct errand *errand);

/* No more interest in it, done or not; the thread of one that is done has ended afterwards. NULL is no errand. */
void errand_leave(struct errand *errand);

/*
 * A crew, or thread pool: errands of which there may be many at a time, run by no more than `most` threads in the order in which they were
 * started. crew_start is as errand_start. Those that were started before crew_close are still run.
 * crew_open returns NULL with errno.
 */
struct crew;

struct crew *crew_open(unsigned most);
struct errand *crew_start(struct crew *crew, void (*work)(void *context), void (*forget)(void *context),
                          void *context);
void crew_close(struct crew *crew);

#endif
