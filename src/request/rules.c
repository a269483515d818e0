#include "request/rules.h"

#include "base/text.h"
#include "endpoint/flags.h"
#include <inttypes.h>
#include <stdio.h>

static bool
given(const struct command *command, const struct option_row *row)
{
    return command->typed[row - option_rows] != TYPED_NOT;
}

static int
check_excludes(const struct command *command, const struct option_row *row, struct fault *fault)
{
    for (const struct option_row *other = row + 1; *other->name != '\0'; other++)
        if (given(command, other) && option_excludes(row, other))
            return fault_say(fault, STATUS_USAGE, "exclude each other", "%s and %s",
                             command_name(command, row).text, command_name(command, other).text);
    return 0;
}

static int
check_needs(const struct command *command, const struct option_row *row, struct fault *fault)
{
    if (row->needs == NULL)
        return 0;
    char why[128] = "needs";
    const char *between = "";
    for (const struct option_row *other = option_rows; *other->name != '\0'; other++) {
        if (!option_lists(row->needs, other->name))
            continue;
        if (given(command, other))
            return 0;
        text_add(why, sizeof why, "%s --%s", between, other->name);
        between = " or";
    }
    return fault_say(fault, STATUS_USAGE, why, "%s", command_name(command, row).text);
}

int
rules_agree(const struct command *command, struct fault *fault)
{
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        if (given(command, row) &&
            (check_excludes(command, row, fault) != 0 || check_needs(command, row, fault) != 0))
            return -1;
    return 0;
}

static bool
keeps_messages(const struct type *type)
{
    return type->unit == UNIT_MESSAGES;
}

static bool
carries_bytes(const struct type *type)
{
    return type->unit == UNIT_BYTES;
}

static bool
has_urgent(const struct type *type)
{
    return type->urgent;
}

static bool
half_closes(const struct type *type)
{
    return type->half_closes;
}

static bool
ends_in_words_only(const struct type *type)
{
    return type->unit == UNIT_MESSAGES && !type->half_closes && !type->no_empty;
}

static bool
has_service(const struct type *type)
{
    return type->has_service;
}

static bool
accepts(const struct type *type)
{
    return type->accepts;
}

static bool
has_clients(const struct type *type)
{
    return type->accepts || (type->unit == UNIT_MESSAGES && !type->paired);
}

static bool
has_ports(const struct type *type)
{
    return !type->portless;
}

static bool
has_port(const struct domain *domain)
{
    return domain->has_port;
}

static bool
has_numbered_ports(const struct domain *domain)
{
    return domain->read_port != NULL;
}

static bool
can_be_scanned(const struct domain *domain)
{
    return has_numbered_ports(domain) || domain->has_files;
}

static bool
has_path(const struct domain *domain)
{
    return domain->has_files;
}

static bool
has_interface(const struct domain *domain)
{
    return domain->has_interface;
}

static bool
has_groups(const struct domain *domain)
{
    return domain->has_groups;
}

static bool
has_patterns(const struct domain *domain)
{
    return domain->matches != NULL;
}

static bool
is_raw(const struct type *type)
{
    return type->value == raw_type.value;
}

static bool
has_headers(const struct domain *domain)
{
    return domain->header_size != NULL;
}

/* The tests, and how "needs ...: NAME ..." goes on. */
struct fit_row {
    bool (*type)(const struct type *type);
    bool (*domain)(const struct domain *domain);
    bool either; /* the socket of --relay may be the one that passes */
    const char *needed;
    const char *lacking;
};

/* clang-format off */
static const struct fit_row fit_rows[] = {
    [FITS_ALL] = { .needed = "", .lacking = "" },
    [FITS_MESSAGES] = { .type = keeps_messages, .needed = "a type that keeps messages apart",
                        .lacking = "does not" },
    [FITS_RECORDS] = { .type = keeps_messages, .either = true, .needed = "a type that keeps messages apart",
                       .lacking = "does not" },
    [FITS_BYTES] = { .type = carries_bytes, .needed = "a type that carries bytes without borders",
                     .lacking = "keeps messages apart" },
    [FITS_URGENT] = { .type = has_urgent, .needed = "a type with urgent data", .lacking = "has none" },
    [FITS_HALF_CLOSE] = { .type = half_closes, .needed = "a type that half-closes", .lacking = "does not" },
    [FITS_NO_HALF_CLOSE] = { .type = ends_in_words_only, .either = true, .needed = "a type without half-close and with empty messages",
                             .lacking = "is another" },
    [FITS_ACCEPTING] = { .type = accepts, .needed = "a type that accepts connections",
                         .lacking = "does not" },
    [FITS_CLIENTS] = { .type = has_clients, .needed = "a type whose clients can be told apart",
                       .lacking = "has only one" },
    [FITS_PORTS] = { .type = has_ports, .domain = has_port, .needed = "addresses with ports", .lacking = "has none" },
    [FITS_SCAN] = { .type = has_ports, .domain = can_be_scanned,
                    .needed = "addresses with ports that can be scanned, or paths", .lacking = "has none" },
    [FITS_INTERFACES] = { .domain = has_interface, .needed = "addresses that are interfaces",
                          .lacking = "has none" },
    [FITS_GROUPS] = { .domain = has_groups, .needed = "a domain with groups", .lacking = "has none" },
    [FITS_PATTERNS] = { .domain = has_patterns, .needed = "peers that patterns can name (inet, unix, vsock)",
                        .lacking = "has none" },
    [FITS_RAW] = { .type = is_raw, .needed = "type raw", .lacking = "is another" },
    [FITS_HEADERS] = { .type = is_raw, .domain = has_headers, .needed = "raw sockets of IPv4",
                       .lacking = "is another" },
    /* of all families with numbered ports, the only type with urgent data */
    [FITS_TCP] = { .type = has_urgent, .domain = has_numbered_ports, .needed = "TCP", .lacking = "is another" },
    [FITS_SERVICE] = { .type = has_service, .needed = "a type with codes of services",
                       .lacking = "has none" },
    [FITS_PATHS] = { .domain = has_path, .needed = "addresses that are paths", .lacking = "has none" },
};
/* clang-format on */

/* The types of a domain that pass a test, as " (dgram, seqpacket)". */
static void
fitting_types(const struct domain *domain, const struct fit_row *fit, char *text, size_t size)
{
    text[0] = '\0';
    for (const struct type *const *type = domain->types; *type != NULL; type++)
        if ((*type)->only_protocol == 0 && fit->type(*type))
            text_add(text, size, "%s%s", text[0] != '\0' ? ", " : " (", (*type)->name);
    if (text[0] != '\0')
        text_add(text, size, ")");
}

static int
check_fit(const struct command *command, const struct option_row *row, struct fault *fault)
{
    const struct socket_plan *plan = &command->request.socket;
    const struct fit_row *fit = &fit_rows[row->fits];
    const struct socket_plan *other = command->endpoint != NULL ? &command->relay->request.socket : plan;
    bool type_fits = fit->type == NULL || fit->type(plan->type) || (fit->either && fit->type(other->type));
    bool domain_fits = fit->domain == NULL || fit->domain(plan->domain);
    if (type_fits && domain_fits)
        return 0;
    char types[96] = "";
    if (!type_fits)
        fitting_types(plan->domain, fit, types, sizeof types);
    char why[sizeof fault->why];
    (void)snprintf(why, sizeof why, "needs %s%s: %s %s", fit->needed, types,
                   type_fits                        ? plan->domain->name
                   : plan->type->only_protocol != 0 ? domain_protocol_name(plan->domain, plan->type, 0)
                                                    : plan->type->name,
                   fit->lacking);
    return fault_say(fault, STATUS_USAGE, why, "%s", command_name(command, row).text);
}

/* Flags that every send or receive of this type would suffer from. */
static int
check_flags(const struct command *command, const char *option, enum flags_place place, int flags,
            struct fault *fault)
{
    const struct type *type = command->request.socket.type;
    const char *why = NULL;
    const struct flag_row *row = flags_misfit(flags, place, type->unit, &why);
    if (row == NULL)
        return 0;
    return fault_say(fault, STATUS_USAGE, why, "%s %s with %s",
                     command_name(command, option_named(option)).text, row->name, type->name);
}

int
rules_fit(const struct command *command, struct fault *fault)
{
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        if (given(command, row) && check_fit(row->of_relay ? command->relay : command, row, fault) != 0)
            return -1;
    if (check_flags(command, "send-flags", FLAGS_SEND, command->request.send_flags, fault) != 0)
        return -1;
    return check_flags(command, "recv-flags", FLAGS_RECEIVE, command->request.receive_flags, fault);
}

/* What is given away has to be a connection. */
static int
check_passing(const struct command *command, struct fault *fault)
{
    const struct request *request = &command->request;
    bool hands_over = request->passes || request->peek_size > 0;
    if (!hands_over || !request->listens || request->socket.type->accepts)
        return 0;
    return fault_say(fault, STATUS_USAGE, "needs a type that accepts connections", "%s with -l",
                     command_name(command, option_named(request->passes ? "pass-fd" : "peek")).text);
}

/* Is one of these given? Returns its name, or NULL. */
static const char *
find_given(const struct command *command, const char *const *names)
{
    while (*names != NULL && !command_has(command, *names))
        names++;
    return *names;
}

bool
rules_tell_apart(const struct command *command)
{
    static const char *const of_each[] = { "max-conns", "max-per-peer", "rate-conns", "queue",
                                           "slow",      "label",        NULL };
    return find_given(command, of_each) != NULL;
}

/* Nothing waits for a stream's client that has an end for itself. */
static int
check_clients(const struct command *command, struct fault *fault)
{
    const struct request *request = &command->request;
    const struct socket_plan *plan = &request->socket;
    bool is_hub = request->local == LOCAL_BROKER || request->local == LOCAL_CHAT;
    bool shares_one = request->local == LOCAL_STREAMS && request->program == NULL;
    if (command_has(command, "max-per-peer") && plan->domain->knows_by_connection && !plan->type->accepts)
        return fault_say(fault, STATUS_USAGE, "its datagrams do not say for sure whose they are",
                         "--max-per-peer with domain %s, type %s", plan->domain->name, plan->type->name);
    if (command_has(command, "queue") && plan->type->accepts && !shares_one && !is_hub)
        return fault_say(fault, STATUS_USAGE, "clients share nothing that could wait for them", "--queue");
    return 0;
}

/* A program is told in its environment what was seen, and starts when it is there. */
static int
check_peeking(const struct command *command, struct fault *fault)
{
    const struct request *request = &command->request;
    if (request->program == NULL || request->peek_size <= PEEK_TOLD_MAX)
        return 0;
    return fault_say(fault, STATUS_USAGE, "a program is told of at most 200 bytes", "--peek %" PRId64,
                     request->peek_size);
}

/* What is tried again is to connect: the socket, or the other one of a relay. */
static int
check_retrying(const struct command *command, struct fault *fault)
{
    const struct request *request = &command->request;
    bool is_open = request->socket.inherited >= 0;
    bool relays = request->local == LOCAL_RELAY && request->relay.socket.inherited < 0;
    if (!command_has(command, "retry") || relays || (!request->listens && !is_open))
        return 0;
    const struct option_name name = command_name(command, option_named("retry"));
    if (!request->listens)
        return fault_say(fault, STATUS_USAGE, "the socket is open already", "%s and %s", name.text,
                         request->socket.remote.host);
    return fault_say(fault, STATUS_USAGE, "nothing is connected to, unless --relay says where", "%s and %s",
                     command_name(command, option_named("listen")).text, name.text);
}

int
rules_meet(const struct command *command, struct fault *fault)
{
    if (check_passing(command, fault) != 0 || check_clients(command, fault) != 0 ||
        check_retrying(command, fault) != 0)
        return -1;
    return check_peeking(command, fault);
}
