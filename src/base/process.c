#include "base/process.h"

#include "base/deadline.h"
#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int
process_start(struct process *process, const struct spawn_plan *plan, struct fault *fault)
{
    *process = (struct process){ .watch = -1, .kill_at = DEADLINE_NEVER };
    pid_t pid = spawn(plan);
    if (pid < 0)
        return cannot_run(plan->words[0], errno, fault);
    process->pid = process->group = pid;
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
