#include "session/caller.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "endpoint/socket.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

struct caller {
    int fd;
    struct address peer;
};

/* Whoever asks for one of these wants to see, or to be told of, a session that moves nothing; or there are none. */
static bool
is_watched(const struct run *run)
{
    const struct request *request = run->request;
    return run->observers || request->stats || request->labels || run->log->level >= LOG_STATE ||
           run->urgent.fd >= 0;
}

/* Is there something that can happen to a session by itself? */
static bool
has_clock(const struct run *run)
{
    const struct pump_policy *policy = &run->request->pump;
    return run->deadline != DEADLINE_NEVER || policy->idle_ms >= 0 || policy->quit_ms >= 0;
}

bool
caller_needs_no_session(const struct run *run)
{
    const struct request *request = run->request;
    bool has_nothing_to_say = request->local == LOCAL_STREAMS || request->local == LOCAL_ECHO;
    bool is_as_it_comes = !run->tls && !request->telnet && !request->send_only &&
                          request->receive_flags == 0 && request->pump.records.kind == RECORD_NONE;
    return has_nothing_to_say && is_as_it_comes && request->half_close == HALF_CLOSE_WRITE &&
           session_close_tells(run) && type_closes_plainly(request->socket.type) && !is_watched(run) &&
           !has_clock(run);
}

enum caller_state
caller_hear(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return CALLER_WAITS;
    if (n == 0 || (n < 0 && errno == ECONNRESET))
        return CALLER_LEFT;
    return CALLER_SPEAKS;
}

struct caller *
caller_take(int fd, const struct address *peer, bool tells_end, struct fault *fault)
{
    struct caller *caller = malloc(sizeof *caller);
    if (!caller) {
        (void)fault_set(fault, STATUS_LOCAL, "client");
        (void)fd_close(&fd);
        return NULL;
    }
    *caller = (struct caller){ .fd = fd, .peer = *peer };
    if (tells_end)
        (void)shutdown(fd, SHUT_WR); /* one that has gone meanwhile is found when it is heard */
    return caller;
}

struct pollfd
caller_interest(const struct caller *caller, int64_t *deadline)
{
    *deadline = DEADLINE_NEVER;
    return (struct pollfd){ .fd = caller->fd, .events = POLLIN | POLLRDHUP };
}

enum caller_state
caller_step(const struct caller *caller, const struct pollfd *poll)
{
    return poll->revents == POLLIN ? CALLER_SPEAKS : caller_hear(caller->fd);
}

int
caller_leave(struct caller *caller, struct address *peer)
{
    int fd = caller->fd;
    *peer = caller->peer;
    free(caller);
    return fd;
}

void
caller_close(struct caller *caller)
{
    if (!caller)
        return;
    (void)fd_close(&caller->fd); /* nothing was sent */
    free(caller);
}
