#include "session/environment.h"

#include "endpoint/tls.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MAX = 40, PREFIX_MAX = 16, NAME_SIZE = 32 };

struct variable {
    char name[PREFIX_MAX + NAME_SIZE];
    char value[sizeof((struct address_text *)NULL)->host]; /* the longest there is */
};

struct variables {
    struct variable items[NAMES_MAX];
    size_t count;
};

/* PREFIX and WORD are one name. An empty value is none. */
static void
set(struct variables *variables, const char *prefix, const char *word, const char *value)
{
    if (*value == '\0' || variables->count == NAMES_MAX)
        return;
    struct variable *variable = &variables->items[variables->count++];
    (void)snprintf(variable->name, sizeof variable->name, "%s%s", prefix, word);
    (void)snprintf(variable->value, sizeof variable->value, "%s", value);
}

/* One end: local or remote, in everybody's words. */
static void
set_end(struct variables *variables, const struct socket_plan *plan, const char *protocol, const char *end,
        const struct address *address)
{
    struct address_text text;
    char word[NAME_SIZE];
    if (address->length <= sizeof address->name.ss_family) /* a local socket without a name */
        return;
    open_format(plan, address, &text);
    (void)snprintf(word, sizeof word, "%s%s", end, plan->domain->has_port ? "IP" : "PATH");
    set(variables, protocol, word, text.host);
    (void)snprintf(word, sizeof word, "%sPORT", end);
    set(variables, protocol, word, text.port);
    (void)snprintf(word, sizeof word, "%s_ADDR", end);
    set(variables, "NCAT_", word, text.host);
    set(variables, "SKT_", word, text.host);
    if (strcmp(end, "REMOTE") == 0)
        set(variables, "", word, text.host);
    (void)snprintf(word, sizeof word, "%s_PORT", end);
    set(variables, "NCAT_", word, text.port);
    set(variables, "SKT_", word, text.port);
    if (strcmp(end, "REMOTE") == 0)
        set(variables, "", word, text.port);
}

/* Whose process is at the other end, where the domain knows (SO_PEERCRED, unix(7)). */
static void
set_owner(struct variables *variables, const struct socket_plan *plan, const char *protocol, int fd)
{
    struct ucred owner;
    socklen_t size = sizeof owner;
    char word[80];
    if (!plan->domain->who || !plan->domain->who(fd, word, sizeof word) ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &size) != 0)
        return;
    const struct {
        const char *ucspi, *ours;
        long number;
    } facts[] = {
        { "REMOTEPID", "REMOTE_PID", owner.pid },
        { "REMOTEEUID", "REMOTE_UID", owner.uid },
        { "REMOTEEGID", "REMOTE_GID", owner.gid },
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        char digits[24];
        (void)snprintf(digits, sizeof digits, "%ld", facts[i].number);
        set(variables, protocol, facts[i].ucspi, digits);
        set(variables, "SKT_", facts[i].ours, digits);
    }
}

/* A fact of TLS, in the words of mod_ssl(8) and of s6-tlsd where they have one, and in ours. */
static void
set_fact(void *context, const char *name, const char *value)
{
    static const struct {
        const char *name, *common;
    } known[] = {
        { "VERSION", "PROTOCOL" },        { "CIPHER", "CIPHER" },  { "SERVER_NAME", "TLS_SNI_SERVERNAME" },
        { "PEER_PIN", "PEER_CERT_HASH" }, { "PEER", "PEER_S_DN" },
    };
    struct variables *variables = context;
    set(variables, "SKT_TLS_", name, value);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0)
            set(variables, "SSL_", known[i].common, value);
}

static void
set_all(struct variables *variables, const struct socket_plan *plan, int fd, const struct address *peer)
{
    char protocol[16], digits[24];
    (void)snprintf(protocol, sizeof protocol, "%s",
                   domain_protocol_name(plan->domain, plan->type, plan->protocol));
    for (char *at = protocol; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    struct address local = { .length = sizeof local.name }, remote = { .length = sizeof remote.name };
    if (getsockname(fd, (struct sockaddr *)&local.name, &local.length) != 0)
        local.length = 0;
    if (peer)
        remote = *peer;
    else if (getpeername(fd, (struct sockaddr *)&remote.name, &remote.length) != 0)
        remote.length = 0; /* a datagram socket that hears a group */
    const struct domain *domain = local.length > 0 ? domain_of(local.name.ss_family) : NULL;
    set(variables, "", "PROTO", protocol);
    set(variables, "NCAT_", "PROTO", protocol);
    set(variables, "SKT_", "PROTOCOL", protocol);
    set(variables, "SKT_", "DOMAIN", domain ? domain->name : plan->domain->name);
    set(variables, "SKT_", "TYPE", plan->type->name);
    (void)snprintf(digits, sizeof digits, "%ld", (long)getpid());
    set(variables, "SKT_", "PID", digits);
    set_end(variables, plan, protocol, "LOCAL", &local);
    set_end(variables, plan, protocol, "REMOTE", &remote);
    if (!peer)
        set_owner(variables, plan, protocol, fd);
}

/* Does an entry tell of a connection? Then it is one that we have come by, and not the program's. */
static bool
tells_of_another(const char *entry)
{
    static const char *const names[] = {
        "PROTO=",     "REMOTE_ADDR=",  "REMOTE_PORT=", "REMOTE_HOST=", "TCPLOCAL",    "TCPREMOTE",
        "UDPLOCAL",   "UDPREMOTE",     "UNIXLOCAL",    "UNIXREMOTE",   "SCTPLOCAL",   "SCTPREMOTE",
        "NCAT_LOCAL", "NCAT_REMOTE",   "NCAT_PROTO=",  "SKT_LOCAL_",   "SKT_REMOTE_", "SKT_PEEKED=",
        "SKT_TLS_",   "SSL_PROTOCOL=", "SSL_CIPHER=",  "SSL_TLS_SNI",  "SSL_PEER_",   "SSL_CLIENT_"
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool
is_set(const struct variables *variables, const char *entry)
{
    size_t length = strcspn(entry, "=");
    for (size_t i = 0; i < variables->count; i++) {
        const char *name = variables->items[i].name;
        if (strlen(name) == length && memcmp(name, entry, length) == 0)
            return true;
    }
    return false;
}

char **
environment_new(const struct socket_plan *plan, const struct endpoint *far, const char *peeked,
                struct fault *fault)
{
    struct variables variables = { .count = 0 };
    set_all(&variables, plan, far->socket, far->peer);
    if (far->tls)
        tls_tell(far->tls, set_fact, &variables);
    if (peeked)
        set(&variables, "SKT_", "PEEKED", peeked);
    size_t inherited = 0;
    while (environ[inherited])
        inherited++;
    size_t pointers = (inherited + variables.count + 1) * sizeof(char *);
    size_t each = NAME_SIZE + sizeof variables.items[0].value;
    char **environment = malloc(pointers + variables.count * each);
    if (!environment) {
        (void)fault_set(fault, STATUS_LOCAL, "environment of a program");
        return NULL;
    }
    char *text = (char *)environment + pointers;
    size_t count = 0;
    for (size_t i = 0; i < inherited; i++)
        if (!tells_of_another(environ[i]) && !is_set(&variables, environ[i]))
            environment[count++] = environ[i];
    for (size_t i = 0; i < variables.count; i++, text += each) {
        (void)snprintf(text, each, "%s=%s", variables.items[i].name, variables.items[i].value);
        environment[count++] = text;
    }
    environment[count] = NULL;
    return environment;
}
