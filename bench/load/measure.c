/*
 * Run one command and say what it took.
 *
 *     measure [-p CPU] [-t SECONDS] -r FD COMMAND [ARGUMENT]...
 *
 * Writes to descriptor FD the line "PID", and when the command has ended "STARTED ENDED CPU RSS STATUS": monotonic
 * nanoseconds, microseconds of processor time with that of its children, the peak of its memory in KiB, and its
 * exit status or 128 + signal. SIGTERM to this program, or the end of the time, ends the command.
 *
 * A program of its own, and small, because the kernel counts the memory of whoever calls exec as the command's.
 */
#include "../net.h"
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PATIENCE_S = 2 }; /* between SIGTERM and SIGKILL */

static void
pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    must(sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

_Noreturn static void
become(char **command, const sigset_t *signals)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is left behind when we are killed */
    (void)sigprocmask(SIG_SETMASK, signals, NULL);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

/* Wait until the command has ended; end it when we are told to, or after so many seconds. */
static int
await(pid_t child, int seconds, const sigset_t *signals, struct rusage *usage)
{
    struct timespec limit = { .tv_sec = seconds };
    int gentle = SIGTERM, status;
    for (;;) {
        int signal_number = sigtimedwait(signals, NULL, &limit);
        if (wait4(child, &status, WNOHANG, usage) == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (signal_number == SIGCHLD || (signal_number == -1 && errno == EINTR))
            continue;
        (void)kill(child, gentle); /* it may have ended meanwhile, and is not reaped before we do it */
        gentle = SIGKILL;
        limit.tv_sec = PATIENCE_S;
    }
}

int
main(int argc, char **argv)
{
    int report = -1, seconds = 60, option;
    while ((option = getopt(argc, argv, "+p:t:r:")) != -1) {
        if (option == 'p')
            pin(number(optarg));
        else if (option == 't')
            seconds = number(optarg);
        else if (option == 'r')
            report = number(optarg);
        else
            return 2;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, &before);

    int64_t started = now_ns();
    pid_t child = (pid_t)must(fork(), "fork");
    if (child == 0) {
        close(report);
        become(argv + optind, &before);
    }
    dprintf(report, "%d\n", (int)child);
    struct rusage usage;
    int status = await(child, seconds, &signals, &usage);
    int64_t ended = now_ns();
    int64_t cpu = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                  usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    dprintf(report, "%lld %lld %lld %ld %d\n", (long long)started, (long long)ended, (long long)cpu,
            usage.ru_maxrss, status);
    return 0;
}
