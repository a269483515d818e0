#include "session/pid_file.h"

#include "base/fd.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
pid_file_write(struct pid_file *file, struct loop *loop, const char *path, int64_t deadline,
               struct fault *fault)
{
    char text[32];
    file->path = path;
    file->fd = fd_create(loop, path, false, deadline, fault);
    if (file->fd < 0)
        return -1;
    (void)snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (fd_write_all(file->fd, text, strlen(text)) == 0)
        return 0;
    (void)fault_set(fault, STATUS_LOCAL, "%s", path);
    pid_file_remove(file);
    return -1;
}

void
pid_file_remove(struct pid_file *file)
{
    struct stat ours, there;
    if (file->fd < 0)
        return;
    bool is_file = fd_stat(file->fd, &ours) == 0 && S_ISREG(ours.st_mode);
    bool is_there = is_file && lstat(file->path, &there) == 0 && there.st_dev == ours.st_dev &&
                    there.st_ino == ours.st_ino;
    bool is_removed = is_there && unlink(file->path) == 0;
    if (is_file && !is_removed)
        (void)!ftruncate(file->fd, 0); /* then it names nobody; if that fails, too, a process that is gone */
    (void)fd_close(&file->fd);
}
