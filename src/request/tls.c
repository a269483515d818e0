#include "request/tls.h"

#include "request/rules.h"
#include <stdio.h>

/* Each of these asks for it. */
static const char *const asking[] = { "ssl",           "ssl-cert",    "ssl-key",        "ssl-verify",
                                      "ssl-trustfile", "ssl-ciphers", "ssl-servername", "ssl-alpn",
                                      "ssl-pin",       NULL };

/* These say how, and mean nothing without one of those. */
static const char *const describing[] = { "insecure", "ssl-keylog", "ssl-lax-eof", "ssl-timeout", NULL };

static const struct option_row *
find_given(const struct command *command, const char *const *names)
{
    while (*names != NULL && !command_has(command, *names))
        names++;
    return *names != NULL ? option_named(*names) : NULL;
}

/* As the user has typed it: a relay's options have names of their own. */
static struct option_name
name_of(const struct command *command, const struct option_row *row)
{
    for (const struct option_row *other = option_rows; command->is_relay && *other->name != '\0'; other++)
        if (other->of_relay != NULL && option_named(other->of_relay) == row)
            return option_name(other, false);
    return command_name(command, row);
}

/* What does not go with TLS does not go with whatever else has asked for it. */
static int
check_excluded(const struct command *command, const char *asked, struct fault *fault)
{
    const struct option_row *ssl = option_named("ssl");
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        if (command_has(command, row->name) && option_excludes(ssl, row))
            return fault_say(fault, STATUS_USAGE, "exclude each other", "%s and %s", asked,
                             name_of(command, row).text);
    return 0;
}

static int
refuse_alone(const struct command *command, const struct option_row *row, struct fault *fault)
{
    char why[96];
    (void)snprintf(why, sizeof why, "means nothing without TLS: use %s, or tls://HOST:PORT",
                   name_of(command, option_named("ssl")).text);
    return fault_say(fault, STATUS_USAGE, why, "%s", name_of(command, row).text);
}

/* Whom a certificate can be for; NULL: nobody that has a name. */
static const char *
find_host(const struct socket_plan *plan)
{
    return plan->inherited < 0 && plan->domain->needs_lookup != NULL ? plan->remote.host : NULL;
}

static int
check_peer(struct command *command, const char *asked, struct fault *fault)
{
    struct tls_choice *tls = &command->request.tls;
    if (command->request.listens)
        return 0;
    if (tls->server_name == NULL)
        tls->server_name = find_host(&command->request.socket);
    if (tls->server_name != NULL || tls->pin != NULL || tls->insecure)
        return 0;
    char why[160];
    (void)snprintf(why, sizeof why, "whose certificate is expected? use %s, %s or %s",
                   name_of(command, option_named("ssl-servername")).text,
                   name_of(command, option_named("ssl-pin")).text,
                   name_of(command, option_named("insecure")).text);
    return fault_say(fault, STATUS_USAGE, why, "%s", asked);
}

int
tls_conclude(struct command *command, struct fault *fault)
{
    struct tls_choice *tls = &command->request.tls;
    const struct option_row *asked = find_given(command, asking);
    const struct option_row *described = find_given(command, describing);
    const char *word = asked != NULL ? NULL : command->operand_count > 0 ? command->operands[0] : "";
    char name[64];
    if (asked == NULL && described != NULL && !tls->is_on)
        return refuse_alone(command, described, fault);
    if (asked == NULL && !tls->is_on)
        return 0;
    tls->is_on = true;
    (void)snprintf(name, sizeof name, "%s", asked != NULL ? name_of(command, asked).text : word);
    if (tls->key != NULL && tls->certificate == NULL)
        return fault_say(fault, STATUS_USAGE, "needs the certificate, too", "%s",
                         name_of(command, option_named("ssl-key")).text);
    if (check_excluded(command, name, fault) != 0)
        return -1;
    return check_peer(command, name, fault);
}
