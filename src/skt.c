#include "base/fd.h"
#include "base/loop.h"
#include "observe/log.h"
#include "request/request.h"
#include "session/domains.h"
#include "session/session.h"
#include "session/setup.h"

/* Connect, listen or scan, with all that this needs. */
static int
run_sessions(struct loop *loop, struct request *request, const struct log *log, struct fault *fault)
{
    struct setup setup;
    struct fault closing;
    int result = setup_open(&setup, loop, request, log, fault);
    if (result == 0)
        result = request->scans     ? scan_run(&setup.run, fault)
                 : request->listens ? server_run(&setup.run, fault)
                                    : client_run(&setup.run, fault);
    if (setup_close(&setup, &closing) != 0 && result == 0) {
        *fault = closing;
        result = -1;
    }
    return result;
}

/* What the command line asks for, with the request filled in. Its stack is the one that reading the words had. */
static __attribute__((noinline)) int
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
