#include "base/process.h"

#include "base/deadline.h"
#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_MS = 20,     /* without a pidfd: look so often whether it has ended */
    KILLED_MS = 5000, /* so long for one that was killed: it may hang in the kernel, and we do not */
};

/* 0, or the errno that tells why a file is no program. */
static int
why_no_program(const char *path)
{
    struct stat facts;
    if (stat(path, &facts) != 0)
        return errno;
    if (S_ISDIR(facts.st_mode))
        return EISDIR;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

static int
cannot_run(const char *name, int error, struct fault *fault)
{
    bool is_missing = error == ENOENT || error == ENOTDIR;
    errno = error;
    return fault_set(fault, is_missing ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN, "%s", name);
}

int
process_find(const char *name, char path[PATH_MAX], struct fault *fault)
{
    const char *folders = getenv("PATH");
    if (!folders)
        folders = "/usr/local/bin:/usr/bin:/bin";
    if (strchr(name, '/')) {
        bool fits = snprintf(path, PATH_MAX, "%s", name) < PATH_MAX;
        int error = fits ? why_no_program(name) : ENAMETOOLONG;
        return error == 0 ? 0 : cannot_run(name, error, fault);
    }
    int found = 0; /* one that is there and cannot be run is told of only if there is no other */
    for (const char *folder = folders;; folder += strcspn(folder, ":") + 1) {
        int length = (int)strcspn(folder, ":");
        int size = snprintf(path, PATH_MAX, "%.*s%s%s", length, folder, length > 0 ? "/" : "./", name);
        int error = size < PATH_MAX ? why_no_program(path) : ENOENT;
        if (error == 0)
            return 0;
        found = error != ENOENT && error != ENOTDIR ? error : found;
        if (folder[length] == '\0')
            break;
    }
    if (found != 0)
        return cannot_run(name, found, fault);
    return fault_say(fault, STATUS_NOT_FOUND, "no such program in PATH", "%s", name);
}

/*
 * What was inherited stays ours. Ours alone is the mark, too: it belongs to the descriptor, not to what others share
 * with us. Kernels before 5.11, and some sandboxes, cannot mark a range.
 */
static void
keep_descriptors(void)
{
#ifdef SYS_close_range
    enum { RANGE_CLOEXEC = 1 << 2 };
    if (syscall(SYS_close_range, 3U, ~0U, RANGE_CLOEXEC) == 0)
        return;
#endif
    long count = sysconf(_SC_OPEN_MAX);
    for (int fd = 3; fd < (count < 0 ? 1024 : count); fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* most are not open */
}

static int
add_descriptors(posix_spawn_file_actions_t *actions, const struct process_plan *plan)
{
    int error = plan->terminal ? posix_spawn_file_actions_addopen(actions, 0, plan->terminal, O_RDWR, 0)
                               : posix_spawn_file_actions_adddup2(actions, plan->in, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, plan->terminal ? 0 : plan->out, 1);
    if (error == 0 && (plan->terminal || plan->error >= 0))
        error = posix_spawn_file_actions_adddup2(actions, plan->terminal ? 0 : plan->error, 2);
    return error;
}

/* Whatever we, or who started us, ignore or block. */
static int
add_signals(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    memset(&all, 0xff,
           sizeof all); /* sigfillset(3) leaves out what the C library uses, which would then be ignored */
    (void)sigemptyset(&none);
    int error = posix_spawnattr_setsigdefault(attributes, &all);
    return error != 0 ? error : posix_spawnattr_setsigmask(attributes, &none);
}

static int
spawn(pid_t *pid, const struct process_plan *plan)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        /* a session's first terminal without O_NOCTTY becomes the one that controls it: setsid(2), open(2) */
        int group = plan->terminal ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
        error = posix_spawnattr_setflags(&attributes,
                                         (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group));
        if (error == 0)
            error = add_signals(&attributes);
        if (error == 0)
            error = add_descriptors(&actions, plan);
        if (error == 0)
            error = posix_spawn(pid, plan->path, &actions, &attributes, plan->words, plan->environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

int
process_start(struct process *process, const struct process_plan *plan, struct fault *fault)
{
    *process = (struct process){ .watch = -1 };
    /* ignored by who started us, it would make the kernel throw away how our children end: wait(2), NOTES */
    (void)signal(SIGCHLD, SIG_DFL);
    keep_descriptors();
    int error = spawn(&process->pid, plan);
    if (error != 0)
        return cannot_run(plan->words[0], error, fault);
    process->group = process->pid;
#ifdef SYS_pidfd_open
    process->watch = (int)syscall(SYS_pidfd_open, process->pid, 0);
#endif
    return 0;
}

static bool
has_ended(struct process *process)
{
    if (process->pid == 0)
        return true;
    pid_t found = waitpid(process->pid, &process->status, WNOHANG);
    if (found == 0 || (found < 0 && errno == EINTR))
        return false;
    process->pid = 0;
    (void)fd_close(&process->watch);
    return true;
}

int
process_wait(struct process *process, struct loop *loop, struct pollfd *also, int64_t deadline,
             struct fault *fault)
{
    while (!has_ended(process)) {
        int64_t now = deadline_now();
        if (deadline_passed(deadline, now))
            return 0;
        struct pollfd polls[] = {
            { .fd = process->watch, .events = POLLIN },
            { .fd = also ? also->fd : -1, .events = also ? also->events : 0 },
        };
        int64_t until =
            process->watch >= 0 ? deadline : deadline_sooner(deadline, deadline_after(now, LOOK_MS));
        if (!loop)
            (void)loop_hold(polls, 2, until);
        else if (loop_wait(loop, polls, 2, until, fault) < 0)
            return -1;
        if (also && polls[1].revents) {
            also->revents = polls[1].revents;
            return 0;
        }
    }
    return 1;
}

void
process_tell(const struct process *process)
{
    if (process->pid == 0)
        return;
    (void)kill(-process->group, SIGTERM); /* gone by itself: then it needs not be told */
    (void)kill(-process->group, SIGCONT); /* one that was stopped could not end */
}

void
process_end(struct process *process, int64_t grace_ms)
{
    struct fault unused;
    process_tell(process);
    if (process_wait(process, NULL, NULL, deadline_after(deadline_now(), grace_ms), &unused) == 1)
        return;
    (void)kill(-process->group, SIGKILL);
    if (process_wait(process, NULL, NULL, deadline_after(deadline_now(), KILLED_MS), &unused) == 1)
        return;
    process->status = SIGKILL; /* it will be */
    (void)fd_close(&process->watch);
}

bool
process_left_others(const struct process *process)
{
    return process->group > 0 && kill(-process->group, 0) == 0;
}

int
process_status(const struct process *process)
{
    return WIFSIGNALED(process->status) ? 128 + WTERMSIG(process->status) : WEXITSTATUS(process->status);
}
