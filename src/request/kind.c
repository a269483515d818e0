#include "request/kind.h"

#include "base/number.h"
#include "dial/inherit.h"
#include "domain/other.h"
#include "request/nearest.h"
#include <stdio.h>

enum {
    PROTOCOL_MAX = 65535,
    PROTOCOL_WORDS_MAX = 32,
};

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
int
kind_choose(struct command *command, struct fault *fault)
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
