#include "session/privilege.h"

#include "base/deadline.h"
#include "base/errand.h"
#include "base/number.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPACE_SIZE = 1 << 20, GROUPS_MAX = 65536 /* NGROUPS_MAX of the kernel */ };

/* --- who ------------------------------------------------------------------------------------------------------------ */

/* A lookup in a helper thread, which has copies of its own only of what does not live as long as argv. */
struct job {
    const char *user, *group;
    int result;
    struct privilege found;
    struct fault fault;
};

static void
job_free(void *context)
{
    struct job *job = context;
    privilege_free(&job->found);
    free(job);
}

/* What is all digits is a number, here and for chown(1) unless somebody is called so. */
static bool
read_id(const char *word, unsigned *id)
{
    int64_t number = 0;
    if (number_whole(word, NUMBER_DECIMAL, &number) != NUMBER_FOUND || number >= UINT32_MAX)
        return false;
    *id = (unsigned)number;
    return true;
}

static int
not_found(const char *option, const char *word, int error, const char *why, struct fault *fault)
{
    errno = error;
    if (error != 0 && error != ENOENT)
        return fault_set(fault, STATUS_LOOKUP, "%s %s", option, word);
    return fault_say(fault, STATUS_LOOKUP, why, "%s %s", option, word);
}

static int
find_group(struct job *job, char *space)
{
    struct group group, *found = NULL;
    if (!job->group || read_id(job->group, &job->found.gid))
        return 0;
    int error = getgrnam_r(job->group, &group, space, SPACE_SIZE, &found);
    if (!found)
        return not_found("--group", job->group, error, "no such group", &job->fault);
    job->found.gid = found->gr_gid;
    return 0;
}

/* All groups of a user, as at a login (getgrouplist(3)). */
static int
find_groups(struct job *job, const char *name)
{
    int count = GROUPS_MAX;
    gid_t *groups = malloc(GROUPS_MAX * sizeof *groups);
    if (!groups)
        return fault_set(&job->fault, STATUS_LOCAL, "groups of %s", name);
    (void)getgrouplist(name, job->found.gid, groups, &count); /* more are not possible */
    job->found.groups = groups;
    job->found.group_count = count;
    return 0;
}

static int
find_user(struct job *job, char *space)
{
    struct passwd user, *found = NULL;
    bool is_number = read_id(job->user, &job->found.uid);
    int error = is_number ? getpwuid_r(job->found.uid, &user, space, SPACE_SIZE, &found)
                          : getpwnam_r(job->user, &user, space, SPACE_SIZE, &found);
    if (!found && !is_number)
        return not_found("--user", job->user, error, "no such user", &job->fault);
    if (!found && !job->group)
        return not_found("--user", job->user, error, "nobody has that number, so --group is needed as well",
                         &job->fault);
    if (found) {
        job->found.uid = found->pw_uid;
        if (!job->group)
            job->found.gid = found->pw_gid;
        return find_groups(job, found->pw_name);
    }
    return 0; /* a user without a name is in no groups but that one */
}

static void
job_run(void *context)
{
    struct job *job = context;
    char *space = malloc(SPACE_SIZE);
    if (!space)
        job->result = fault_set(&job->fault, STATUS_LOCAL, "--user %s", job->user);
    else if (find_group(job, space) < 0)
        job->result = -1;
    else
        job->result = find_user(job, space);
    free(space);
}

static int
look_up(struct job *job, struct privilege *privilege, struct loop *loop, int64_t deadline,
        struct fault *fault)
{
    struct errand *errand = errand_start(job_run, job_free, job);
    if (!errand) {
        (void)fault_set(fault, STATUS_LOCAL, "thread for the lookup of %s", job->user);
        job_free(job);
        return -1;
    }
    int done = errand_wait(errand, loop, deadline, fault), result = -1;
    if (done == 0) {
        (void)fault_say(fault, STATUS_TIMEOUT, "timed out", "--user %s", job->user);
    } else if (done > 0 && job->result < 0) {
        *fault = job->fault;
    } else if (done > 0) {
        privilege->uid = job->found.uid;
        privilege->gid = job->found.gid;
        privilege->groups = job->found.groups;
        privilege->group_count = job->found.group_count;
        privilege->changes_user = true;
        job->found.groups = NULL;
        result = 0;
    }
    errand_leave(errand);
    return result;
}

/* Wrong paths are told before a socket is opened; whether we may go there shows later. */
static int
check_folder(const char *folder, struct fault *fault)
{
    struct stat status;
    int result = stat(folder, &status);
    if (result == 0 && S_ISDIR(status.st_mode))
        return 0;
    errno = result == 0 ? ENOTDIR : errno;
    return fault_set(fault, STATUS_LOCAL, "--chroot %s", folder);
}

int
privilege_look_up(struct privilege *privilege, struct loop *loop, const struct request *request,
                  int64_t deadline, struct fault *fault)
{
    *privilege = (struct privilege){ .folder = request->chroot };
    if (request->chroot && check_folder(request->chroot, fault) < 0)
        return -1;
    if (!request->user)
        return 0;
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return fault_set(fault, STATUS_LOCAL, "--user %s", request->user);
    job->user = request->user;
    job->group = request->group;
    return look_up(job, privilege, loop, deadline, fault);
}

void
privilege_free(struct privilege *privilege)
{
    free(privilege->groups);
    privilege->groups = NULL;
}

/* --- giving up ------------------------------------------------------------------------------------------------------ */

bool
privilege_changes(const struct privilege *privilege)
{
    return privilege->folder || privilege->changes_user;
}

/* "needs root" is what EPERM means in all of this. */
static int
drop_fault(const char *what, struct fault *fault)
{
    int error = errno;
    (void)fault_set(fault, STATUS_LOCAL, "%s", what);
    if (error == EPERM)
        fault_add(fault, "; needs root");
    return -1;
}

/* Is it all gone, and can none of it come back? A capability that stayed, or a saved id, would bring it. */
static int
verify(const struct privilege *privilege, struct fault *fault)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    bool is_as_asked =
        getresuid(&real, &effective, &saved) == 0 && real == privilege->uid && effective == privilege->uid &&
        saved == privilege->uid && getresgid(&real_group, &effective_group, &saved_group) == 0 &&
        real_group == privilege->gid && effective_group == privilege->gid && saved_group == privilege->gid;
    bool comes_back = privilege->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0 || setgroups(0, NULL) == 0);
    comes_back =
        comes_back || (privilege->uid != 0 && privilege->gid != 0 && (setgid(0) == 0 || setegid(0) == 0));
    if (is_as_asked && !comes_back)
        return 0;
    return fault_say(fault, STATUS_LOCAL, "not given up for good", "privileges");
}

int
privilege_drop(const struct privilege *privilege, struct fault *fault)
{
    if (privilege->folder && (chroot(privilege->folder) < 0 || chdir("/") < 0)) {
        int error = errno;
        (void)fault_set(fault, STATUS_LOCAL, "--chroot %s", privilege->folder);
        if (error == EPERM)
            fault_add(fault, "; needs root");
        return -1;
    }
    if (!privilege->changes_user)
        return 0;
    size_t count = privilege->groups ? (size_t)privilege->group_count : 1;
    if (setgroups(count, privilege->groups ? privilege->groups : &privilege->gid) < 0)
        return drop_fault("groups", fault);
    if (setresgid(privilege->gid, privilege->gid, privilege->gid) < 0)
        return drop_fault("group", fault);
    if (setresuid(privilege->uid, privilege->uid, privilege->uid) < 0)
        return drop_fault("user", fault);
    return verify(privilege, fault);
}
