#include "base/draft.h"

#include "base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0666, NAME_TRIES = 100, LINK_SIZE = 32 };

/* Where a file without a name can be had by one. */
static void
link_path(int fd, char path[LINK_SIZE])
{
    (void)snprintf(path, LINK_SIZE, "/proc/self/fd/%d", fd);
}

/* A file without a name, if it can be given one later: after chroot(2) there may be no /proc. Returns -1 if not. */
static int
open_nameless(int folder)
{
    char path[LINK_SIZE];
    struct stat facts;
    int fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC | O_NONBLOCK, MODE);
    if (fd < 0)
        return -1;
    link_path(fd, path);
    if (lstat(path, &facts) == 0)
        return fd;
    (void)fd_close(&fd); /* and it is gone */
    return -1;
}

static int
open_beside(struct draft *draft)
{
    int fd = -1;
    for (int i = 0; i < NAME_TRIES && fd < 0; i++) {
        uint64_t number;
        if (getrandom(&number, sizeof number, 0) != sizeof number)
            return -1;
        (void)snprintf(draft->beside, sizeof draft->beside, ".skt-%016" PRIx64, number);
        fd = openat(draft->folder, draft->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NONBLOCK, MODE);
        if (fd < 0 && errno != EEXIST && errno != EINTR)
            break;
    }
    if (fd < 0)
        draft->beside[0] = '\0';
    return fd;
}

int
draft_begin(struct draft *draft, int folder)
{
    *draft = (struct draft){ .folder = folder, .fd = open_nameless(folder) };
    if (draft->fd < 0)
        draft->fd = open_beside(draft);
    return draft->fd < 0 ? -1 : 0;
}

/* Without overwriting, also where there are no links; and where that cannot be said, by a link. */
static int
rename_beside(const struct draft *draft, const char *name)
{
    if (renameat2(draft->folder, draft->beside, draft->folder, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (linkat(draft->folder, draft->beside, draft->folder, name, 0) != 0)
        return -1;
    (void)unlinkat(draft->folder, draft->beside, 0); /* if it stays, it is a second name of a good file */
    return 0;
}

int
draft_name(struct draft *draft, const char *name)
{
    char path[LINK_SIZE];
    link_path(draft->fd, path);
    int result = draft->beside[0] ? rename_beside(draft, name)
                                  : linkat(AT_FDCWD, path, draft->folder, name, AT_SYMLINK_FOLLOW);
    if (result == 0)
        draft->beside[0] = '\0';
    return result;
}

void
draft_drop(struct draft *draft)
{
    if (draft->beside[0])
        (void)unlinkat(draft->folder, draft->beside, 0); /* gone already, or not ours to remove any more */
    draft->beside[0] = '\0';
}
