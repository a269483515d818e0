#include "dial/netns.h"

#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static const char folder[] = "/run/netns"; /* ip-netns(8) */

const char *
netns_check(const char *word)
{
    if (*word == '\0')
        return "empty; a name as ip-netns(8) has it, or a path";
    if (strcmp(word, ".") == 0 || strcmp(word, "..") == 0)
        return "no name of a network namespace; a path has a slash";
    return strlen(word) + sizeof folder < PATH_MAX ? NULL : "too long for a path";
}

static int
enter_fault(const char *word, struct fault *fault)
{
    if (errno == EINVAL)
        return fault_say(fault, STATUS_LOCAL, "is no network namespace", "--netns %s", word);
    int error = errno;
    (void)fault_set(fault, STATUS_LOCAL, "--netns %s", word);
    if (error == EPERM)
        fault_add(fault, "; needs root, or CAP_SYS_ADMIN");
    return -1;
}

int
netns_enter(const char *word, int *back, struct fault *fault)
{
    *back = -1;
    if (!word)
        return 0;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s%s%s", strchr(word, '/') ? "" : folder, strchr(word, '/') ? "" : "/",
                   word);
    int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (here < 0)
        return fault_set(fault, STATUS_LOCAL, "/proc/thread-self/ns/net");
    int there = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int result = there < 0 ? -1 : setns(there, CLONE_NEWNET);
    int error = errno;
    (void)fd_close(&there); /* only named it */
    errno = error;
    if (result == 0) {
        *back = here;
        return 0;
    }
    (void)enter_fault(word, fault);
    (void)fd_close(&here);
    return -1;
}

int
netns_leave(int *back, struct fault *fault)
{
    if (*back < 0)
        return 0;
    int error = errno;
    int result = setns(*back, CLONE_NEWNET);
    if (result < 0)
        (void)fault_set(fault, STATUS_LOCAL, "back to the own network namespace");
    (void)fd_close(back);
    errno = error;
    return result;
}
