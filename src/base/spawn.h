/*
 * Starting a program: what it begins with, whatever we have made of ours, or were started with.
 *
 * That is done by a child which has our memory until it is the program (vfork(2)): nothing is copied, and nothing of
 * ours changes meanwhile.
 */
#ifndef SKT_BASE_SPAWN_H
#define SKT_BASE_SPAWN_H

#include <sys/types.h>

struct spawn_plan {
    const char *path;   /* as process_find has it */
    char *const *words; /* its arguments, its own name first; ended by NULL */
    char *const *environment;
    int in, out; /* become 0 and 1; lent, and neither is 0, 1 or 2 */
    int error;   /* becomes 2; -1: 2 stays ours */
    const char
        *terminal; /* becomes 0, 1 and 2, and the one that controls it; NULL: none, then the above hold */
};

/*
 * Have as many descriptors as we may. Programs go on to begin with the limit that we were started with: it is low so that
 * select(2) works, and for those that close all descriptors up to it.
 */
void spawn_raise_limit(void);

/*
 * Start it, with no descriptor but 0, 1 and 2, every signal at its default and none blocked, as the leader of a process
 * group of its own. How we ignore or handle signals is not to change between two calls. Returns its process, to be waited
 * for, or -1 with errno.
 */
pid_t spawn(const struct spawn_plan *plan);

#endif
