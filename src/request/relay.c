#include "request/relay.h"

#include "request/kind.h"
#include "request/operand.h"
#include "request/proxy_option.h"
#include "request/scheme.h"
#include "request/tls.h"
#include <stdint.h>
#include <string.h>

/* A message about the word, or about its host or port, does not say where that stands; one about an option does. */
static void
name_option(const char *word, struct fault *fault)
{
    const char *sign = strcmp(fault->what, word) == 0 ? "" : ":";
    struct fault found;
    if (fault->status != STATUS_USAGE || fault->what[0] == '-')
        return;
    found = *fault;
    (void)fault_say(fault, STATUS_USAGE, found.why, "--relay%s %s", sign, found.what);
}

int
relay_choose(struct command *command, struct fault *fault)
{
    struct command *relay = command->relay;
    if (command->endpoint == NULL)
        return 0;
    relay->request.socket.numeric = command->request.socket.numeric;
    relay->words[0] = (char *)(uintptr_t)command->endpoint;
    relay->operands = relay->words;
    relay->operand_count = 1;
    if (operand_inherited(relay, fault) == 0 && scheme_take(relay, fault) == 0 &&
        kind_choose(relay, fault) == 0 && proxy_option_choose(relay, fault) == 0 &&
        operand_targets(relay, fault) == 0 && proxy_option_check(relay, fault) == 0 &&
        tls_conclude(relay, fault) == 0)
        return 0;
    name_option(command->endpoint, fault);
    return -1;
}

/* Marks are for where messages meet bytes. */
static int
check_records(const struct command *command, struct fault *fault)
{
    const struct type *near = command->relay->request.socket.type, *far = command->request.socket.type;
    const char *name = command_has(command, "hex") ? "hex" : "records";
    if (!command_has(command, name) || near->unit != far->unit)
        return 0;
    return fault_say(fault, STATUS_USAGE, "both sides of the relay keep messages apart", "%s",
                     command_name(command, option_named(name)).text);
}

int
relay_conclude(struct command *command, struct fault *fault)
{
    struct request *request = &command->request;
    struct request *relay = &command->relay->request;
    if (command->endpoint == NULL)
        return 0;
    if (relay->socket.inherited >= 0 && request->keeps_open)
        return fault_say(fault, STATUS_USAGE, "is one connection, for one client", "--relay %s with %s",
                         command->endpoint, command_name(command, option_named("keep-open")).text);
    if (check_records(command, fault) != 0)
        return -1;
    request->local = LOCAL_RELAY;
    request->relay.socket = relay->socket;
    relay->socket.options = (struct sockopt_settings){ .count = 0 }; /* they are the plan's now */
    request->relay.tls = relay->tls;
    request->relay.connect_ms = command_has(command->relay, "connect-timeout") ? relay->connect_ms
                                : command_has(command, "connect-timeout")      ? request->connect_ms
                                                                               : command->wait_ms;
    while (relay->string_count > 0) /* the plan goes on to point at them */
        request->strings[request->string_count++] = relay->strings[--relay->string_count];
    return 0;
}
