#include "session/session.h"

#include "endpoint/stdio.h"
#include "observe/stats.h"

void
session_tell_loss(const void *context, const char *name)
{
    const struct run *run = context;
    log_line(run->log, LOG_ERROR, "%s: messages were lost: they came faster than they were taken", name);
}

struct socket_choice
session_socket_choice(const struct run *run)
{
    const struct request *request = run->request;
    return (struct socket_choice){
        .half_close = request->half_close,
        .eof_message = request->eof_message,
        .keeps_headers = request->socket.keeps_headers,
        .on_loss = session_tell_loss,
        .context = run,
    };
}

int
session_run(const struct run *run, struct endpoint *far, struct outcome *outcome, struct fault *fault)
{
    const struct request *request = run->request;
    const struct stdio_choice choice = {
        .no_input = request->no_input,
        .discards = request->send_only,
        .output_end = request->keeps_open ? OUTPUT_KEPT
                      : request->listens  ? OUTPUT_CLOSED_IF_USED
                                          : OUTPUT_CLOSED,
    };
    struct pump_policy policy = request->pump;
    policy.ends_with_peer = request->keeps_open; /* the next client waits */
    policy.ends_with_input = request->send_only;
    *outcome = (struct outcome){ 0 };
    struct endpoint *near = stdio_open(&choice, fault);
    if (!near) {
        far->ops->close(far);
        return -1;
    }
    int result =
        pump_run(run->loop, near, far, &policy, run->deadline, run->observers, run->log, outcome, fault);
    if (request->stats)
        stats_print(run->log, &outcome->sent, &outcome->received, request->socket.type->unit == UNIT_MESSAGES,
                    outcome->ended - outcome->started);
    near->ops->close(near);
    far->ops->close(far);
    return result;
}
