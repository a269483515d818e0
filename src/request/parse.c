#include "request/request.h"

#include "base/text.h"
#include "dial/expression.h"
#include "domain/pattern.h"
#include "endpoint/intake_name.h"
#include "request/command.h"
#include "request/kind.h"
#include "request/nearest.h"
#include "request/operand.h"
#include "request/proxy_option.h"
#include "request/relay.h"
#include "request/rules.h"
#include "request/scheme.h"
#include "request/tls.h"
#include "request/value.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* What getopt_long(3) returns for the long name of row i: above every character, wide ones included. */
    NAME_BASE = 0x200000,
    IS_OPERAND = 1,
    DATAGRAM_LINGER_MS = 1000,
    QUEUE_SIZE = 256 * 1024,
    KILL_AFTER_MS = 5000,
    TLS_HANDSHAKE_MS = 30 * 1000,
    SCAN_PARALLEL = 256,
};

/* The same table as getopt_long(3) wants it. */
struct getopt_tables {
    struct option names[OPTIONS_MAX];
    char letters[3 * OPTIONS_MAX];
};

static void
getopt_tables(struct getopt_tables *tables)
{
    char *letter = tables->letters;
    struct option *name = tables->names;
    *letter++ = '-'; /* operands stand anywhere: getopt_long(3) would ask POSIXLY_CORRECT whether they may */
    *letter++ = ':';
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++) {
        int has_value = row->value == NULL    ? no_argument
                        : row->may_lack_value ? optional_argument
                                              : required_argument;
        *name++ = (struct option){ row->name, has_value, NULL, NAME_BASE + (int)(row - option_rows) };
        if (row->letter == '\0')
            continue;
        *letter++ = row->letter;
        for (int colons = has_value; colons > 0; colons--)
            *letter++ = ':';
    }
    *letter = '\0';
    *name = (struct option){ 0 };
}

/* The row that a value of getopt_long(3) stands for, or NULL. */
static const struct option_row *
row_of(int value)
{
    if (value >= NAME_BASE)
        return &option_rows[value - NAME_BASE];
    const struct option_row *row = option_rows;
    while (*row->name != '\0' && (row->letter == '\0' || row->letter != value))
        row++;
    return *row->name != '\0' ? row : NULL;
}

/* A word that begins several names, or none: `word` is without the dashes and a value. */
static int
refuse_name(const char *word, struct fault *fault)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    char why[sizeof fault->why] = "could be";
    size_t alike = 0;
    bool is_cut = false;
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++) {
        names[count++] = row->name;
        if (strncmp(row->name, word, strlen(word)) != 0)
            continue;
        alike++;
        bool fits = strlen(why) + strlen(row->name) + sizeof " -- ..." <= sizeof why;
        is_cut = is_cut || !fits;
        if (!is_cut)
            text_add(why, sizeof why, " --%s", row->name);
    }
    names[count] = NULL;
    if (is_cut)
        text_add(why, sizeof why, " ...");
    const char *near = nearest(word, names);
    if (alike == 0)
        (void)snprintf(why, sizeof why, "no such option: %s%s%s",
                       near != NULL ? "did you mean --" : "see skt --help", near != NULL ? near : "",
                       near != NULL ? "?" : "");
    return fault_say(fault, STATUS_USAGE, why, "--%s", word);
}

/* What getopt_long(3) answered with ':' or '?'. `word` is the last one that it looked at. */
static int
refuse_option(int answer, int option, const char *word, struct fault *fault)
{
    const struct option_row *row = option != 0 ? row_of(option) : NULL;
    if (row == NULL && option != 0)
        return fault_say(fault, STATUS_USAGE, "no such option: see skt --help", "-%c", option);
    if (row == NULL) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
        return refuse_name(name, fault);
    }
    char why[64] = "takes no value";
    if (answer == ':')
        (void)snprintf(why, sizeof why, "needs a value: %s", row->value);
    return fault_say(fault, STATUS_USAGE, why, "%s", option_name(row, option < NAME_BASE).text);
}

/* Read the options. Fills in the operands as well. Its table is large, and has left the stack when the rest is done. */
static __attribute__((noinline)) int
read_options(struct command *command, int argc, char **argv, struct fault *fault)
{
    struct getopt_tables tables;
    getopt_tables(&tables);
    optind = 0; /* start afresh, wherever an earlier call has stopped */
    opterr = 0;
    int kept = 1; /* operands are gathered in front, where all has been read already */
    for (;;) {
        int answer = getopt_long(argc, argv, tables.letters, tables.names, NULL);
        if (answer == -1)
            break;
        if (answer == IS_OPERAND) {
            argv[kept++] = optarg;
            continue;
        }
        if (answer == ':' || answer == '?')
            return refuse_option(answer, optopt, optind <= argc ? argv[optind - 1] : "--", fault);
        const struct option_row *row = row_of(answer);
        command->typed[row - option_rows] = answer < NAME_BASE ? TYPED_LETTER : TYPED_NAME;
        if (value_set(command, row, optarg, fault) != 0)
            return -1;
    }
    while (optind < argc) /* behind "--" */
        argv[kept++] = argv[optind++];
    command->operands = argv + 1;
    command->operand_count = (size_t)(kept - 1);
    return 0;
}

static void
choose_times(struct command *command)
{
    struct request *request = &command->request;
    bool waits = command_has(command, "wait");
    if (waits && !command_has(command, "connect-timeout"))
        request->connect_ms = command->wait_ms;
    if (waits && !command_has(command, "idle-timeout"))
        request->pump.idle_ms = command->wait_ms;
    bool can_end = request->socket.type->half_closes &&
                   (request->local != LOCAL_RELAY || request->relay.socket.type->half_closes);
    if (can_end || (request->listens && request->local != LOCAL_RELAY))
        return;
    request->pump.linger_ms = command_has(command, "quit-after") ? request->pump.quit_ms
                              : waits                            ? command->wait_ms
                                                                 : DATAGRAM_LINGER_MS;
}

static int
choose_files(struct command *command, struct fault *fault)
{
    struct request *request = &command->request;
    struct socket_plan *plan = &request->socket;
    if (request->output != NULL && request->hex_dump != NULL &&
        strcmp(request->output, request->hex_dump) == 0)
        return fault_say(fault, STATUS_USAGE, "name the same file", "%s and %s %s",
                         command_name(command, option_named("output")).text,
                         command_name(command, option_named("hex-dump")).text, request->output);
    const char *problem = intake_name_problem(request->receive_name);
    if (problem != NULL)
        return fault_say(fault, STATUS_USAGE, problem, "%s %s",
                         command_name(command, option_named("receive-name")).text, request->receive_name);
    if (plan->filter_text != NULL)
        return expression_compile(plan->filter_text, plan->domain->filter_link(plan->type), &plan->filter,
                                  fault);
    return 0;
}

/* What the lists say of names, and of datagrams whose sender only calls itself something. */
static int
check_access(const struct command *command, struct fault *fault)
{
    const struct request *request = &command->request;
    const struct access_sources *sources = &request->access;
    if (sources->count > 0 && !request->listens && request->socket.inherited < 0)
        return fault_say(fault, STATUS_USAGE, "need -l, or a client that is there already: fd:N",
                         "access lists");
    if (sources->count > 0 && request->socket.domain->knows_by_connection && !request->socket.type->accepts)
        return fault_say(fault, STATUS_USAGE, "its datagrams do not say for sure whose they are",
                         "access lists with domain %s, type %s", request->socket.domain->name,
                         request->socket.type->name);
    for (size_t i = 0; i < sources->count; i++) {
        const struct access_source *source = &sources->items[i];
        const char *name = source->denies ? "--deny" : "--allow";
        if (!source->is_file &&
            pattern_read_all(source->text, request->socket.numeric, name, NULL, fault) != 0)
            return -1;
    }
    return 0;
}

/* A hub is in one process, and the standard streams are one for all. */
static int
check_workers(const struct command *command, struct fault *fault)
{
    const struct request *request = &command->request;
    if (request->workers == 0 || request->program != NULL || request->local != LOCAL_STREAMS)
        return 0;
    return fault_say(fault, STATUS_USAGE,
                     "needs clients that share nothing: a program, --receive-dir, --echo or the like", "%s",
                     command_name(command, option_named("workers")).text);
}

/* Where a socket came from, another one does not. */
static int
check_reconnect(const struct command *command, struct fault *fault)
{
    if (!command->request.reconnects || command->request.socket.inherited < 0)
        return 0;
    return fault_say(fault, STATUS_USAGE, "needs an address to connect to", "%s",
                     command_name(command, option_named("reconnect")).text);
}

/* From what was said to what it means. */
static int
conclude(struct command *command, struct fault *fault)
{
    struct request *request = &command->request;
    if (rules_agree(command, fault) != 0 || operand_inherited(command, fault) != 0 ||
        scheme_take(command, fault) != 0 || kind_choose(command, fault) != 0 ||
        relay_choose(command, fault) != 0 || rules_fit(command, fault) != 0 ||
        proxy_option_choose(command, fault) != 0 || operand_targets(command, fault) != 0 ||
        proxy_option_check(command, fault) != 0 || tls_conclude(command, fault) != 0 ||
        choose_files(command, fault) != 0 || check_access(command, fault) != 0 ||
        relay_conclude(command, fault) != 0)
        return -1;
    request->announces = command_has(command, "announce");
    request->pump.ends_with_input = request->send_only;
    if (request->send_file != NULL)
        request->local = LOCAL_FILE;
    if (request->receive_folder != NULL)
        request->local = LOCAL_FOLDER;
    request->pump.input_answers = request->program != NULL || request->local == LOCAL_ECHO ||
                                  request->local == LOCAL_CHARGEN || request->local == LOCAL_FILE ||
                                  request->local == LOCAL_RELAY;
    if (check_workers(command, fault) != 0 || check_reconnect(command, fault) != 0)
        return -1;
    if (request->local == LOCAL_BROKER || request->local == LOCAL_CHAT)
        request->keeps_open = true;
    request->tells_apart = rules_tell_apart(command);
    choose_times(command);
    return rules_meet(command, fault);
}

static struct command
command_begin(void)
{
    return (struct command){
        .request = {
            .socket.path_mode = -1,
            .socket.inherited = -1,
            .half_close = HALF_CLOSE_WRITE,
            .connect_ms = -1,
            .accept_ms = -1,
            .max_conns = 1024,
            .receive_name = INTAKE_NAME_USUAL,
            .queue_size = QUEUE_SIZE,
            .max_ms = -1,
            .scan.parallel = SCAN_PARALLEL,
            .retry = { .delay_ms = -1, .max_ms = -1 },
            .kill_after_ms = KILL_AFTER_MS,
            .tls.handshake_ms = TLS_HANDSHAKE_MS,
            .pump = { .idle_ms = -1, .quit_ms = -1, .linger_ms = -1, .records = { .kind = RECORD_NONE } },
        },
        .wait_ms = -1,
    };
}

int
request_parse(struct request *request, int argc, char **argv, struct fault *fault)
{
    struct command command = command_begin(), relay = command_begin();
    relay.is_relay = true;
    command.relay = &relay;
    int read = read_options(&command, argc, argv, fault);
    const struct request *asked = &command.request;
    bool only_tells = asked->help || asked->version || asked->lists_domains || asked->lists_sockopts ||
                      asked->completion != NULL;
    if (read == 0 && !only_tells)
        read = conclude(&command, fault);
    *request = command.request;
    request_free(&relay.request);
    if (read != 0)
        request_free(request);
    return read;
}

void
request_free(struct request *request)
{
    free(request->program);
    request->program = NULL;
    while (request->string_count > 0)
        free(request->strings[--request->string_count]);
    ports_free(&request->scan.ports);
    sockopt_free(&request->socket.options);
    sockopt_free(&request->relay.socket.options);
}
