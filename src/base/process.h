/*
 * A program that we have started: its descriptors, its end, and ending it.
 *
 * It is the leader of a process group of its own (spawn.h), so that whoever it starts is told with it, and we are not.
 */
#ifndef SKT_BASE_PROCESS_H
#define SKT_BASE_PROCESS_H

#include "base/fault.h"
#include "base/loop.h"
#include "base/spawn.h"
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    pid_t pid; /* 0: none, or it has ended and was waited for */
    pid_t group;
    int watch;       /* a pidfd; -1: the kernel has none, or had no descriptor for it */
    int status;      /* once it has ended, as wait(2) gives it */
    int64_t kill_at; /* it was told to end, and is killed then, in monotonic ms; DEADLINE_NEVER: it is not */
    bool is_told, is_killed;
};

/*
 * Where a program is: a name without a slash is looked for in PATH. Returns 0, or -1 with STATUS_NOT_FOUND, or with
 * STATUS_CANNOT_RUN if it is there and is no program.
 */
int process_find(const char *name, char path[PATH_MAX], struct fault *fault);

/* Returns 0, or -1 with STATUS_NOT_FOUND (its interpreter, too) or STATUS_CANNOT_RUN. */
int process_start(struct process *process, const struct spawn_plan *plan, struct fault *fault);

/*
 * Has it ended? Kills it first if it has been told to end and its time is over. *status and the like are known then, and
 * nothing is left of it in the kernel.
 */
bool process_ended(struct process *process, int64_t now);

/* What to wait for before asking again: a descriptor (-1: none), and until when at the latest. */
struct pollfd process_interest(const struct process *process, int64_t now, int64_t *deadline);

/*
 * Ask it, and whoever else is in its group, to end (SIGTERM), and kill them if they have not after grace_ms; -1: never. The
 * first call holds. It still has to be waited for.
 */
void process_tell(struct process *process, int64_t grace_ms, int64_t now);

/* It has ended: has it left somebody behind, in its group? */
bool process_left_others(const struct process *process);

/* It has ended: its exit status, or 128 and the signal that ended it. */
int process_status(const struct process *process);

#endif
