#include "session/readiness.h"

#include "base/fd.h"
#include "session/announce.h"
#include <stdio.h>

int
readiness_prepare(struct readiness *readiness, const struct run *run, struct fault *fault)
{
    *readiness = (struct readiness){ .notify = { .fd = -1 }, .pid_file = { .fd = -1 } };
    if (privilege_look_up(&readiness->privilege, run->loop, run->request, run->deadline, fault) < 0)
        return -1;
    if (!run->request->notifies || notify_open(&readiness->notify, fault) == 0)
        return 0;
    privilege_free(&readiness->privilege);
    return -1;
}

/* "READY=1", and where we listen for those who look at the service. */
static int
tell_manager(const struct readiness *readiness, const struct run *run, const struct listener *listener,
             struct fault *fault)
{
    if (readiness->notify.fd < 0) /* nobody */
        return 0;
    char words[1024];
    struct address_text text;
    open_format(listener->plan, &listener->sockets[0].binding.address, &text);
    (void)snprintf(words, sizeof words, "READY=1\nSTATUS=Listening on %s%s%s", text.host,
                   *text.port ? " " : "", text.port);
    return notify_say(&readiness->notify, run->loop, words, run->deadline, fault);
}

int
readiness_reach(struct readiness *readiness, const struct run *run, struct listener *listener,
                struct fault *fault)
{
    const struct request *request = run->request;
    if (request->announces && announce(run->loop, listener, request->announce_to, run->deadline, fault) < 0)
        return -1;
    if (request->pid_file &&
        pid_file_write(&readiness->pid_file, run->loop, request->pid_file, run->deadline, fault) < 0)
        return -1;
    listener->stays = listener->stays || privilege_changes(&readiness->privilege);
    if (privilege_drop(&readiness->privilege, fault) < 0)
        return -1;
    return tell_manager(readiness, run, listener, fault);
}

void
readiness_end(struct readiness *readiness)
{
    pid_file_remove(&readiness->pid_file);
    notify_close(&readiness->notify);
    privilege_free(&readiness->privilege);
}

void
readiness_leave(struct readiness *readiness)
{
    (void)fd_close(&readiness->pid_file.fd); /* written by the other process */
    (void)fd_close(&readiness->notify.fd);   /* what was sent is sent */
    privilege_free(&readiness->privilege);
}
