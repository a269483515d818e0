#include "session/program.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "base/process.h"
#include "endpoint/child.h"
#include "pump/settle.h"
#include "session/environment.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
    PEER_END_MS =
        1000, /* input that it left unread may still be coming: closing before the client has ended would
                           take back what it sent */
    KILLED_MS = 5000, /* so long for one that was killed: it may hang in the kernel, and we do not */
};

enum stage {
    STAGE_PUMPED,  /* its session is somebody else's to run */
    STAGE_RUNS,    /* it has the socket */
    STAGE_SETTLES, /* it has ended; what it wrote last arrives */
    STAGE_ENDS,    /* its session is over, and it will end by itself */
    STAGE_STOPPED, /* it was told to */
    STAGE_OVER,
};

struct program {
    const struct run *run;
    struct endpoint *far;
    const char *peeked;
    struct endpoint *near; /* with a pump; NULL: it has the socket, or the session is over */
    struct process process;
    enum stage stage;
    bool watches_socket;
    struct settle settle;
    int64_t started;
    int result;
    struct fault *fault; /* the first; NULL: none yet, or no memory for it */
};

/* Has nobody but us had the socket before? */
static bool
is_ours(const struct run *run)
{
    return run->request->socket.inherited < 0 && !run->request->receives;
}

/* The program has the descriptor's description, too, and it has to block there as programs expect. */
static bool
may_block(const struct run *run, int fd)
{
    int flags = is_ours(run) ? 0 : fcntl(fd, F_GETFL);
    return flags >= 0 && !(flags & O_NONBLOCK); /* others' flags are never changed */
}

/* Does nothing of what is asked for need the pump to come between? */
static bool
may_take(const struct run *run)
{
    const struct request *request = run->request;
    const struct pump_policy *pump = &request->pump;
    bool is_seen = run->observers || request->stats || pump->no_splice || pump->receive_max > 0;
    bool is_changed = pump->crlf || pump->delay_ms > 0 || pump->block_size > 0;
    bool is_timed = pump->idle_ms >= 0 || pump->quit_ms >= 0;
    bool ends_usually = request->half_close == HALF_CLOSE_WRITE && !request->send_only;
    return !is_seen && !is_changed && !is_timed && ends_usually && request->terminal == TERMINAL_NONE;
}

bool
program_takes(const struct run *run, const struct endpoint *far)
{
    bool is_plain = far->unit == UNIT_BYTES && far->read_fd >= 0 && far->read_fd == far->write_fd;
    return is_plain && may_take(run) && may_block(run, far->read_fd);
}

unsigned
program_descriptors(const struct run *run)
{
    const struct request *request = run->request;
    const unsigned watch = 1;
    if (request->socket.type->unit == UNIT_BYTES && !run->tls && may_take(run))
        return watch;
    return watch + (request->terminal != TERMINAL_NONE ? 1 : 2);
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

/* --- starting ---------------------------------------------------------------------------------------------------- */

static char **
environment(const void *context, struct fault *fault)
{
    const struct program *program = context;
    return environment_for(program->run->environment, program->far, program->peeked, fault);
}

/* Start it with the socket as its standard input and output. */
static int
give_socket(struct program *program, struct fault *fault)
{
    const struct request *request = program->run->request;
    const int fd = program->far->read_fd;
    if (is_ours(program->run) && fcntl(fd, F_SETFL, 0) < 0) /* O_NONBLOCK is all that ours have */
        return fault_set(fault, STATUS_LOCAL, "%s", program->far->name);
    char **words = environment(program, fault);
    if (!words)
        return -1;
    const struct spawn_plan plan = {
        .path = program->run->program_path,
        .words = request->program,
        .environment = words,
        .in = fd,
        .out = fd,
        .error = request->takes_errors ? fd : -1,
    };
    return process_start(&program->process, &plan, fault);
}

static int
open_child(struct program *program, struct fault *fault)
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
    program->near = child_open(&choice, program->run->loop, fault);
    return program->near ? 0 : -1;
}

struct program *
program_start(const struct run *run, struct endpoint *far, bool takes_socket, const char *peeked,
              struct fault *fault)
{
    struct program *program = malloc(sizeof *program);
    if (!program) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", run->request->program[0]);
        return NULL;
    }
    *program = (struct program){
        .run = run,
        .far = far,
        .peeked = peeked,
        .process = { .watch = -1 },
        .stage = takes_socket ? STAGE_RUNS : STAGE_PUMPED,
        .watches_socket = takes_socket,
        .started = deadline_now(),
    };
    if ((takes_socket ? give_socket(program, fault) : open_child(program, fault)) == 0)
        return program;
    free(program);
    return NULL;
}

struct endpoint *
program_endpoint(struct program *program)
{
    return program->near;
}

/* --- its end ----------------------------------------------------------------------------------------------------- */

static void
close_near(struct program *program)
{
    if (program->near)
        program->near->ops->close(program->near);
    program->near = NULL;
}

static void
tell(struct program *program)
{
    process_tell(&program->process, program->run->request->kill_after_ms, deadline_now());
    program->stage = STAGE_STOPPED;
}

void
program_leave(struct program *program, const struct outcome *outcome, int result, const struct fault *fault)
{
    bool hangs_up =
        program->run->request->terminal != TERMINAL_NONE; /* closing it is a signal to the program */
    /* A peer that has only gone leaves it its time; there is nobody to read from a terminal any more, and it would wait. */
    bool ends_by_itself = result == 0 && (outcome->input_ended || (outcome->peer_left && !hangs_up));
    program->process = *child_process(program->near);
    program->result = result;
    if (result != 0)
        program->fault = fault_keep(fault);
    program->stage = STAGE_ENDS;
    if (!ends_by_itself)
        tell(program); /* first, so that it ends by this and not by what is closed */
    if (!ends_by_itself || !hangs_up)
        close_near(program);
    if (program->process.pid == 0)
        program->stage = STAGE_OVER; /* nobody came who would have needed it */
}

void
program_stop(struct program *program)
{
    if (program->stage == STAGE_SETTLES)
        program->stage = STAGE_OVER;
    else if (program->stage != STAGE_OVER)
        tell(program);
}

static void
fail(struct program *program, const struct fault *fault)
{
    if (program->result == 0)
        program->fault = fault_keep(fault);
    program->result = -1;
    program_stop(program);
}

static void
fail_by_time(struct program *program, const char *what)
{
    struct fault fault;
    (void)fault_say(&fault, STATUS_TIMEOUT, "timed out: the time for all of it is over", "%s", what);
    fail(program, &fault);
}

/* The program has ended: what it wrote last arrives, and closing does not reset the connection under it. */
static void
begin_settling(struct program *program, int64_t now)
{
    const struct settle_plan plan = {
        .deadline = program->run->deadline, .idle_ms = -1, .end_ms = PEER_END_MS, .hears_end = true
    };
    struct fault fault FAULT_UNSET;
    program->stage = STAGE_SETTLES;
    settle_start(&program->settle, &plan, now);
    if (process_left_others(&program->process))
        program->stage = STAGE_OVER; /* they have the socket, too, and go on with it */
    else if (program->far->ops->end_writing(program->far, &fault) == IO_FAILED)
        fail(program, &fault);
}

/*
 * It has the socket. A connection that is lost is seen by poll(2) as an error until somebody is told of it: if that was
 * the program, it is the program's to say.
 */
static void
step_running(struct program *program, const struct pollfd *socket, int64_t now)
{
    struct fault fault FAULT_UNSET;
    if (process_ended(&program->process, now)) {
        begin_settling(program, now);
        return;
    }
    if (deadline_passed(program->run->deadline, now)) {
        fail_by_time(program, program->far->name);
        return;
    }
    if (socket && socket->revents & POLLERR && program->far->ops->lost(program->far, &fault) == IO_FAILED)
        fail(program, &fault);
    if (socket && socket->revents)
        program->watches_socket = false; /* both directions have ended, which poll(2) goes on saying */
}

static void
step_settling(struct program *program, int64_t now)
{
    struct fault fault FAULT_UNSET;
    enum io result = settle_step(&program->settle, program->far, now, &fault);
    if (result == IO_FAILED)
        fail(program, &fault);
    else if (result != IO_AGAIN)
        program->stage = STAGE_OVER;
}

size_t
program_interest(const struct program *program, struct pollfd *polls, int64_t *deadline)
{
    *deadline = program->run->deadline;
    if (program->stage == STAGE_SETTLES) {
        *deadline = program->settle.next_at;
        polls[0] = (struct pollfd){ .fd = program->far->read_fd, .events = POLLIN };
        return !program->far->peer_ended; /* poll(2) would go on telling of that */
    }
    if (program->stage == STAGE_STOPPED)
        *deadline = DEADLINE_NEVER; /* its own is the only one */
    polls[0] = process_interest(&program->process, deadline_now(), deadline);
    if (!program->watches_socket)
        return 1;
    polls[1] = (struct pollfd){ .fd = program->far->read_fd };
    return 2;
}

bool
program_step(struct program *program, const struct pollfd *polls)
{
    int64_t now = deadline_now();
    switch (program->stage) {
    case STAGE_RUNS:
        step_running(program, program->watches_socket ? &polls[1] : NULL, now);
        break;
    case STAGE_SETTLES:
        step_settling(program, now);
        break;
    case STAGE_ENDS:
        if (process_ended(&program->process, now))
            program->stage = STAGE_OVER;
        else if (deadline_passed(program->run->deadline, now))
            fail_by_time(program, program->run->request->program[0]);
        break;
    case STAGE_STOPPED:
        if (process_ended(&program->process, now))
            program->stage = STAGE_OVER;
        break;
    case STAGE_PUMPED:
    case STAGE_OVER:
        break;
    }
    if (program->stage == STAGE_SETTLES && program->settle.next_at <= now)
        step_settling(program, now);
    return program->stage == STAGE_OVER;
}

void
program_wait(struct program *program)
{
    while (program->stage != STAGE_OVER) {
        struct pollfd polls[PROGRAM_POLLS_MAX];
        struct fault fault FAULT_UNSET;
        int64_t deadline;
        size_t count = program_interest(program, polls, &deadline);
        if (program->stage == STAGE_STOPPED) {
            int64_t give_up = deadline_after(program->process.kill_at, KILLED_MS);
            if (deadline_passed(give_up, deadline_now()))
                return;
            (void)loop_hold(polls, count, deadline_sooner(deadline, give_up));
        } else if (loop_wait(program->run->loop, polls, count, deadline, &fault) < 0) {
            fail(program, &fault);
            continue;
        }
        (void)program_step(program, polls);
    }
}

int
program_end(struct program *program, struct outcome *outcome, struct fault *fault)
{
    int result = program->result;
    if (outcome)
        *outcome = (struct outcome){ .started = program->started, .ended = deadline_now() };
    if (result != 0)
        result = fault_recall(program->fault, fault);
    else if (program->stage == STAGE_OVER && !program->process.is_told && program->process.group > 0)
        result = report(program->run, &program->process, fault);
    close_near(program);
    (void)fd_close(&program->process.watch);
    free(program);
    return result;
}
