#include "session/session.h"

#include "base/deadline.h"
#include "dial/listener.h"
#include "endpoint/mailbox.h"
#include "endpoint/supply.h"
#include "session/crowd.h"
#include "session/lobby.h"
#include "session/local.h"
#include "session/pass.h"
#include "session/readiness.h"
#include "session/report.h"
#include "session/workers.h"
#include <string.h>

/* Run the session of the next client whose handshake is done. */
static int
serve_next(const struct run *run, struct listener *listener, struct lobby *lobby, int64_t accept_deadline,
           struct outcome *outcome, struct fault *fault)
{
    struct endpoint *far = lobby_next(lobby, accept_deadline, fault);
    if (!far)
        return -1;
    if (!run->request->keeps_open) {
        listener_pause(listener);
        lobby_clear(lobby); /* they came too late */
    }
    return session_run(run, listener->plan, far, outcome, fault);
}

/* Accept one client and run its session. */
static int
serve_one(const struct run *run, struct listener *listener, int64_t accept_deadline, struct outcome *outcome,
          struct fault *fault)
{
    const struct request *request = run->request;
    struct address peer;
    int fd;
    do
        fd = listener_accept(listener, run->loop, accept_deadline, &peer, fault);
    while (fd >= 0 && !admission_takes(run->admission, listener->plan, &peer, &fd));
    if (fd < 0)
        return -1;
    if (!request->keeps_open)
        listener_pause(listener); /* a second client is refused at once instead of left hanging */
    report_client(run->log, listener, &peer);
    report_options(run->log, listener->plan, fd, PHASE_CONNECTED, PHASE_CONNECTED);
    return session_join(run, listener->plan, fd, &peer, DEADLINE_NEVER, outcome, fault);
}

/* A fault that ends a server too: a signal, this side, the time for all of it. */
static bool
ends_server(const struct run *run, const struct fault *fault)
{
    return fault->signal || fault->status == STATUS_LOCAL || deadline_passed(run->deadline, deadline_now());
}

/* Until when the next client has to come. */
static int64_t
accept_deadline(const struct run *run)
{
    return deadline_sooner(run->deadline, deadline_after(deadline_now(), run->request->accept_ms));
}

/*
 * The first client that says something, or with -k all that come one after the other. One without a byte is none: who
 * waits for the next client goes on waiting. lobby: where they stand until their handshakes are done; NULL: there are none.
 */
static int
serve_in_turn(const struct run *run, struct listener *listener, struct lobby *lobby, struct fault *fault)
{
    const struct request *request = run->request;
    int64_t deadline = accept_deadline(run);
    for (;;) {
        struct outcome outcome = { .started = -1 };
        int result = lobby ? serve_next(run, listener, lobby, deadline, &outcome, fault)
                           : serve_one(run, listener, deadline, &outcome, fault);
        bool had_client = outcome.started >= 0;
        if (result != 0 && (!had_client || ends_server(run, fault)))
            return -1;
        bool is_empty = session_was_empty(run, &outcome);
        if (!request->keeps_open && !is_empty)
            return result;
        if (is_empty)
            session_tell_empty(run);
        else if (result != 0)
            log_fault(run->log, fault);
        if (!is_empty)
            deadline = accept_deadline(run);
        if (!request->keeps_open && listener_resume(listener, fault) != 0)
            return -1;
    }
}

/* Clients that connect. */
static int
serve(const struct run *run, struct listener *listener, struct fault *fault)
{
    const struct request *request = run->request;
    if (request->keeps_open && !local_is_in_turn(request))
        return crowd_serve(run, listener, fault);
    struct lobby *lobby = run->tls ? lobby_open(run, listener, fault) : NULL;
    if (run->tls && !lobby)
        return -1;
    int result = serve_in_turn(run, listener, lobby, fault);
    lobby_close(lobby);
    return result;
}

struct mailbox_context {
    const struct run *run;
    const struct listener *listener;
};

static bool
is_heard(void *context, const struct address *sender)
{
    const struct mailbox_context *mailbox = context;
    return admission_hears(mailbox->run->admission, mailbox->listener->plan, sender);
}

static void
on_sender(void *context, const struct address *sender)
{
    const struct mailbox_context *mailbox = context;
    report_client(mailbox->run->log, mailbox->listener, sender);
}

static void
on_who(void *context, const char *words)
{
    const struct mailbox_context *mailbox = context;
    log_line(mailbox->run->log, LOG_TALK, "Peer is %s", words);
}

static void
on_undelivered(void *context, const struct address *sender, int error)
{
    const struct mailbox_context *mailbox = context;
    char name[REPORT_NAME_SIZE];
    report_name(&mailbox->run->request->socket, sender, name, sizeof name);
    log_line(mailbox->run->log, LOG_ERROR, "answer to %s: %s", name, strerror(error));
}

static void
on_loss_here(const void *context, const char *name)
{
    const struct mailbox_context *mailbox = context;
    session_tell_loss(mailbox->run, name);
}

static void
on_drop_here(const void *context, const char *name)
{
    const struct mailbox_context *mailbox = context;
    session_tell_drop(mailbox->run, name);
}

/* Types without connections: one session for all that is sent to us, or one for each who sends. */
static int
receive(const struct run *run, struct listener *listener, struct fault *fault)
{
    const struct request *request = run->request;
    if (request->keeps_open && local_is_each_ones(request))
        return crowd_serve(run, listener, fault);
    struct mailbox_context context = { .run = run, .listener = listener };
    const struct mailbox_choice choice = {
        .takes_all = request->keeps_open,
        .eof_message = request->eof_message,
        .hears_groups = sockopt_hears_groups(&request->socket.options) || listener->inherited,
        .protocol = request->socket.protocol,
        .keeps_headers = request->socket.keeps_headers,
        .send_flags = request->send_flags,
        .receive_flags = request->receive_flags,
        .is_heard = run->admission ? is_heard : NULL,
        .on_sender = on_sender,
        .on_who = run->log->level >= LOG_TALK ? on_who : NULL,
        .on_undelivered = on_undelivered,
        .is_shared = session_is_shared(request),
        .on_loss = on_loss_here,
        .on_drop = on_drop_here,
        .context = &context,
    };
    int fds[LISTENER_SOCKETS_MAX];
    for (size_t i = 0; i < listener->count; i++)
        fds[i] = listener_take(listener, i);
    struct endpoint *far =
        mailbox_take(fds, listener->count, request->socket.domain, request->socket.type, &choice, fault);
    struct outcome outcome;
    return far ? session_run(run, &request->socket, far, &outcome, fault) : -1;
}

/* We listen, and are ready: serve, by ourselves or by workers. *is_worker: this is one of them. */
static int
reach(const struct run *run, struct listener *listener, struct readiness *readiness, bool *is_worker,
      struct fault *fault)
{
    const struct request *request = run->request;
    struct workers *workers = request->workers ? workers_open(run, listener, fault) : NULL;
    if (request->workers && !workers)
        return -1;
    int result = readiness_reach(readiness, run, listener, fault);
    if (result == 0)
        result = workers                         ? workers_run(workers, serve, is_worker, fault)
                 : request->socket.type->accepts ? serve(run, listener, fault)
                                                 : receive(run, listener, fault);
    workers_close(workers);
    return result;
}

int
server_run(const struct run *run, struct fault *fault)
{
    const struct request *request = run->request;
    struct listener listener;
    struct readiness readiness;
    bool is_worker = false;
    if (request->passes && pass_check(fault) != 0)
        return -1;
    if (request->send_file && supply_check_file(request->send_file, fault) != 0)
        return -1;
    if (readiness_prepare(&readiness, run, fault) != 0)
        return -1;
    if (listener_open(&listener, run->loop, &request->socket, run->deadline, fault) != 0) {
        readiness_end(&readiness);
        return -1;
    }
    report_listening(run->log, &listener);
    enum sockopt_phase last = request->socket.type->accepts ? PHASE_BOUND : PHASE_CONNECTED;
    for (size_t i = 0; i < listener.count; i++)
        report_options(run->log, listener.plan, listener.sockets[i].fd, PHASE_OPENED, last);
    int result = reach(run, &listener, &readiness, &is_worker, fault);
    if (is_worker) {
        listener_leave(&listener);
        readiness_leave(&readiness);
    } else {
        listener_close(&listener);
        readiness_end(&readiness);
    }
    return result;
}
