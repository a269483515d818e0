#include "request/request.h"

#include "base/number.h"
#include "dial/expression.h"
#include "dial/inherit.h"
#include "domain/other.h"
#include "domain/pattern.h"
#include "request/command.h"
#include "request/nearest.h"
#include "request/operand.h"
#include "request/rules.h"
#include "request/scheme.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* What getopt_long(3) returns for the long name of row i: above every character, wide ones included. */
    NAME_BASE = 0x200000,
    DATAGRAM_LINGER_MS = 1000,
    QUEUE_SIZE = 256 * 1024,
    KILL_AFTER_MS = 5000,
    PROTOCOL_MAX = 65535,
    PROTOCOL_WORDS_MAX = 32,
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
    *letter++ = ':';
    for (const struct option_row *row = option_rows; row->name != NULL; row++) {
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
    while (row->name != NULL && (row->letter == '\0' || row->letter != value))
        row++;
    return row->name != NULL ? row : NULL;
}

/* A word that begins several names, or none: `word` is without the dashes and a value. */
static int
refuse_name(const char *word, struct fault *fault)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    char why[sizeof fault->why] = "could be";
    size_t used = strlen(why);
    size_t alike = 0;
    for (const struct option_row *row = option_rows; row->name != NULL; row++) {
        names[count++] = row->name;
        if (strncmp(row->name, word, strlen(word)) != 0 || used >= sizeof why)
            continue;
        int n = snprintf(why + used, sizeof why - used, " --%s", row->name);
        used += n > 0 ? (size_t)n : 0;
        alike++;
    }
    names[count] = NULL;
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

/* Read the options. Fills in the operands as well. */
static int
read_options(struct command *command, int argc, char **argv, struct fault *fault)
{
    struct getopt_tables tables;
    getopt_tables(&tables);
    optind = 0; /* start afresh, wherever an earlier call has stopped */
    opterr = 0;
    for (;;) {
        int answer = getopt_long(argc, argv, tables.letters, tables.names, NULL);
        if (answer == -1)
            break;
        if (answer == ':' || answer == '?')
            return refuse_option(answer, optopt, optind <= argc ? argv[optind - 1] : "--", fault);
        const struct option_row *row = row_of(answer);
        command->typed[row - option_rows] = answer < NAME_BASE ? TYPED_LETTER : TYPED_NAME;
        if (command_set(command, row, optarg, fault) != 0)
            return -1;
    }
    command->operands = argv + optind;
    command->operand_count = optind < argc ? (size_t)(argc - optind) : 0;
    return 0;
}

/* A protocol that the domain does not know: name the nearest, and all. */
static int
refuse_protocol(const struct command *command, const struct domain *domain, const char *word,
                struct fault *fault)
{
    const struct protocol *protocols =
        domain == &other_domain ? other_protocols(command->request.socket.family) : domain->protocols;
    const char *known[PROTOCOL_WORDS_MAX];
    size_t count = 0;
    for (; protocols != NULL && protocols->name != NULL && count + 2 < PROTOCOL_WORDS_MAX; protocols++)
        known[count++] = protocols->name;
    char bounds[24];
    (void)snprintf(bounds, sizeof bounds, "0 to %d", (int)PROTOCOL_MAX);
    known[count++] = bounds;
    known[count] = NULL;
    char why[sizeof fault->why];
    nearest_words(word, known, why, sizeof why);
    const struct option_row *row = command_protocol_option(command);
    return row->kind == OPTION_SELECT
               ? fault_say(fault, STATUS_USAGE, "domain has no such protocol", "%s",
                           command_name(command, row).text)
               : fault_say(fault, STATUS_USAGE, why, "%s %s", command_name(command, row).text, word);
}

/* Families that ignore or refuse each protocol but the one that has the family's own number (PF_UNIX). */
static bool
has_protocols(const struct domain *domain)
{
    return domain->protocols != NULL || domain->socket_protocol != NULL || domain == &other_domain;
}

/* The number of the protocol that was asked for, in the words of the domain. */
static int
choose_protocol(struct command *command, struct fault *fault)
{
    struct socket_plan *plan = &command->request.socket;
    const char *word = command->protocol;
    if (word == NULL)
        return 0;
    plan->protocol = plan->domain == &other_domain ? other_protocol_find(plan->family, word)
                                                   : domain_protocol_find(plan->domain, word);
    int64_t number = 0;
    enum number_found found =
        plan->protocol >= 0 ? NUMBER_NONSENSE : number_whole(word, NUMBER_DECIMAL_OR_HEX, &number);
    if (found == NUMBER_FOUND && number <= PROTOCOL_MAX)
        plan->protocol = (int)number;
    bool is_own = plan->protocol == 0 || plan->protocol == plan->family;
    const struct option_row *row = command_protocol_option(command);
    if (!has_protocols(plan->domain) && !is_own && row->kind == OPTION_PROTOCOL) {
        char why[64];
        (void)snprintf(why, sizeof why, "domain %s has no protocols", plan->domain->name);
        return fault_say(fault, STATUS_USAGE, why, "%s %s", command_name(command, row).text, word);
    }
    if (plan->protocol >= 0)
        return 0;
    if (found != NUMBER_NONSENSE)
        return fault_say(fault, STATUS_USAGE, "out of range: 0 to 65535", "%s %s",
                         command_name(command, option_named("protocol")).text, word);
    return refuse_protocol(command, plan->domain, word, fault);
}

/* More sockets of a listener have to be alike, but that one may be of IPv4 and another of IPv6. */
static int
choose_more(struct socket_plan *plan, const char *word, const struct inherit_wish *wish, struct fault *fault)
{
    for (size_t i = 0; i < plan->inherited_more_count; i++) {
        struct socket_plan more = { .inherited = -1 };
        if (inherit_describe(plan->inherited_more[i], word, wish, &more, STATUS_USAGE, fault) != 0)
            return -1;
        const struct domain *whole = more.domain->whole;
        if (more.domain != plan->domain && whole != NULL &&
            (whole == plan->domain->whole || whole == plan->domain)) {
            plan->domain = whole;
            plan->family = whole->family;
            more.domain = whole;
        }
        if (more.domain != plan->domain || more.type != plan->type || more.protocol != plan->protocol)
            return fault_say(fault, STATUS_USAGE,
                             "are sockets of several kinds: choose those of one name, fd:systemd:NAME", "%s",
                             word);
    }
    return 0;
}

/* The operand fd:N: the socket itself says what it is, and the options may say the same. */
static int
choose_inherited(struct command *command, struct fault *fault)
{
    struct socket_plan *plan = &command->request.socket;
    const struct inherit_wish wish = {
        .domain = command->domain,
        .type = command->type,
        .listens = command->request.listens,
    };
    const char *word = command->operands[0];
    if (inherit_describe(plan->inherited, word, &wish, plan, STATUS_USAGE, fault) != 0 ||
        choose_more(plan, word, &wish, fault) != 0)
        return -1;
    int protocol = plan->protocol;
    if (choose_protocol(command, fault) != 0)
        return -1;
    if (plan->protocol != protocol) {
        char why[64];
        (void)snprintf(why, sizeof why, "is a socket of protocol %d, not %d", protocol, plan->protocol);
        return fault_say(fault, STATUS_USAGE, why, "%s", word);
    }
    return 0;
}

/* Choose the row of each table, and see that the one has the other. */
static int
choose_socket(struct command *command, struct fault *fault)
{
    struct socket_plan *plan = &command->request.socket;
    /* a socket that is yet to come may be of any family */
    const struct domain *usual = command->request.receives ? &other_domain : domain_rows[0];
    plan->domain = command->domain != NULL ? command->domain : usual;
    plan->family = command->domain != NULL ? command->family : plan->domain->family;
    command->request.asked_domain = command->domain;
    if (plan->inherited >= 0)
        return choose_inherited(command, fault);
    if (choose_protocol(command, fault) != 0)
        return -1;
    const struct type *asked =
        command->type != NULL ? command->type : domain_usual_type(plan->domain, plan->protocol);
    plan->type = domain_type(plan->domain, asked, plan->protocol);
    if (plan->type != NULL)
        return 0;
    char names[96];
    char why[sizeof fault->why];
    domain_type_names(plan->domain, names, sizeof names);
    (void)snprintf(why, sizeof why, "it has %s%s", names,
                   command->domain == NULL ? "; choose another with -U or --domain" : "");
    return fault_say(fault, STATUS_USAGE, why, "domain %s has no type %s", plan->domain->name, asked->name);
}

static void
choose_times(struct command *command)
{
    struct request *request = &command->request;
    bool waits = command_has(command, "wait");
    if (waits && !request->listens && !command_has(command, "connect-timeout"))
        request->connect_ms = command->wait_ms;
    if (waits && !command_has(command, "idle-timeout"))
        request->pump.idle_ms = command->wait_ms;
    if (request->listens || request->socket.type->half_closes)
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

/* From what was said to what it means. */
static int
conclude(struct command *command, struct fault *fault)
{
    struct request *request = &command->request;
    if (rules_agree(command, fault) != 0 || operand_inherited(command, fault) != 0 ||
        scheme_take(command, fault) != 0 || choose_socket(command, fault) != 0 ||
        rules_fit(command, fault) != 0 || operand_targets(command, fault) != 0 ||
        choose_files(command, fault) != 0 || check_access(command, fault) != 0 ||
        rules_meet(command, fault) != 0)
        return -1;
    request->announces = command_has(command, "announce");
    request->pump.ends_with_input = request->send_only;
    if (request->send_file != NULL)
        request->local = LOCAL_FILE;
    if (request->local == LOCAL_BROKER || request->local == LOCAL_CHAT)
        request->keeps_open = true;
    choose_times(command);
    return 0;
}

int
request_parse(struct request *request, int argc, char **argv, struct fault *fault)
{
    struct command command = {
        .request = {
            .socket.path_mode = -1,
            .socket.inherited = -1,
            .half_close = HALF_CLOSE_WRITE,
            .connect_ms = -1,
            .accept_ms = -1,
            .max_conns = 1024,
            .queue_size = QUEUE_SIZE,
            .max_ms = -1,
            .scan.parallel = SCAN_PARALLEL,
            .retry = { .delay_ms = -1, .max_ms = -1 },
            .kill_after_ms = KILL_AFTER_MS,
            .pump = { .idle_ms = -1, .quit_ms = -1, .linger_ms = -1, .records = { .kind = RECORD_NONE } },
        },
        .wait_ms = -1,
    };
    int read = read_options(&command, argc, argv, fault);
    const struct request *asked = &command.request;
    bool only_tells = asked->help || asked->version || asked->lists_domains || asked->lists_sockopts ||
                      asked->completion != NULL;
    if (read == 0 && !only_tells)
        read = conclude(&command, fault);
    *request = command.request;
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
}
