#include "session/program.h"

#include "base/deadline.h"
#include "base/process.h"
#include "endpoint/child.h"
#include "pump/settle.h"
#include "session/environment.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Input that it left unread may still be coming: closing before the client has ended would take back what it sent. */
enum { PEER_END_MS = 1000 };

/* The program has the descriptor's description, too, and it has to block there as programs expect. */
static bool
may_block(const struct run *run, int fd)
{
    const struct request *request = run->request;
    bool is_ours = request->socket.inherited < 0 && !request->receives;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (is_ours || !(flags & O_NONBLOCK)); /* others' flags are never changed */
}

bool
program_takes(const struct run *run, const struct endpoint *far)
{
    const struct request *request = run->request;
    const struct pump_policy *pump = &request->pump;
    bool is_plain = far->unit == UNIT_BYTES && far->read_fd >= 0 && far->read_fd == far->write_fd;
    bool is_seen = run->observers || request->stats || pump->no_splice || pump->receive_max > 0;
    bool is_changed = pump->crlf || pump->delay_ms > 0 || pump->block_size > 0;
    bool is_timed = pump->idle_ms >= 0 || pump->quit_ms >= 0;
    bool ends_usually = request->half_close == HALF_CLOSE_WRITE && !request->send_only;
    return is_plain && !is_seen && !is_changed && !is_timed && ends_usually &&
           request->terminal == TERMINAL_NONE && may_block(run, far->read_fd);
}

/* The program's own status, once it has ended by itself. */
static int
report(const struct run *run, const struct process *process, struct fault *fault)
{
    const char *name = run->request->program[0];
    int status = process_status(process);
    if (status == 0)
        return 0;
    if (status > 128)
        log_line(run->log, LOG_TALK, "%s: ended by signal %d (%s)", name, status - 128,
                 strsignal(status - 128));
    else
        log_line(run->log, LOG_TALK, "%s: exit status %d", name, status);
    return run->request->keeps_open ? 0 : fault_status(fault, status);
}

/*
 * Wait for the end of a program that has the socket. A connection that is lost is seen by poll(2) as an error until
 * somebody is told of it: if that was the program, it is the program's to say.
 */
static int
wait_for_end(const struct run *run, struct process *process, struct endpoint *far, struct fault *fault)
{
    struct pollfd socket = { .fd = far->read_fd };
    for (;;) {
        int ended = process_wait(process, run->loop, &socket, run->deadline, fault);
        if (ended != 0)
            return ended < 0 ? -1 : 0;
        if (deadline_passed(run->deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: the time for all of it is over", "%s",
                             far->name);
        if (socket.revents & POLLERR && far->ops->lost(far, fault) == IO_FAILED)
            return -1;
        socket.fd = -1; /* both directions have ended, which poll(2) goes on saying */
    }
}

/* The program has ended: what it wrote last arrives, and closing does not reset the connection under it. */
static int
settle_socket(const struct run *run, const struct process *process, struct endpoint *far, struct fault *fault)
{
    const struct settle_plan plan = { .deadline = run->deadline, .idle_ms = -1, .end_ms = PEER_END_MS };
    if (process_left_others(process))
        return 0; /* they have the socket, too, and go on with it */
    if (far->ops->end_writing(far, fault) == IO_FAILED)
        return -1;
    return settle_wait(run->loop, far, &plan, fault);
}

/* Start it with the socket as its standard input and output. */
static int
start(const struct run *run, struct process *process, const struct endpoint *far, struct fault *fault)
{
    const struct request *request = run->request;
    const int fd = far->read_fd;
    const int flags = fcntl(fd, F_GETFL);
    if (flags & O_NONBLOCK && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return fault_set(fault, STATUS_LOCAL, "%s", far->name);
    char **environment = environment_new(&request->socket, far->socket, fault);
    if (!environment)
        return -1;
    const struct process_plan plan = {
        .path = run->program_path,
        .words = request->program,
        .environment = environment,
        .in = fd,
        .out = fd,
        .error = request->takes_errors ? fd : -1,
    };
    int result = process_start(process, &plan, fault);
    free(environment);
    return result;
}

int
program_run(const struct run *run, struct endpoint *far, struct outcome *outcome, struct fault *fault)
{
    struct process process;
    *outcome = (struct outcome){ .started = deadline_now() };
    if (start(run, &process, far, fault) != 0)
        return -1;
    int result = wait_for_end(run, &process, far, fault);
    if (result != 0)
        process_end(&process, run->request->kill_after_ms);
    else
        result = settle_socket(run, &process, far, fault);
    outcome->ended = deadline_now();
    return result == 0 ? report(run, &process, fault) : result;
}

static char **
environment(const void *context, struct fault *fault)
{
    const struct program *program = context;
    return environment_new(&program->run->request->socket, program->far->socket, fault);
}

struct endpoint *
program_open(const struct program *program, struct fault *fault)
{
    const struct request *request = program->run->request;
    const struct child_choice choice = {
        .path = program->run->program_path,
        .words = request->program,
        .takes_errors = request->takes_errors,
        .discards = request->send_only,
        .messages = program->far->unit == UNIT_MESSAGES && request->pump.records.kind == RECORD_NONE,
        .starts_late = program->far->socket < 0,
        .terminal = (enum terminal_mode)request->terminal,
        .environment = environment,
        .context = program,
    };
    return child_open(&choice, program->run->loop, fault);
}

/* It has ended its output by itself, so it will end, too; unless the time for all of it is over before. */
static int
await(const struct run *run, struct process *process, struct fault *fault)
{
    int ended = process_wait(process, run->loop, NULL, run->deadline, fault);
    if (ended == 1)
        return report(run, process, fault);
    process_end(process, run->request->kill_after_ms);
    return ended < 0 ? -1
                     : fault_say(fault, STATUS_TIMEOUT, "timed out: the time for all of it is over", "%s",
                                 run->request->program[0]);
}

int
program_close(const struct program *program, struct endpoint *near, const struct outcome *outcome, int result,
              struct fault *fault)
{
    const struct run *run = program->run;
    struct process process = *child_process(near);
    bool has_run = process.pid > 0; /* else nobody came who would have needed it */
    bool ends_by_itself = result == 0 && outcome->input_ended;
    bool hangs_up = run->request->terminal != TERMINAL_NONE; /* closing it is a signal to the program */
    if (!ends_by_itself)
        process_tell(&process); /* first, so that it ends by this and not by what is closed */
    if (!ends_by_itself || !hangs_up)
        near->ops->close(near);
    if (has_run && ends_by_itself)
        result = await(run, &process, fault);
    else if (has_run)
        process_end(&process, run->request->kill_after_ms);
    if (ends_by_itself && hangs_up)
        near->ops->close(near);
    return result;
}
