#include "session/environment.h"

#include "base/number.h"
#include "base/text.h"
#include "base/unset.h"
#include "endpoint/tls.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PROTOCOL_SIZE = 16,
    VARIABLES_MAX = 40,
    VARIABLE_SIZE = 32 + TLS_FACT_SIZE, /* a name, and the longest value there is */
    END_NAMES = 6,
};

/* Of an environment: where the next entry and its text go, and how many more may come. */
struct variables {
    char **next;
    char *text;
    size_t left;
};

/* "TCPREMOTEIP=". */
struct name {
    unsigned char length;
    char text[31];
};

/*
 * What a client has in common with the one before stands from then; only what is the client's own is written for each:
 * while its program ran, the processor has forgotten our memory, so that each line of it costs.
 */
struct environment {
    const struct socket_plan *plan;
    char **entries;       /* with their text behind them; NULL: none has been made yet */
    struct variables own; /* where the client's own begin */
    struct address local; /* what those before that say of our end */
    struct name remote[END_NAMES];
    char protocol[PROTOCOL_SIZE]; /* "TCP", as UCSPI has it */
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

/* The same, with a name that was put together before. */
static void
set_named(struct variables *variables, const struct name *name, const char *value, size_t length)
{
    if (length == 0 || variables->left == 0)
        return;
    char *text = variables->text;
    *variables->next++ = text;
    variables->left--;
    memcpy(text, name->text, sizeof name->text); /* as one piece; what is too much of it is written over */
    memcpy(text + name->length, value, length + 1);
    variables->text = text + name->length + length + 1;
}

/* The names for one end, local or remote, in everybody's words: by turns of its host and of its port. */
static void
name_end(struct name names[END_NAMES], const struct socket_plan *plan, const char *protocol, const char *end)
{
    const char *const words[END_NAMES][4] = {
        { protocol, end, plan->domain->has_port ? "IP=" : "PATH=" },
        { protocol, end, "PORT=" },
        { "NCAT_", end, "_ADDR=" },
        { "NCAT_", end, "_PORT=" },
        { "SKT_", end, "_ADDR=" },
        { "SKT_", end, "_PORT=" },
    };
    for (size_t i = 0; i < END_NAMES; i++) {
        struct name *name = &names[i];
        name->length = (unsigned char)(text_join(name->text, sizeof name->text, words[i]) - name->text);
    }
}

static void
set_end(struct variables *variables, const struct socket_plan *plan, const struct name names[END_NAMES],
        const struct address *address)
{
    struct address_text text UNSET;
    if (address->length <= sizeof address->name.ss_family) /* a local socket without a name */
        return;
    open_format(plan, address, &text);
    const size_t host = strlen(text.host), port = strlen(text.port);
    for (size_t i = 0; i < END_NAMES; i += 2) {
        set_named(variables, &names[i], text.host, host);
        set_named(variables, &names[i + 1], text.port, port);
    }
}

/* The end of what we say is what CGI says: REMOTE_ADDR and REMOTE_PORT. */
static void
set_remote(struct variables *variables, const struct environment *environment, const struct address *remote)
{
    static const char ours[] = "SKT_"; /* no entry is as short as that */
    char **before = variables->next;
    set_end(variables, environment->plan, environment->remote, remote);
    for (char **entry = before, **end = variables->next; entry < end && variables->left > 0; entry++)
        if (memcmp(*entry, ours, strlen(ours)) == 0) {
            *variables->next++ = *entry + strlen(ours);
            variables->left--;
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

/* What does not differ from client to client. */
static void
set_common(struct environment *environment, struct variables *variables)
{
    const struct socket_plan *plan = environment->plan;
    const struct address *local = &environment->local;
    const char *protocol = environment->protocol;
    const struct domain *domain = local->length > 0 ? domain_of(local->name.ss_family) : NULL;
    char digits[24];
    set(variables, "", "PROTO", "", protocol);
    set(variables, "NCAT_", "PROTO", "", protocol);
    set(variables, "SKT_", "PROTOCOL", "", protocol);
    set(variables, "SKT_", "DOMAIN", "", domain ? domain->name : plan->domain->name);
    set(variables, "SKT_", "TYPE", "", plan->type->name);
    *number_write(digits, (uint32_t)getpid()) = '\0';
    set(variables, "SKT_", "PID", "", digits);
    struct name names[END_NAMES];
    name_end(names, plan, protocol, "LOCAL");
    set_end(variables, plan, names, local);
}

/* Returns 0, or -1 with STATUS_LOCAL and none made. */
static int
make_common(struct environment *environment, const struct address *local, struct fault *fault)
{
    size_t count = 0;
    while (environ[count])
        count++;
    const size_t pointers = (count + VARIABLES_MAX + 1) * sizeof(char *);
    free(environment->entries);
    environment->entries = malloc(pointers + (size_t)VARIABLES_MAX * VARIABLE_SIZE);
    if (!environment->entries)
        return fault_set(fault, STATUS_LOCAL, "environment of a program");
    memcpy(environment->entries, environ, count * sizeof *environ);
    environment->local = *local;
    environment->own = (struct variables){
        .next = environment->entries + count,
        .text = (char *)environment->entries + pointers,
        .left = VARIABLES_MAX,
    };
    set_common(environment, &environment->own);
    return 0;
}

static bool
is_made_for(const struct environment *environment, const struct address *local)
{
    return environment->entries && environment->local.length == local->length &&
           memcmp(&environment->local.name, &local->name, local->length) == 0;
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

/* Take out of our own what an outer server may have said of another connection. */
static void
clean(const char *protocol)
{
    char **kept = environ;
    for (char **entry = environ; *entry; entry++)
        if (!tells_of_another(*entry, protocol))
            *kept++ = *entry;
    *kept = NULL;
}

struct environment *
environment_open(const struct socket_plan *plan, struct fault *fault)
{
    struct environment *environment = calloc(1, sizeof *environment);
    if (!environment) {
        (void)fault_set(fault, STATUS_LOCAL, "environment of a program");
        return NULL;
    }
    environment->plan = plan;
    name_protocol(plan, environment->protocol, sizeof environment->protocol);
    name_end(environment->remote, plan, environment->protocol, "REMOTE");
    clean(environment->protocol);
    return environment;
}

char **
environment_for(struct environment *environment, const struct endpoint *far, const char *peeked,
                struct fault *fault)
{
    struct address local = { .length = sizeof local.name }, remote = { .length = sizeof remote.name };
    if (getsockname(far->socket, (struct sockaddr *)&local.name, &local.length) != 0)
        local.length = 0;
    if (!far->peer && getpeername(far->socket, (struct sockaddr *)&remote.name, &remote.length) != 0)
        remote.length = 0; /* a datagram socket that hears a group */
    if (!is_made_for(environment, &local) && make_common(environment, &local, fault) != 0)
        return NULL;
    struct variables variables = environment->own;
    set_remote(&variables, environment, far->peer ? far->peer : &remote);
    if (!far->peer)
        set_owner(&variables, environment->plan, environment->protocol, far->socket);
    if (far->tls)
        tls_tell(far->tls, set_fact, &variables);
    if (peeked)
        set(&variables, "SKT_", "PEEKED", "", peeked);
    *variables.next = NULL;
    return environment->entries;
}

void
environment_close(struct environment *environment)
{
    if (environment)
        free(environment->entries);
    free(environment);
}
