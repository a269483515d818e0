#include "session/setup.h"

#include "base/deadline.h"
#include "base/process.h"
#include "dial/inherit.h"
#include "observe/dump.h"
#include "observe/escape.h"
#include "session/environment.h"
#include "session/secret.h"
#include "session/urgent.h"
#include <fcntl.h>
#include <stdio.h>

/* Descriptors that are named have to be there before any of ours gets such a number. */
static int
check_descriptors(struct setup *setup, struct fault *fault)
{
    const char *const words[] = { setup->request->announce_to, setup->request->urgent_file };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        int number = words[i] ? inherit_number(words[i]) : -1;
        if (number >= 0 && fcntl(number, F_GETFD) < 0)
            return fault_set(fault, STATUS_LOCAL, "%s", words[i]);
    }
    return 0;
}

static int
read_secrets(struct setup *setup, struct fault *fault)
{
    const struct run *run = &setup->run;
    struct request *request = setup->request;
    if (key_take(run->loop, request, run->deadline, &setup->key, fault) != 0)
        return -1;
    if (credentials_take(run->loop, &request->socket.proxy, "--proxy", run->deadline, &setup->credentials,
                         fault) != 0)
        return -1;
    return credentials_take(run->loop, &request->relay.socket.proxy, "--relay-proxy", run->deadline,
                            &setup->relay_credentials, fault);
}

/* What may come in: a filter of packets, and lists of peers. */
static int
read_rules(struct setup *setup, struct fault *fault)
{
    struct run *run = &setup->run;
    struct socket_plan *plan = &setup->request->socket;
    if (plan->filter_file &&
        filter_read(run->loop, plan->filter_file, run->deadline, &plan->filter, fault) != 0)
        return -1;
    if (run->request->access.count == 0)
        return 0;
    run->admission = admission_open(run->loop, run->request, run->log, run->deadline, fault);
    return run->admission ? 0 : -1;
}

static int
open_dump(struct run *run, const char *file, enum dump_form form, struct fault *fault)
{
    const struct request *request = run->request;
    return file ? dump_open(run->loop, file, form, request->append_output, request->workers != 0,
                            run->deadline, &run->observers, fault)
                : 0;
}

static int
open_files(struct setup *setup, struct fault *fault)
{
    struct run *run = &setup->run;
    const struct request *request = run->request;
    if (open_dump(run, request->output, DUMP_RAW, fault) != 0 ||
        open_dump(run, request->hex_dump, DUMP_HEX, fault) != 0)
        return -1;
    if (request->urgent_file &&
        urgent_open(run->loop, request->urgent_file, run->deadline, &run->urgent, fault) != 0)
        return -1;
    if (!request->receive_folder)
        return 0;
    const struct intake_choice choice = {
        .folder = request->receive_folder,
        .template = request->receive_name,
        .size_max = request->receive_size_max,
        .on_kept = session_tell_kept,
        .context = run,
    };
    run->intake = intake_open(&choice, fault);
    return run->intake ? 0 : -1;
}

static int
ask_passphrase(const void *context, const char *path, char *text, size_t size, struct fault *fault)
{
    const struct run *run = context;
    char safe[256], prompt[300];
    const struct secret_wish wish = {
        .loop = run->loop,
        .deadline = run->deadline,
        .max = size - 1,
        .misfit = "not a passphrase",
        .late = "timed out: no passphrase has come",
        .instead = "a key without a passphrase is needed",
    };
    (void)snprintf(prompt, sizeof prompt, "Passphrase of %s: ", escape(path, safe, sizeof safe));
    return secret_ask(&wish, prompt, text, fault);
}

/* *context stays NULL where no TLS is asked for. insecure: the option, for the warning. */
static int
open_context(const struct run *run, const struct tls_choice *choice, bool listens, const char *insecure,
             struct tls_context **context, struct fault *fault)
{
    if (!choice->is_on)
        return 0;
    if (choice->insecure)
        log_line(run->log, LOG_ERROR, "%s: nobody verifies who the server is", insecure);
    const struct tls_asker asker = { .ask = ask_passphrase, .context = run };
    *context = tls_context_open(choice, listens, &asker, fault);
    return *context ? 0 : -1;
}

static int
open_tls(struct setup *setup, struct fault *fault)
{
    struct run *run = &setup->run;
    const struct request *request = run->request;
    if (open_context(run, &request->tls, request->listens, "--insecure", &run->tls, fault) != 0)
        return -1;
    const char *pin = run->tls && request->listens ? tls_context_pin(run->tls) : NULL;
    if (pin)
        log_line(run->log, LOG_TALK, "Our certificate is sha256:%s", pin);
    return open_context(run, &request->relay.tls, false, "--relay-insecure", &run->relay_tls, fault);
}

static int
find_program(struct setup *setup, struct fault *fault)
{
    char **program = setup->run.request->program;
    if (!program)
        return 0;
    setup->run.environment = environment_open(&setup->request->socket, fault);
    if (!setup->run.environment)
        return -1;
    setup->run.program_path = setup->program_path;
    return process_find(program[0], setup->program_path, fault);
}

int
setup_open(struct setup *setup, struct loop *loop, struct request *request, const struct log *log,
           struct fault *fault)
{
    static int (*const steps[])(struct setup * setup, struct fault * fault) = {
        check_descriptors, read_secrets, read_rules, open_files, open_tls, find_program,
    };
    *setup = (struct setup){
        .request = request,
        .run = { .loop = loop,
                 .request = request,
                 .log = log,
                 .deadline = deadline_after(deadline_now(), request->max_ms),
                 .urgent = { .fd = -1 } },
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i](setup, fault) != 0)
            return -1;
    return 0;
}

int
setup_close(struct setup *setup, struct fault *fault)
{
    struct run *run = &setup->run;
    tls_context_close(run->tls);
    tls_context_close(run->relay_tls);
    key_forget(&setup->key);
    credentials_forget(&setup->credentials);
    credentials_forget(&setup->relay_credentials);
    filter_free(&setup->request->socket.filter);
    urgent_close(&run->urgent);
    admission_close(run->admission);
    intake_close(run->intake);
    environment_close(run->environment);
    return dump_close(&run->observers, fault);
}
