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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 20 }; /* without a pidfd: look so often whether it has ended */

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

/* How many descriptors we might have when we were started, if it is more now; otherwise 0. */
static rlim_t first_limit;

void
process_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) /* refused: running out of them is waited through */
        first_limit = before;
}

/* A child begins with the limit that its parent has: ours is that for a moment. What is open stays open. */
static int
spawn_with_limit(pid_t *pid, const struct process_plan *plan, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes)
{
    struct rlimit ours;
    bool is_lowered = first_limit > 0 && getrlimit(RLIMIT_NOFILE, &ours) == 0 && first_limit < ours.rlim_cur;
    if (is_lowered) {
        const struct rlimit theirs = { .rlim_cur = first_limit, .rlim_max = ours.rlim_max };
        (void)setrlimit(RLIMIT_NOFILE, &theirs); /* less is always allowed, and so is going back */
    }
    int error = posix_spawn(pid, plan->path, actions, attributes, plan->words, plan->environment);
    if (is_lowered)
        (void)setrlimit(RLIMIT_NOFILE, &ours);
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
            error = spawn_with_limit(pid, plan, &actions, &attributes);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

int
process_start(struct process *process, const struct process_plan *plan, struct fault *fault)
{
    *process = (struct process){ .watch = -1, .kill_at = DEADLINE_NEVER };
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

static void
signal_all(const struct process *process, int signal)
{
    (void)kill(-process->group, signal); /* gone by themselves: then they need not be told */
}

bool
process_ended(struct process *process, int64_t now)
{
    if (process->pid == 0)
        return true;
    if (!process->is_killed && deadline_passed(process->kill_at, now)) {
        process->is_killed = true;
        signal_all(process, SIGKILL);
    }
    pid_t found = waitpid(process->pid, &process->status, WNOHANG);
    if (found == 0 || (found < 0 && errno == EINTR))
        return false;
    process->pid = 0;
    (void)fd_close(&process->watch);
    return true;
}

struct pollfd
process_interest(const struct process *process, int64_t now, int64_t *deadline)
{
    if (!process->is_killed)
        *deadline = deadline_sooner(*deadline, process->kill_at);
    if (process->watch < 0)
        *deadline = deadline_sooner(*deadline, deadline_after(now, LOOK_MS));
    return (struct pollfd){ .fd = process->watch, .events = POLLIN };
}

void
process_tell(struct process *process, int64_t grace_ms, int64_t now)
{
    if (process->pid == 0 || process->is_told)
        return;
    process->is_told = true;
    process->kill_at = deadline_after(now, grace_ms);
    signal_all(process, SIGTERM);
    signal_all(process, SIGCONT); /* one that was stopped could not end */
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
