#include "request/scheme.h"

#include "base/text.h"
#include "domain/appletalk.h"
#include "domain/atmpvc.h"
#include "domain/ax25.h"
#include "domain/can.h"
#include "domain/inet.h"
#include "domain/ipx.h"
#include "domain/llc.h"
#include "domain/qipcrtr.h"
#include "domain/rds.h"
#include "domain/tipc.h"
#include "domain/unix.h"
#include "domain/vsock.h"
#include "domain/x25.h"
#include "request/nearest.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct scheme_row {
    const char *name;
    const char *socat_name; /* what socat(1) calls it; NULL: the same */
    const struct domain *domain;
    const struct type *type; /* NULL: the options say it */
    bool bare;               /* NAME:ADDRESS, where the slashes may be left out */
    const char *protocol;    /* NULL: the usual one */
    bool encrypts;           /* TLS is spoken there */
};

static const struct scheme_row scheme_rows[] = {
    { .name = "tcp", .domain = &inet46_domain, .type = &stream_type },
    { .name = "tcp4", .domain = &inet4_domain, .type = &stream_type },
    { .name = "tcp6", .domain = &inet6_domain, .type = &stream_type },
    { .name = "udp", .domain = &inet46_domain, .type = &dgram_type },
    { .name = "udp4", .domain = &inet4_domain, .type = &dgram_type },
    { .name = "udp6", .domain = &inet6_domain, .type = &dgram_type },
    { .name = "sctp", .domain = &inet46_domain, .protocol = "sctp" },
    { .name = "dccp", .domain = &inet46_domain, .type = &dccp_type, .protocol = "dccp" },
    { .name = "udplite", .domain = &inet46_domain, .type = &dgram_type, .protocol = "udplite" },
    { .name = "mptcp", .domain = &inet46_domain, .type = &stream_type, .protocol = "mptcp" },
    { .name = "tls",
      .socat_name = "openssl",
      .domain = &inet46_domain,
      .type = &stream_type,
      .encrypts = true },
    { .name = "tls4", .domain = &inet4_domain, .type = &stream_type, .encrypts = true },
    { .name = "tls6", .domain = &inet6_domain, .type = &stream_type, .encrypts = true },
    { .name = "unix", .domain = &unix_domain, .bare = true },
    { .name = "tipc", .domain = &tipc_domain, .bare = true },
    { .name = "vsock", .domain = &vsock_domain, .bare = true },
    { .name = "can", .domain = &can_domain, .bare = true },
    { .name = "x25", .domain = &x25_domain, .bare = true },
    { .name = "ax25", .domain = &ax25_domain, .bare = true },
    { .name = "atmpvc", .domain = &atmpvc_domain, .bare = true },
    { .name = "appletalk", .domain = &appletalk_domain, .bare = true },
    { .name = "ipx", .domain = &ipx_domain, .bare = true },
    { .name = "rds", .domain = &rds_domain },
    { .name = "qipcrtr", .domain = &qipcrtr_domain, .bare = true },
    { .name = "llc", .domain = &llc_domain, .bare = true },
};

enum { SCHEMES = sizeof scheme_rows / sizeof scheme_rows[0] };

static const char *
scheme_end(const struct scheme_row *row)
{
    return row->bare ? ":" : "://";
}

void
scheme_names(char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < SCHEMES; i++)
        text_add(text, size, "%s%s%s", i > 0 ? " " : "", scheme_rows[i].name, scheme_end(&scheme_rows[i]));
}

/* The row whose name and end the word begins with, or NULL. */
static const struct scheme_row *
scheme_find(const char *word)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        size_t size = strlen(scheme_rows[i].name);
        const char *end = scheme_end(&scheme_rows[i]);
        if (strncasecmp(word, scheme_rows[i].name, size) == 0 && strncmp(word + size, end, strlen(end)) == 0)
            return &scheme_rows[i];
    }
    return NULL;
}

/* Letters, digits, plus, minus and dots, and then "://" (RFC 3986 section 3.1). */
static size_t
unknown_scheme_size(const char *word)
{
    size_t size = 0;
    while (isalnum((unsigned char)word[size]) ||
           (size > 0 && strchr("+-.", word[size]) != NULL && word[size]))
        size++;
    return size > 0 && strncmp(word + size, "://", 3) == 0 ? size : 0;
}

static int
refuse_scheme(const char *word, size_t size, struct fault *fault)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), word);
    const char *names[SCHEMES + 1] = { NULL };
    for (size_t i = 0; i < SCHEMES; i++)
        names[i] = scheme_rows[i].name;
    const char *near = nearest(name, names);
    char known[256];
    char why[sizeof fault->why + 64];
    scheme_names(known, sizeof known);
    (void)snprintf(why, sizeof why, "%s%s%sknown: %s", near != NULL ? "did you mean " : "unknown scheme; ",
                   near != NULL ? near : "", near != NULL ? "? " : "", known);
    return fault_say(fault, STATUS_USAGE, why, "%s", word);
}

/* How much of the word is the row's name, ours or that of socat(1); 0: it is another's. */
static size_t
name_size(const struct scheme_row *row, const char *word)
{
    const char *const names[] = { row->name, row->socat_name };
    for (size_t i = 0; i < sizeof names / sizeof names[0] && names[i] != NULL; i++)
        if (strncasecmp(word, names[i], strlen(names[i])) == 0)
            return strlen(names[i]);
    return 0;
}

/* SCHEME:HOST:PORT, as socat(1) has it. Where there is no second colon it may be a host that is called so. */
static const struct scheme_row *
scheme_without_slashes(const char *word)
{
    const char *colon = strchr(word, ':');
    for (size_t i = 0; i < SCHEMES && colon != NULL && strchr(colon + 1, ':') != NULL; i++) {
        size_t size = name_size(&scheme_rows[i], word);
        if (!scheme_rows[i].bare && size > 0 && word + size == colon)
            return &scheme_rows[i];
    }
    return NULL;
}

static int
refuse_without_slashes(const struct command *command, const struct scheme_row *row, const char *word,
                       struct fault *fault)
{
    char why[sizeof fault->why];
    const char *address = strchr(word, ':') + 1;
    size_t size =
        command->request.scans ? strlen(address) : strcspn(address, ","); /* -z has lists of ports */
    (void)snprintf(why, sizeof why, "did you mean %s://%.*s?", row->name, (int)size, address);
    return fault_say(fault, STATUS_USAGE, why, "%s", word);
}

static const char listening[] = "-listen:", connecting[] = "-connect:";

/*
 * SCHEME-LISTEN:PORT or SCHEME-CONNECT:HOST:PORT, as socat(1) has it. Where there is no second colon the latter may be a host
 * that is called so.
 */
static const struct scheme_row *
scheme_with_verb(const char *word, const char *verb)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        const struct scheme_row *row = &scheme_rows[i];
        size_t size = name_size(row, word);
        const char *end = word + size;
        if (size > 0 && strncasecmp(end, verb, strlen(verb)) == 0)
            return verb != connecting || row->domain->has_files || strchr(end + strlen(verb), ':') ? row
                                                                                                   : NULL;
    }
    return NULL;
}

/* What stands behind a comma there are options of another program. */
static int
refuse_verb(const struct command *command, const struct scheme_row *row, const char *verb, const char *word,
            struct fault *fault)
{
    char why[sizeof fault->why];
    const char *address = strchr(word, ':') + 1;
    bool listens = verb == listening;
    const char *host = !listens || row->domain->has_files ? "" : command->is_relay ? "HOST:" : "*:";
    (void)snprintf(why, sizeof why, "did you mean %s%s%s%s%.*s?", listens && !command->is_relay ? "-l " : "",
                   row->name, scheme_end(row), host, (int)strcspn(address, ","), address);
    return fault_say(fault, STATUS_USAGE, why, "%s", word);
}

/* The one of two domains that is within the other; NULL if neither is. */
static const struct domain *
narrower(const struct domain *a, const struct domain *b)
{
    if (a == b || a == b->whole)
        return b;
    return b == a->whole ? a : NULL;
}

/* The option that chose the domain or the type, as typed. */
static struct option_name
chosen_by(const struct command *command, bool domain)
{
    const struct option_row *row = option_named(domain ? "domain" : "type");
    for (const struct option_row *other = option_rows; *other->name != '\0'; other++) {
        bool selects = domain ? other->domain != NULL : other->type != NULL;
        if (other->kind == OPTION_SELECT && selects && command->typed[other - option_rows] != TYPED_NOT)
            row = other;
    }
    return command_name(command, row);
}

static int
contradiction(const struct command *command, const char *word, bool domain, struct fault *fault)
{
    return fault_say(fault, STATUS_USAGE, "contradict each other", "%s and %s",
                     chosen_by(command, domain).text, word);
}

/* Only --protocol goes with a URL that says none: it may name one that is much the same. */
static bool
contradicts_protocol(const struct command *command, const struct scheme_row *row)
{
    if (command->protocol == NULL)
        return false;
    if (row->protocol != NULL)
        return strcasecmp(row->protocol, command->protocol) != 0;
    return command_protocol_option(command)->kind == OPTION_SELECT;
}

/* unix:PATH and unix:///PATH are the same; nothing can stand where a URL has a host. */
static int
path_of(const char *word, const char *rest, const char **path, struct fault *fault)
{
    bool has_host = strncmp(rest, "//", 2) == 0 && rest[2] != '/';
    *path = strncmp(rest, "///", 3) == 0 ? rest + 2 : rest;
    if (has_host || **path == '\0')
        return fault_say(fault, STATUS_USAGE, "use unix:PATH, unix:@NAME or unix:///PATH", "%s", word);
    return 0;
}

/* What stands behind the scheme. vsock:CID:PORT and vsock://CID:PORT are the same. */
static const char *
address_of(const struct scheme_row *row, const char *word)
{
    const char *address = word + strlen(row->name) + strlen(scheme_end(row));
    return row->bare && row->domain->has_port && strncmp(address, "//", 2) == 0 ? address + 2 : address;
}

/* An address, or what socat(1) has for the standard streams and then an address: the address. */
static const char *
address_word(const struct command *command)
{
    const char *word = command->operand_count > 0 ? command->operands[0] : "";
    const char *second = command->operand_count == 2 ? command->operands[1] : "";
    if (strchr(second, ':') == NULL || scheme_find(second) != NULL)
        return word;
    return strcmp(word, "-") == 0 || strcasecmp(word, "stdio") == 0 ? second : word;
}

int
scheme_take(struct command *command, struct fault *fault)
{
    const char *word = address_word(command);
    if (strchr(word, ':') == NULL)
        return 0;
    const struct scheme_row *row = scheme_find(word);
    size_t unknown = row == NULL ? unknown_scheme_size(word) : 0;
    if (unknown > 0 && (command->domain == NULL || command->domain->has_port))
        return refuse_scheme(word, unknown, fault);
    const struct scheme_row *meant = row == NULL ? scheme_without_slashes(word) : NULL;
    if (meant != NULL && (command->domain == NULL || command->domain->has_port))
        return refuse_without_slashes(command, meant, word, fault);
    static const char *const verbs[] = { listening, connecting };
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const struct scheme_row *said = row == NULL ? scheme_with_verb(word, verbs[i]) : NULL;
        if (said != NULL && (command->domain == NULL || command->domain->has_port))
            return refuse_verb(command, said, verbs[i], word, fault);
    }
    if (row == NULL)
        return 0;
    const struct type *type = row->type != NULL ? row->type : command->type;
    const struct domain *asked = command->domain != NULL ? command->domain : row->domain;
    command->domain = narrower(asked, row->domain);
    if (command->domain == NULL)
        return contradiction(command, word, true, fault);
    if (command->type != NULL && command->type != type)
        return contradiction(command, word, false, fault);
    if (contradicts_protocol(command, row))
        return fault_say(fault, STATUS_USAGE, "contradict each other", "%s and %s",
                         command_name(command, command_protocol_option(command)).text, word);
    if (row->protocol != NULL)
        command->protocol = row->protocol;
    command->family = command->domain->family;
    command->type = type;
    command->request.tls.is_on = command->request.tls.is_on || row->encrypts;
    command->address = address_of(row, word);
    return !row->domain->has_files ? 0 : path_of(word, command->address, &command->address, fault);
}
