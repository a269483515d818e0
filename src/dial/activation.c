#include "dial/activation.h"

#include "base/number.h"
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_PASSED = 3 /* SD_LISTEN_FDS_START */, PASSED_MAX = 65536 };

static const char prefix[] = "fd:systemd";

bool
activation_is_word(const char *word)
{
    size_t size = sizeof prefix - 1;
    return strncmp(word, prefix, size) == 0 &&
           (word[size] == '\0' || (word[size] == ':' && word[size + 1] != '\0'));
}

/* The number in a variable, or -1. */
static int64_t
number_in(const char *variable)
{
    const char *text = getenv(variable);
    int64_t number = -1;
    return text && number_whole(text, NUMBER_DECIMAL, &number) == NUMBER_FOUND ? number : -1;
}

/* How many were passed to this very process, or -1 with fault. */
static int
count_passed(const char *word, struct fault *fault)
{
    int64_t pid = number_in("LISTEN_PID"), count = number_in("LISTEN_FDS");
    if (!getenv("LISTEN_FDS") || !getenv("LISTEN_PID"))
        return fault_say(fault, STATUS_USAGE, "no socket was passed: LISTEN_FDS or LISTEN_PID is not set",
                         "%s", word);
    if (count < 1 || count > PASSED_MAX)
        return fault_say(fault, STATUS_USAGE, "no socket was passed: LISTEN_FDS is no number of some", "%s",
                         word);
    if (pid == getpid())
        return (int)count;
    (void)fault_say(fault, STATUS_USAGE, "", "%s", word);
    fault_add(fault, "what was passed is for process %s (LISTEN_PID), and this is %ld", getenv("LISTEN_PID"),
              (long)getpid());
    return -1;
}

/* Is descriptor `i` of those that were passed called so? Names are separated by colons. */
static bool
is_named(const char *names, int i, const char *name)
{
    for (; i > 0 && names; i--) {
        names = strchr(names, ':');
        names = names ? names + 1 : NULL;
    }
    return names && strcspn(names, ":") == strlen(name) && strncmp(names, name, strlen(name)) == 0;
}

static int
refuse_name(const char *word, struct fault *fault)
{
    const char *names = getenv("LISTEN_FDNAMES");
    (void)fault_say(fault, STATUS_USAGE, "no socket of that name was passed", "%s", word);
    fault_add(fault, names ? "; there are %s" : "; they have no names (LISTEN_FDNAMES)", names);
    return -1;
}

/* Those that the word means. Returns how many, or -1 with fault. */
static int
choose(const char *word, int passed, int *fds, size_t most, struct fault *fault)
{
    const char *name = word + sizeof prefix - 1;
    size_t found = 0;
    for (int i = 0; i < passed; i++) {
        int fd = FIRST_PASSED + i;
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* one that is not open is told of when it is used */
        if (*name == ':' && !is_named(getenv("LISTEN_FDNAMES"), i, name + 1))
            continue;
        if (found == most) {
            (void)fault_say(fault, STATUS_USAGE, "", "%s", word);
            fault_add(fault, "more than %zu sockets were passed", most);
            return -1;
        }
        fds[found++] = fd;
    }
    return found > 0 ? (int)found : refuse_name(word, fault);
}

int
activation_take(const char *word, int *fds, size_t most, struct fault *fault)
{
    int passed = count_passed(word, fault);
    int found = passed > 0 ? choose(word, passed, fds, most, fault) : -1;
    (void)unsetenv("LISTEN_FDS"); /* a good name cannot fail */
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDNAMES");
    return found;
}
