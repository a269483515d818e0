#include "session/session.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "endpoint/socket.h"
#include "endpoint/telnet.h"
#include "observe/stats.h"
#include "session/handshake.h"
#include "session/local.h"
#include "session/pass.h"
#include "session/peek.h"
#include "session/program.h"
#include "session/relay.h"
#include "session/report.h"
#include "session/urgent.h"
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

void
session_tell_loss(const void *context, const char *name)
{
    const struct run *run = context;
    log_line(run->log, LOG_ERROR, "%s: messages were lost: they came faster than they were taken", name);
}

void
session_tell_drop(const void *context, const char *name)
{
    const struct run *run = context;
    log_line(run->log, LOG_TALK, "%s: the kernel drops messages: they come faster than they are taken", name);
}

void
session_tell_kept(const void *context, const char *name, uint64_t bytes)
{
    const struct run *run = context;
    log_line(run->log, LOG_TALK, "Received %s, %" PRIu64 " bytes", name, bytes);
}

bool
session_is_shared(const struct request *request)
{
    return request->socket.inherited >= 0 || request->receives;
}

bool
session_was_empty(const struct run *run, const struct outcome *outcome)
{
    bool had_all = run->request->send_only && outcome->input_ended;
    return outcome->untouched && outcome->peer_left && !had_all;
}

void
session_tell_empty(const struct run *run)
{
    log_line(run->log, LOG_TALK, "Connection closed without a byte");
}

/* A session with a program waits for that, too; a file that is received decides whether the end is a reset. */
bool
session_close_tells(const struct run *run)
{
    const struct request *request = run->request;
    return !session_is_shared(request) && !session_hands_over(request) && !request->program && !run->intake &&
           !request->urgent_text && request->half_close != HALF_CLOSE_NONE &&
           !sockopt_changes_close(&request->socket.options);
}

/* The socket's own part of a request. */
static struct socket_choice
socket_choice(const struct run *run)
{
    const struct request *request = run->request;
    return (struct socket_choice){
        .half_close = request->half_close,
        .eof_message = request->eof_message,
        .protocol = request->socket.protocol,
        .keeps_headers = request->socket.keeps_headers,
        .send_flags = request->send_flags,
        .receive_flags = request->receive_flags,
        .urgent = run->urgent,
        .close_tells = session_close_tells(run),
        .is_shared = session_is_shared(request),
        .is_left = session_hands_over(request),
        .on_loss = session_tell_loss,
        .on_drop = session_tell_drop,
        .context = run,
    };
}

struct pump_policy
session_policy(const struct run *run)
{
    struct pump_policy policy = run->request->pump;
    policy.joins_sockets = run->request->local == LOCAL_RELAY;
    policy.ends_with_peer = run->request->keeps_open && !run->request->program &&
                            !policy.joins_sockets; /* the next client waits */
    policy.ends_with_input = run->request->send_only;
    return policy;
}

/* Closing resets the connection, or closes it as usual. Others than TCP just end. */
static void
set_reset(int socket, bool resets)
{
    const struct linger linger = { .l_onoff = resets };
    (void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

void
session_part(const struct run *run, const struct endpoint *near, const struct endpoint *far)
{
    if (run->intake && near->kept)
        set_reset(far->socket, false);
}

void
session_tell_stats(const struct run *run, struct endpoint *far, const struct outcome *outcome)
{
    const struct request *request = run->request;
    uint64_t dropped = far->ops->dropped ? far->ops->dropped(far) : 0;
    if (request->stats)
        stats_print(run->log, NULL, &outcome->sent, &outcome->received,
                    request->socket.type->unit == UNIT_MESSAGES, outcome->ended - outcome->started);
    if (dropped > 0)
        stats_dropped(run->log, request->stats ? LOG_ERROR : LOG_TALK, dropped);
}

/* Join far with a near end by the pump. */
static int
run_pump(const struct run *run, struct endpoint *near, struct endpoint *far, struct outcome *outcome,
         struct fault *fault)
{
    const struct pump_policy policy = session_policy(run);
    const struct pump_setting setting = {
        .policy = &policy,
        .deadline = run->deadline,
        .observers = run->observers,
        .shown = run->request->urgent_text ? strlen(run->request->urgent_text) : 0,
        .log = run->log,
    };
    int result = pump_run(run->loop, near, far, &setting, outcome, fault);
    session_part(run, near, far);
    session_tell_stats(run, far, outcome);
    return result;
}

/* The same with a near end of its own, which is closed. NULL: it could not be opened. */
static int
run_with(const struct run *run, struct endpoint *near, struct endpoint *far, struct outcome *outcome,
         struct fault *fault)
{
    if (!near)
        return -1;
    int result = run_pump(run, near, far, outcome, fault);
    near->ops->close(near);
    return result;
}

static int
run_local(const struct run *run, struct endpoint *far, struct outcome *outcome, struct fault *fault)
{
    return run_with(run, local_open(run, far, fault), far, outcome, fault);
}

static int
run_relay(const struct run *run, struct endpoint *far, struct outcome *outcome, struct fault *fault)
{
    struct relay *relay;
    struct endpoint *near = relay_open(run, far, &relay, fault);
    int result = run_with(run, near, far, outcome, fault);
    relay_end(relay);
    return result;
}

/* With a program that is told what was seen of the first bytes; NULL: nobody has looked. */
static int
run_program(const struct run *run, struct endpoint *far, const char *peeked, struct outcome *outcome,
            struct fault *fault)
{
    bool has_socket = program_takes(run, far);
    struct program *program = program_start(run, far, has_socket, peeked, fault);
    if (!program)
        return -1;
    if (!has_socket) {
        int result = run_pump(run, program_endpoint(program), far, outcome, fault);
        program_leave(program, outcome, result, fault);
        outcome->untouched = false; /* the program has run */
    }
    program_wait(program);
    return program_end(program, has_socket ? outcome : NULL, fault);
}

static int
look_and_run(const struct run *run, const struct socket_plan *plan, struct endpoint *far,
             struct outcome *outcome, struct fault *fault)
{
    struct peek *peek = peek_start(run, plan, far, fault);
    if (!peek)
        return -1;
    int result = peek_wait(peek, fault);
    if (result == 0)
        result = run_program(run, far, peek_words(peek), outcome, fault);
    peek_free(peek);
    return result;
}

/*
 * -F: give the descriptor away. One that we have opened does not block; whoever gets it expects the usual. One that
 * we were given is shared with others, and stays as it is.
 */
static int
pass(const struct run *run, int fd, struct fault *fault)
{
    const struct request *request = run->request;
    int flags = !session_is_shared(request) ? fcntl(fd, F_GETFL) : -1;
    if (flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return fault_set(fault, STATUS_LOCAL, "descriptor to pass");
    int64_t deadline = deadline_sooner(run->deadline, deadline_after(deadline_now(), request->pump.idle_ms));
    return pass_descriptor(run->loop, fd, deadline, fault);
}

bool
session_hands_over(const struct request *request)
{
    return request->passes || (request->peek_size > 0 && !request->program);
}

int
session_hand_over(const struct run *run, const struct endpoint *far, struct peek *peek, int result,
                  struct fault *fault)
{
    struct fault showing;
    bool shows = peek && (result == 0 || !run->request->passes);
    if (shows && peek_show(peek, &showing) != 0 && result == 0) {
        *fault = showing;
        result = -1;
    }
    return result == 0 && run->request->passes ? pass(run, far->socket, fault) : result;
}

static int
look_and_hand_over(const struct run *run, const struct socket_plan *plan, struct endpoint *far,
                   struct fault *fault)
{
    struct peek *peek = NULL;
    int result = 0;
    if (run->request->peek_size > 0) {
        peek = peek_start(run, plan, far, fault);
        result = peek ? peek_wait(peek, fault) : -1;
    }
    result = session_hand_over(run, far, peek, result, fault);
    if (peek)
        peek_free(peek);
    return result;
}

int
session_run(const struct run *run, const struct socket_plan *plan, struct endpoint *far,
            struct outcome *outcome, struct fault *fault)
{
    int result;
    *outcome = (struct outcome){ .started = deadline_now(), .ended = deadline_now() };
    if (session_hands_over(run->request))
        result = look_and_hand_over(run, plan, far, fault);
    else if (run->request->local == LOCAL_RELAY)
        result = run_relay(run, far, outcome, fault);
    else if (!run->request->program)
        result = run_local(run, far, outcome, fault);
    else if (run->request->peek_size > 0)
        result = look_and_run(run, plan, far, outcome, fault);
    else
        result = run_program(run, far, NULL, outcome, fault);
    far->ops->close(far);
    return result;
}

/*
 * The connected socket as an endpoint, with what the request puts round it. Telnet marks some of its commands as
 * urgent: they have to stay in their place (RFC 854, "THE TELNET SYNCH MECHANISM").
 */
struct endpoint *
session_far(const struct run *run, const struct socket_plan *plan, int fd, const struct address *peer,
            struct fault *fault)
{
    const int on = 1;
    char name[REPORT_NAME_SIZE];
    report_name(plan, peer, name, sizeof name);
    bool keeps_urgent =
        run->request->local == LOCAL_RELAY && run->urgent.fd < 0; /* no byte of it may be missing */
    if (run->request->telnet || keeps_urgent)                     /* a type that refuses has no urgent data */
        (void)setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
    if (run->intake)
        set_reset(fd, true); /* until what it sends is safe */
    struct socket_choice choice = socket_choice(run);
    struct endpoint *far = socket_take(fd, plan->domain, plan->type, peer, &choice, name, fault);
    if (far && run->tls)
        far = tls_wrap(run->tls, far, choice.half_close, fault);
    if (!far || !run->request->telnet)
        return far;
    return telnet_wrap(far, choice.half_close == HALF_CLOSE_NONE, fault);
}

int
session_join(const struct run *run, const struct socket_plan *plan, int fd, const struct address *peer,
             int64_t deadline, struct outcome *outcome, struct fault *fault)
{
    const struct request *request = run->request;
    char name[REPORT_NAME_SIZE];
    report_name(plan, peer, name, sizeof name);
    report_who(run->log, plan, fd);
    *outcome = (struct outcome){ .started = deadline_now(), .ended = deadline_now() };
    if (request->urgent_text && urgent_send(run, fd, name, fault) != 0) {
        (void)fd_close(&fd); /* the failure is told already */
        return -1;
    }
    struct endpoint *far = session_far(run, plan, fd, peer, fault);
    if (!far)
        return -1;
    if (handshake_wait(run, far, deadline, fault) != 0) {
        far->ops->close(far);
        return -1;
    }
    int result = session_run(run, plan, far, outcome, fault);
    outcome->untouched = outcome->untouched && !request->urgent_text;
    return result;
}
