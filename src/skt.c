#include "base/deadline.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/process.h"
#include "observe/dump.h"
#include "observe/log.h"
#include "request/request.h"
#include "session/credentials.h"
#include "session/domains.h"
#include "session/environment.h"
#include "session/key.h"
#include "session/session.h"
#include "session/urgent.h"

/* What encrypts, read before there is a socket. */
static int
open_tls(struct run *run, struct fault *fault)
{
    const struct request *request = run->request;
    if (request->tls.is_on)
        run->tls = tls_context_open(&request->tls, request->listens, fault);
    if (request->tls.is_on && !run->tls)
        return -1;
    if (request->local == LOCAL_RELAY && request->relay.tls.is_on)
        run->relay_tls = tls_context_open(&request->relay.tls, false, fault);
    if (request->local == LOCAL_RELAY && request->relay.tls.is_on && !run->relay_tls)
        return -1;
    const char *pin = run->tls && request->listens ? tls_context_pin(run->tls) : NULL;
    if (pin)
        log_line(run->log, LOG_TALK, "Our certificate is sha256:%s", pin);
    return 0;
}

/* Connect, listen or scan, with the files that watch the traffic open, and the key and the filter read. */
static int
run_sessions(struct loop *loop, struct request *request, const struct log *log, struct fault *fault)
{
    struct run run = {
        .loop = loop,
        .request = request,
        .log = log,
        .deadline = deadline_after(deadline_now(), request->max_ms),
        .urgent = { .fd = -1 },
    };
    struct key key;
    struct credentials credentials[2];
    struct socket_plan *plan = &request->socket;
    int result = key_take(loop, request, run.deadline, &key, fault);
    if (result == 0)
        result = credentials_take(loop, &plan->proxy, "--proxy", run.deadline, &credentials[0], fault);
    if (result == 0)
        result = credentials_take(loop, &request->relay.socket.proxy, "--relay-proxy", run.deadline,
                                  &credentials[1], fault);
    if (result == 0 && plan->filter_file)
        result = filter_read(loop, plan->filter_file, run.deadline, &plan->filter, fault);
    if (result == 0 && request->access.count > 0) {
        run.admission = admission_open(loop, request, log, run.deadline, fault);
        result = run.admission ? 0 : -1;
    }
    if (result == 0 && request->output)
        result = dump_open(loop, request->output, DUMP_RAW, request->append_output, &run.observers, fault);
    if (result == 0 && request->hex_dump)
        result = dump_open(loop, request->hex_dump, DUMP_HEX, request->append_output, &run.observers, fault);
    if (result == 0 && request->urgent_file)
        result = urgent_open(loop, request->urgent_file, &run.urgent, fault);
    if (result == 0 && request->receive_folder) {
        const struct intake_choice choice = {
            .folder = request->receive_folder,
            .template = request->receive_name,
            .size_max = request->receive_size_max,
            .on_kept = session_tell_kept,
            .context = &run,
        };
        run.intake = intake_open(&choice, fault);
        result = run.intake ? 0 : -1;
    }
    if (result == 0)
        result = open_tls(&run, fault);
    char path[PATH_MAX];
    if (result == 0 && request->program) {
        environment_clean(plan);
        run.program_path = path;
        result = process_find(request->program[0], path, fault);
    }
    if (result == 0)
        result = request->scans     ? scan_run(&run, fault)
                 : request->listens ? server_run(&run, fault)
                                    : client_run(&run, fault);
    tls_context_close(run.tls);
    tls_context_close(run.relay_tls);
    key_forget(&key);
    credentials_forget(&credentials[0]);
    credentials_forget(&credentials[1]);
    filter_free(&plan->filter);
    urgent_close(&run.urgent);
    admission_close(run.admission);
    intake_close(run.intake);
    struct fault closing;
    if (dump_close(&run.observers, &closing) != 0 && result == 0) {
        *fault = closing;
        result = -1;
    }
    return result;
}

/* What the command line asks for, with the request filled in. */
static int
carry_out(struct request *request, const struct log *log, struct fault *fault)
{
    if (request->help)
        return request_help(fault);
    if (request->version)
        return request_version(fault);
    if (request->completion)
        return request_completion(request->completion, fault);
    if (request->lists_sockopts)
        return request_sockopts(fault);
    if (request->lists_domains)
        return domains_list(fault);
    struct loop loop;
    loop_start(&loop);
    return run_sessions(&loop, request, log, fault);
}

int
main(int argc, char **argv)
{
    struct fault fault = { .status = STATUS_DONE };
    struct request request = { 0 };
    struct log log = { .level = LOG_ERROR };
    int result = fd_reserve_standard(&fault);
    if (result == 0)
        result = request_parse(&request, argc, argv, &fault);
    if (result == 0) {
        log.level = request.verbosity > 1 ? LOG_STATE : request.verbosity > 0 ? LOG_TALK : LOG_ERROR;
        result = carry_out(&request, &log, &fault);
    }
    request_free(&request);
    if (result == 0)
        return STATUS_DONE;
    if (fault.signal)
        loop_die(fault.signal);
    log_fault(&log, &fault);
    return (int)fault.status;
}
