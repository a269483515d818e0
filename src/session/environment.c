#include "session/environment.h"

#include "base/number.h"
#include "base/text.h"
#include "endpoint/tls.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PROTOCOL_SIZE = 16,
    VARIABLES_MAX = 40,
    VARIABLE_SIZE =
        32 + sizeof((struct address_text *)NULL)->host, /* a name, and the longest value there is */
};

/* Of an environment: where the next entry and its text go, and how many more may come. */
struct variables {
    char **next;
    char *text;
    size_t left;
};

/* The first three are one name. An empty value is none. */
static void
set(struct variables *variables, const char *prefix, const char *word, const char *suffix, const char *value)
{
    if (*value == '\0' || variables->left == 0)
        return;
    const char *const parts[] = { prefix, word, suffix, "=", value, NULL };
    *variables->next++ = variables->text;
    variables->text = text_join(variables->text, VARIABLE_SIZE, parts) + 1;
    variables->left--;
}

/* One end: local or remote, in everybody's words. */
static void
set_end(struct variables *variables, const struct socket_plan *plan, const char *protocol, const char *end,
        const struct address *address)
{
    struct address_text text;
    if (address->length <= sizeof address->name.ss_family) /* a local socket without a name */
        return;
    open_format(plan, address, &text);
    set(variables, protocol, end, plan->domain->has_port ? "IP" : "PATH", text.host);
    set(variables, protocol, end, "PORT", text.port);
    const char *const prefixes[] = { "NCAT_", "SKT_", "" };
    size_t count = strcmp(end, "REMOTE") == 0 ? 3 : 2;
    for (size_t i = 0; i < count; i++) {
        set(variables, prefixes[i], end, "_ADDR", text.host);
        set(variables, prefixes[i], end, "_PORT", text.port);
    }
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
        set(variables, protocol, facts[i].ucspi, "", digits);
        set(variables, "SKT_", facts[i].ours, "", digits);
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
    set(variables, "SKT_TLS_", name, "", value);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0)
            set(variables, "SSL_", known[i].common, "", value);
}

/* "TCP", as UCSPI has it. */
static void
name_protocol(const struct socket_plan *plan, char *name, size_t size)
{
    const char *const parts[] = { domain_protocol_name(plan->domain, plan->type, plan->protocol), NULL };
    (void)text_join(name, size, parts);
    for (char *at = name; *at; at++)
        *at = (char)toupper((unsigned char)*at);
}

static void
set_all(struct variables *variables, const struct socket_plan *plan, int fd, const struct address *peer)
{
    char protocol[PROTOCOL_SIZE], digits[24];
    name_protocol(plan, protocol, sizeof protocol);
    struct address local = { .length = sizeof local.name }, remote = { .length = sizeof remote.name };
    if (getsockname(fd, (struct sockaddr *)&local.name, &local.length) != 0)
        local.length = 0;
    if (peer)
        remote = *peer;
    else if (getpeername(fd, (struct sockaddr *)&remote.name, &remote.length) != 0)
        remote.length = 0; /* a datagram socket that hears a group */
    const struct domain *domain = local.length > 0 ? domain_of(local.name.ss_family) : NULL;
    set(variables, "", "PROTO", "", protocol);
    set(variables, "NCAT_", "PROTO", "", protocol);
    set(variables, "SKT_", "PROTOCOL", "", protocol);
    set(variables, "SKT_", "DOMAIN", "", domain ? domain->name : plan->domain->name);
    set(variables, "SKT_", "TYPE", "", plan->type->name);
    *number_write(digits, (uint32_t)getpid()) = '\0';
    set(variables, "SKT_", "PID", "", digits);
    set_end(variables, plan, protocol, "LOCAL", &local);
    set_end(variables, plan, protocol, "REMOTE", &remote);
    if (!peer)
        set_owner(variables, plan, protocol, fd);
}

/* Does an entry tell of a connection? Then it is one that we have come by, and not the program's. */
static bool
tells_of_another(const char *entry, const char *protocol)
{
    static const char *const names[] = {
        "PROTO=",      "REMOTE_ADDR=", "REMOTE_PORT=", "REMOTE_HOST=", "TCPLOCAL",    "TCPREMOTE",
        "UDPLOCAL",    "UDPREMOTE",    "UNIXLOCAL",    "UNIXREMOTE",   "SCTPLOCAL",   "SCTPREMOTE",
        "NCAT_LOCAL",  "NCAT_REMOTE",  "NCAT_PROTO=",  "SKT_LOCAL_",   "SKT_REMOTE_", "SKT_PROTOCOL=",
        "SKT_DOMAIN=", "SKT_TYPE=",    "SKT_PID=",     "SKT_PEEKED=",  "SKT_TLS_",    "SSL_PROTOCOL=",
        "SSL_CIPHER=", "SSL_TLS_SNI",  "SSL_PEER_",    "SSL_CLIENT_"
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    size_t length = strlen(protocol);
    return strncmp(entry, protocol, length) == 0 &&
           (strncmp(entry + length, "LOCAL", 5) == 0 || strncmp(entry + length, "REMOTE", 6) == 0);
}

void
environment_clean(const struct socket_plan *plan)
{
    char protocol[PROTOCOL_SIZE];
    name_protocol(plan, protocol, sizeof protocol);
    char **kept = environ;
    for (char **entry = environ; *entry; entry++)
        if (!tells_of_another(*entry, protocol))
            *kept++ = *entry;
    *kept = NULL;
}

char **
environment_new(const struct socket_plan *plan, const struct endpoint *far, const char *peeked,
                struct fault *fault)
{
    size_t count = 0;
    while (environ[count])
        count++;
    size_t pointers = (count + VARIABLES_MAX + 1) * sizeof(char *);
    char **environment = malloc(pointers + (size_t)VARIABLES_MAX * VARIABLE_SIZE);
    if (!environment) {
        (void)fault_set(fault, STATUS_LOCAL, "environment of a program");
        return NULL;
    }
    memcpy(environment, environ, count * sizeof *environment);
    struct variables variables = {
        .next = environment + count,
        .text = (char *)environment + pointers,
        .left = VARIABLES_MAX,
    };
    set_all(&variables, plan, far->socket, far->peer);
    if (far->tls)
        tls_tell(far->tls, set_fact, &variables);
    if (peeked)
        set(&variables, "SKT_", "PEEKED", "", peeked);
    *variables.next = NULL;
    return environment;
}
