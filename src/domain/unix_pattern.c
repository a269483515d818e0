#include "domain/unix_pattern.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_UID, KIND_GID };

enum { SPACE_MAX = 1 << 20, GROUPS_MAX = 65536 /* NGROUPS_MAX of the kernel */ };

/* (uid_t)-1 stands for nobody. */
#define ID_MAX (UINT32_MAX - 1)

static const struct {
    const char *word;
    enum kind kind;
    bool asks;
} forms[] = {
    { "uid=", KIND_UID, false },
    { "gid=", KIND_GID, false },
    { "user=", KIND_UID, true },
    { "group=", KIND_GID, true },
};

const char *
unix_read_pattern(const char *words, struct pattern *pattern)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t size = strlen(forms[i].word);
        if (strncmp(words, forms[i].word, size) != 0)
            continue;
        uint32_t low, high;
        pattern->kind = (int)forms[i].kind;
        if (forms[i].asks && words[size] != '\0') {
            pattern->name = words + size;
            return NULL;
        }
        if (forms[i].asks || !pattern_read_range(words + size, ID_MAX, &low, &high))
            break;
        pattern_set_bounds(pattern, low, high);
        return NULL;
    }
    return "not unix:uid=N, unix:gid=N (also N-M), unix:user=NAME or unix:group=NAME";
}

/* The number of a user or a group. Returns 0, ENOENT, or what the databases say. */
static int
number_of(enum kind kind, const char *name, char *space, size_t size, uint32_t *number)
{
    struct passwd user, *found_user = NULL;
    struct group group, *found_group = NULL;
    int error = kind == KIND_UID ? getpwnam_r(name, &user, space, size, &found_user)
                                 : getgrnam_r(name, &group, space, size, &found_group);
    if (!found_user && !found_group)
        return error == 0 ? ENOENT : error;
    *number = found_user ? found_user->pw_uid : found_group->gr_gid;
    return 0;
}

int
unix_resolve_pattern(const struct pattern *pattern, struct pattern_list *list, struct fault *fault)
{
    struct pattern found = *pattern;
    uint32_t number = 0;
    int error = ERANGE; /* a group may have any number of members */
    for (size_t size = 4096; error == ERANGE && size <= SPACE_MAX; size *= 4) {
        char *space = malloc(size);
        error = space ? number_of((enum kind)pattern->kind, pattern->name, space, size, &number) : ENOMEM;
        free(space);
    }
    if (error == ENOENT)
        return fault_say(fault, STATUS_LOOKUP, pattern->kind == KIND_UID ? "no such user" : "no such group",
                         "%s", pattern->name);
    errno = error;
    if (error != 0)
        return fault_set(fault, STATUS_LOOKUP, "%s", pattern->name);
    pattern_set_bounds(&found, number, number);
    return pattern_list_add(list, &found) == 0 ? 0 : fault_set(fault, STATUS_LOCAL, "list of patterns");
}

/* Is one of the groups that a process has besides its own meant? */
static bool
has_group(const struct pattern *pattern, int fd)
{
    gid_t *groups = malloc(GROUPS_MAX * sizeof *groups);
    socklen_t size = GROUPS_MAX * sizeof *groups;
    bool has = false;
    if (groups && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0)
        for (size_t i = 0; i < size / sizeof *groups; i++)
            has = has || pattern_bounds_have(pattern, groups[i]);
    free(groups);
    return has;
}

bool
unix_matches(const struct pattern *pattern, const struct address *peer, int fd)
{
    (void)peer; /* it may call itself as it likes */
    struct ucred who;
    socklen_t size = sizeof who;
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 || who.uid == (uid_t)-1)
        return false;
    if (pattern->kind == KIND_UID)
        return pattern_bounds_have(pattern, who.uid);
    return pattern_bounds_have(pattern, who.gid) || has_group(pattern, fd);
}
