#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct sigaction by_default = { .sa_handler = SIG_DFL };

/*
 * sigaction(2) refuses those that the C library keeps for itself, and who started us may have them ignored: so the kernel is
 * asked, whose structure is as empty by default.
 */
static const long by_default_there[16] = { 0 };

/* How many descriptors we might have when we were started, if it is more now; otherwise 0. */
static rlim_t first_limit;

void
spawn_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) /* refused: running out of them is waited through */
        first_limit = before;
}

static bool
is_changed_there(int signal)
{
    long action[sizeof by_default_there / sizeof by_default_there[0]] = { 0 };
    return syscall(SYS_rt_sigaction, signal, NULL, action, NSIG / CHAR_BIT) == 0 &&
           memcmp(action, by_default_there, sizeof action) != 0;
}

/* Which signals are not at their default: asked for once, as each is a system call. [0] is none, and tells that it was. */
static const bool *
changed_signals(void)
{
    static bool is_changed[NSIG];
    if (is_changed[0])
        return is_changed;
    is_changed[0] = true;
    /* ignored by who started us, it would make the kernel throw away how our children end: wait(2), NOTES */
    (void)sigaction(SIGCHLD, &by_default, NULL);
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;
        is_changed[signal] =
            sigaction(signal, NULL, &action) == 0 ? action.sa_handler != SIG_DFL : is_changed_there(signal);
    }
    return is_changed;
}

/* --- in the child, which has our memory: nothing here may change it ---------------------------------------------- */

/* Also those that we handle, as a handler would run in our memory. */
static void
reset_signals(const bool *is_changed)
{
    for (int signal = 1; signal < NSIG; signal++)
        if (is_changed[signal] && sigaction(signal, &by_default, NULL) != 0)
            (void)syscall(SYS_rt_sigaction, signal, by_default_there, NULL, NSIG / CHAR_BIT);
}

/* What we have stays ours: the mark belongs to the descriptor. Kernels before 5.11, and some sandboxes, cannot mark a range. */
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

/* A session's first terminal without O_NOCTTY becomes the one that controls it: setsid(2), open(2). */
static int
take_terminal(const char *path)
{
    int fd = open(path, O_RDWR);
    if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        return -1;
    return fd > 2 ? close(fd) : 0;
}

static int
take_descriptors(const struct spawn_plan *plan)
{
    if (plan->terminal)
        return take_terminal(plan->terminal);
    if (dup2(plan->in, 0) < 0 || dup2(plan->out, 1) < 0)
        return -1;
    return plan->error >= 0 ? dup2(plan->error, 2) : 0;
}

static int
restore_limit(void)
{
    struct rlimit limit;
    if (first_limit == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= first_limit)
        return 0;
    limit.rlim_cur = first_limit;
    return setrlimit(RLIMIT_NOFILE, &limit); /* less is always allowed; what is open stays open */
}

/* Returns only if it cannot, with errno. */
static int
become(const struct spawn_plan *plan, const bool *is_changed)
{
    sigset_t none;
    (void)sigemptyset(&none);
    keep_descriptors();
    reset_signals(is_changed);
    if ((plan->terminal ? setsid() : setpgid(0, 0)) >= 0 && take_descriptors(plan) >= 0 &&
        restore_limit() == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        (void)execve(plan->path, plan->words, plan->environment);
    return errno;
}

/* --- and here ---------------------------------------------------------------------------------------------------- */

pid_t
spawn(const struct spawn_plan *plan)
{
    const bool *is_changed = changed_signals();
    volatile int error = 0; /* the child's to tell */
    pid_t pid = vfork();
    if (pid == 0) {
        error = become(plan, is_changed);
        _exit(127);
    }
    if (pid < 0 || error == 0)
        return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    errno = error;
    return -1;
}
