/* --pid-file: our process id in a file, from when we listen until we end. */
#ifndef SKT_SESSION_PID_FILE_H
#define SKT_SESSION_PID_FILE_H

#include "base/loop.h"

struct pid_file {
    const char *path;
    int fd; /* -1: none */
};

/* Make it (fd_create) and write it. Returns 0, or -1 with STATUS_LOCAL, STATUS_TIMEOUT or a signal. */
int pid_file_write(struct pid_file *file, struct loop *loop, const char *path, int64_t deadline,
                   struct fault *fault);

/*
 * Remove it, if it is still the same file; where that is not possible any more, after --user or --chroot, empty it.
 */
void pid_file_remove(struct pid_file *file);

#endif
