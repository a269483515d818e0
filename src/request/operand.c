#include "request/operand.h"

#include "base/number.h"
#include "dial/activation.h"
#include "dial/inherit.h"
#include <stdio.h>
#include <string.h>

enum shape
operand_shape(const char *word, const char **colon)
{
    *colon = strchr(word, ':');
    if (word[0] == '[') {
        const char *end = strchr(word, ']');
        *colon = end != NULL ? end + 1 : NULL;
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return SHAPE_BROKEN;
        return end[1] == ':' ? SHAPE_PAIR : SHAPE_BRACKETS;
    }
    if (*colon == NULL)
        return SHAPE_WORD;
    return strchr(*colon + 1, ':') == NULL ? SHAPE_PAIR : SHAPE_COLONS;
}

static const char *
expected(const struct command *command)
{
    bool listens = command->request.listens;
    if (open_has_port(&command->request.socket))
        return listens ? "listening needs [HOST] PORT" : "connecting needs HOST and PORT";
    if (command->request.socket.domain->has_port)
        return listens ? "listening needs at most an ADDRESS" : "connecting needs a HOST";
    if (command->request.socket.domain->has_files)
        return listens ? "listening needs a PATH" : "connecting needs a PATH";
    return "an address is needed: see skt-sockets(7)";
}

static int
missing(const struct command *command, struct fault *fault)
{
    return fault_say(fault, STATUS_USAGE, expected(command), "missing operand");
}

static int
refuse(const char *word, const char *why, struct fault *fault)
{
    return fault_say(fault, STATUS_USAGE, why, "%s", word);
}

/* No operand may be empty (an unset variable, most often), and there may not be more than `most`. */
static int
operands_count(const struct command *command, size_t most, struct fault *fault)
{
    for (size_t i = 0; i < command->operand_count; i++)
        if (command->operands[i][0] == '\0')
            return fault_say(fault, STATUS_USAGE, expected(command), "empty operand");
    if (command->address != NULL && command->operand_count > 1)
        return fault_say(fault, STATUS_USAGE, "the URL says it all", "surplus operand %s",
                         command->operands[1]);
    if (command->operand_count > most)
        return fault_say(fault, STATUS_USAGE, expected(command), "surplus operand %s",
                         command->operands[most]);
    return 0;
}

static bool
looks_like_path(const char *word)
{
    return word[0] == '/' || word[0] == '@' || strncmp(word, "./", 2) == 0 || strncmp(word, "../", 3) == 0;
}

/* Split HOST:PORT at its colon. In a URL, %25 stands for % (RFC 6874). */
static int
split_pair(struct command *command, const char *word, const char *colon, struct target *target,
           struct fault *fault)
{
    char *host = command_string(command, word, (size_t)(colon - word), fault);
    if (host == NULL)
        return -1;
    target->host = host;
    target->port = colon + 1;
    if (colon[1] == '\0')
        return refuse(word, "a port has to follow the colon", fault);
    char *escape = command->address != NULL ? strstr(host, "%25") : NULL;
    if (escape != NULL)
        memmove(escape + 1, escape + 3, strlen(escape + 3) + 1);
    return 0;
}

/* A word that has to be HOST:PORT, and is of another shape. */
static int
refuse_shape(const struct command *command, const char *word, enum shape shape, struct fault *fault)
{
    if (shape == SHAPE_BROKEN)
        return refuse(word, "an IPv6 address and a port are [ADDRESS]:PORT", fault);
    if (shape == SHAPE_COLONS)
        return refuse(word, "no port; an IPv6 address and a port are [ADDRESS]:PORT", fault);
    return fault_say(fault, STATUS_USAGE, expected(command), "missing operand after %s", word);
}

static int
connect_to_word(struct command *command, struct fault *fault)
{
    const char *word = command->address != NULL ? command->address : command->operands[0];
    const char *colon = NULL;
    enum shape shape = operand_shape(word, &colon);
    if (looks_like_path(word))
        return refuse(word, command->is_relay ? "a path is unix:PATH" : "a path or @NAME needs -U", fault);
    if (shape == SHAPE_PAIR)
        return split_pair(command, word, colon, &command->request.socket.remote, fault);
    if (command->is_relay && shape == SHAPE_WORD)
        return refuse(command->operands[0], "no port: use HOST:PORT, or a URL", fault);
    if (command->address != NULL && shape != SHAPE_COLONS && shape != SHAPE_BROKEN)
        return refuse(command->operands[0],
                      strstr(command->operands[0], "://") ? "no port: use SCHEME://HOST:PORT"
                                                          : "no port: use SCHEME:HOST:PORT",
                      fault);
    return refuse_shape(command, word, shape, fault);
}

/* -z: the first operands are hosts, or paths. */
static void
scan_hosts(struct command *command, size_t count)
{
    struct scan_choice *scan = &command->request.scan;
    scan->hosts = command->operands;
    scan->host_count = count;
}

static int
connect_targets(struct command *command, struct fault *fault)
{
    struct target *remote = &command->request.socket.remote;
    size_t count = command->operand_count;
    if (operands_count(command, command->request.scans ? SIZE_MAX : 2, fault) != 0)
        return -1;
    if (count == 0)
        return missing(command, fault);
    if (count > 1)
        *remote = (struct target){ .host = command->operands[0], .port = command->operands[count - 1] };
    else if (connect_to_word(command, fault) != 0)
        return -1;
    if (count > 1)
        scan_hosts(command, count - 1);
    if (*remote->host == '\0')
        return refuse(command->operands[0], "no host: connecting needs HOST and PORT", fault);
    if (strcmp(remote->host, "*") == 0)
        return refuse(command->operands[0],
                      command->is_relay ? "* stands for every interface"
                                        : "* stands for every interface and needs -l",
                      fault);
    command->request.socket.source = (struct target){ .host = command->source, .port = command->source_port };
    return 0;
}

/* What the only operand of a listener is, by itself: a host, a port, or both. */
static int
listen_at_word(struct command *command, struct target *target, struct fault *fault)
{
    const char *word = command->address != NULL ? command->address : command->operands[0];
    const char *colon = NULL;
    enum shape shape = operand_shape(word, &colon);
    if (looks_like_path(word))
        return refuse(word, "a path or @NAME needs -U", fault);
    if (shape == SHAPE_PAIR)
        return split_pair(command, word, colon, target, fault);
    if (command->address != NULL || shape == SHAPE_BROKEN)
        return refuse_shape(command, word, shape, fault);
    bool is_port = shape == SHAPE_WORD && (command->source_port == NULL || word[number_digits(word)] == '\0');
    if (!is_port && command->source_port == NULL)
        return refuse_shape(command, word, shape, fault);
    *target = is_port ? (struct target){ .port = word } : (struct target){ .host = word };
    return 0;
}

/* -s and -p say where to listen as well as the operands do; nothing may be said twice. */
static int
merge(const struct command *command, const char *option, const char *value, const char **part,
      const char *operand, const char *twice, struct fault *fault)
{
    if (value != NULL && *part != NULL)
        return fault_say(fault, STATUS_USAGE, twice, "%s %s and operand %s",
                         command_name(command, option_named(option)).text, value, operand);
    if (value != NULL)
        *part = value;
    return 0;
}

static int
listen_targets(struct command *command, struct fault *fault)
{
    struct target *remote = &command->request.socket.remote;
    if (operands_count(command, 2, fault) != 0)
        return -1;
    if (command->operand_count == 2)
        *remote = (struct target){ .host = command->operands[0], .port = command->operands[1] };
    else if (command->operand_count == 1 && listen_at_word(command, remote, fault) != 0)
        return -1;
    const char *first = command->operand_count > 0 ? command->operands[0] : "";
    const char *last = command->operand_count > 1 ? command->operands[1] : first;
    if (merge(command, "source", command->source, &remote->host, first, "the address is given twice",
              fault) != 0 ||
        merge(command, "source-port", command->source_port, &remote->port, last, "the port is given twice",
              fault) != 0)
        return -1;
    if (remote->port == NULL)
        return missing(command, fault);
    if (remote->host != NULL && (*remote->host == '\0' || strcmp(remote->host, "*") == 0))
        remote->host = NULL;
    return 0;
}

/* Is there an address to fall back on: every interface, the kernel? */
static bool
may_lack_address(const struct socket_plan *plan, bool listens)
{
    return plan->domain->address_optional || (listens && plan->domain->has_port);
}

/* Domains and types whose addresses are one word. */
static int
word_targets(struct command *command, struct fault *fault)
{
    struct socket_plan *plan = &command->request.socket;
    bool listens = command->request.listens;
    bool scans = command->request.scans;
    if (operands_count(command, scans ? SIZE_MAX : 1, fault) != 0)
        return -1;
    if (scans && command->address == NULL)
        scan_hosts(command, command->operand_count);
    if (command->operand_count > 0)
        plan->remote.host = command->address != NULL ? command->address : command->operands[0];
    if (listens && command->source != NULL && plan->remote.host != NULL)
        return fault_say(fault, STATUS_USAGE,
                         plan->domain->has_files ? "the path to listen at is the operand"
                                                 : "the address to listen at is the operand",
                         "%s %s", command_name(command, option_named("source")).text, command->source);
    if (listens && command->source != NULL && !plan->domain->has_files)
        plan->remote.host = command->source;
    else
        plan->source.host = command->source;
    if (plan->remote.host == NULL && !may_lack_address(plan, listens))
        return missing(command, fault);
    if (command_has(command, "mode") && plan->domain->has_files && plan->remote.host[0] == '@')
        return fault_say(fault, STATUS_USAGE, "a name in the abstract namespace has no permissions",
                         "%s and %s", command_name(command, option_named("mode")).text, plan->remote.host);
    bool needs_source = plan->domain->needs_source || plan->type->needs_source;
    if (!listens && needs_source && command->source == NULL)
        return fault_say(fault, STATUS_USAGE,
                         command->is_relay ? "connecting needs an address of our own: --relay-source ADDRESS"
                                           : "connecting needs an address of our own: -s ADDRESS",
                         "domain %s", plan->domain->name);
    return 0;
}

/* Is the word several ports in numbers, as only -z takes it? */
static bool
is_range(const char *port)
{
    size_t first = number_digits(port);
    return first > 0 && (port[first] == '-' || port[first] == ',') &&
           port[first + 1 + strspn(port + first + 1, "0123456789,-")] == '\0';
}

static int
check(const struct command *command, const struct target *target, enum purpose purpose, struct fault *fault)
{
    const struct socket_plan *plan = &command->request.socket;
    struct resolve_query query =
        purpose == PURPOSE_SOURCE ? open_query(plan, purpose) : open_query_remote(plan, purpose);
    query.target = *target;
    return domain_check(plan->domain, &query, fault);
}

/* fd:systemd: a client is one connection, a listener may have several sockets. */
static int
take_activated(struct command *command, const char *word, struct fault *fault)
{
    struct socket_plan *plan = &command->request.socket;
    int fds[OPEN_INHERITED_MAX];
    int count = activation_take(word, fds, command->request.listens ? OPEN_INHERITED_MAX : 1, fault);
    if (count < 0)
        return -1;
    plan->inherited = fds[0];
    plan->inherited_more_count = (size_t)count - 1;
    memcpy(plan->inherited_more, fds + 1, plan->inherited_more_count * sizeof fds[0]);
    return 0;
}

static int
check_source(const struct command *command, struct fault *fault)
{
    const struct target *source = &command->request.socket.source;
    bool has_source = source->host != NULL || source->port != NULL;
    return has_source ? check(command, source, PURPOSE_SOURCE, fault) : 0;
}

static bool
looks_like_port(const char *word)
{
    return word[number_digits(word)] == '\0' || is_range(word);
}

/* What -z is to try: every port of every host, or every path. */
static int
scan_targets(struct command *command, struct fault *fault)
{
    struct request *request = &command->request;
    const struct socket_plan *plan = &request->socket;
    struct scan_choice *scan = &request->scan;
    const char *protocol = domain_protocol_name(plan->domain, plan->type, plan->protocol);
    const bool has_ports = open_has_port(plan);
    if (has_ports &&
        ports_read(plan->remote.port, plan->domain->read_port, protocol, &scan->ports, fault) != 0)
        return -1;
    if (scan->hosts == NULL)
        scan->host_count = 1;
    for (size_t i = 0; i < scan->host_count; i++) {
        const char *host = scan->hosts != NULL ? scan->hosts[i] : plan->remote.host;
        if (has_ports && i > 0 && looks_like_port(host)) /* nc(1) takes several words */
            return refuse(host, "several ports are one word, as in 22,80-90", fault);
        const struct target target = { .host = host, .port = has_ports ? "1" : NULL }; /* they are good */
        if (check(command, &target, PURPOSE_CONNECT, fault) != 0)
            return -1;
    }
    return check_source(command, fault);
}

/* A descriptor that we were started with, if the word is one. */
static int
take_descriptor(struct command *command, const char *word, struct fault *fault)
{
    command->request.socket.inherited = -1;
    if (strncmp(word, "fd:", 3) != 0)
        return 0;
    if (activation_is_word(word))
        return take_activated(command, word, fault);
    command->request.socket.inherited = inherit_number(word);
    return 0;
}

int
operand_inherited(struct command *command, struct fault *fault)
{
    static const char *const unfit[] = { "source",  "source-port", "random",          "mode", "reuse-port",
                                         "backlog", "nodns",       "connect-timeout", "zero", "promiscuous",
                                         "netns",   "retry",       "proxy",           NULL };
    struct socket_plan *plan = &command->request.socket;
    const char *word = command->operand_count > 0 ? command->operands[0] : "";
    if (take_descriptor(command, word, fault) != 0)
        return -1;
    if (plan->inherited < 0 && !command->request.receives)
        return 0;
    size_t most = command->request.receives ? 0 : 1;
    if (command->operand_count > most)
        return fault_say(fault, STATUS_USAGE, "the descriptor says it all", "surplus operand %s",
                         command->operands[most]);
    for (const char *const *name = unfit; *name != NULL && plan->inherited >= 0; name++) {
        bool is_for_relay = command->endpoint != NULL && strcmp(*name, "retry") == 0;
        if (command_has(command, *name) && !is_for_relay)
            return fault_say(fault, STATUS_USAGE, "the socket is open already", "%s and %s",
                             command_name(command, option_named(*name)).text, word);
    }
    plan->remote.host = command->request.receives ? "the descriptor received" : word;
    return 0;
}

int
operand_targets(struct command *command, struct fault *fault)
{
    if (command->request.socket.inherited >= 0 || command->request.receives)
        return 0;
    const struct request *request = &command->request;
    const struct socket_plan *plan = &request->socket;
    int found = !open_has_port(plan) ? word_targets(command, fault)
                : request->listens   ? listen_targets(command, fault)
                                     : connect_targets(command, fault);
    if (found != 0)
        return -1;
    if (request->scans)
        return scan_targets(command, fault);
    if (plan->remote.port != NULL && is_range(plan->remote.port))
        return fault_say(fault, STATUS_USAGE,
                         strchr(plan->remote.port, ',') != NULL ? "a list of ports needs -z"
                                                                : "a range of ports needs -z",
                         "port %s", plan->remote.port);
    if (check(command, &plan->remote, request->listens ? PURPOSE_LISTEN : PURPOSE_CONNECT, fault) != 0)
        return -1;
    return check_source(command, fault);
}
