#include "request/proxy_option.h"

#include "request/nearest.h"
#include "request/operand.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct option_name
name_of(const struct command *command, const char *option)
{
    return command_name(command, option_named(option));
}

/* The word of --proxy without what may be a password. */
static int
refuse(const struct command *command, const char *why, struct fault *fault)
{
    const char *word = command->proxy.at;
    const char *scheme = strstr(word, "://"), *at = strrchr(word, '@');
    int size = at == NULL ? 0 : scheme != NULL && scheme < at ? (int)(scheme + 3 - word) : 0;
    return fault_say(fault, STATUS_USAGE, why, "%s %.*s%s%s", name_of(command, "proxy").text, size, word,
                     at == NULL ? "" : "...", at == NULL ? *word == '\0' ? "''" : word : at);
}

/* A part of a URL, where %XX stands for a byte. Returns a copy that lives as long as the request, or NULL. */
static char *
take_part(struct command *command, const char *text, size_t size, struct fault *fault)
{
    char *copy = command_string(command, text, size, fault);
    char *to = copy;
    for (const char *from = copy; copy != NULL && *from != '\0'; from++, to++) {
        char digits[3] = { from[0] == '%' ? from[1] : '\0', from[1] != '\0' ? from[2] : '\0', '\0' };
        bool is_escape = strspn(digits, "0123456789abcdefABCDEF") == 2;
        *to = is_escape ? (char)strtoul(digits, NULL, 16) : *from;
        from += is_escape ? 2 : 0;
        if (*to == '\0') {
            (void)refuse(command, "%00 stands for nothing that can be there", fault);
            return NULL;
        }
    }
    if (copy != NULL)
        *to = '\0';
    return copy;
}

/* What was a password in the command line: from now on ps(1) does not show it any more. */
static void
blank(const char *text, size_t size)
{
    memset((char *)(uintptr_t)text, '*', size);
}

/* TYPE:// at the begin of the word. Returns what follows, or NULL. */
static const char *
take_scheme(struct command *command, struct proxy_choice *proxy, struct fault *fault)
{
    const char *word = command->proxy.at, *end = strstr(word, "://");
    if (end == NULL)
        return word;
    const struct sockopt_word *row = proxy_words;
    while (row->word != NULL && (strlen(row->word) != (size_t)(end - word) ||
                                 strncasecmp(row->word, word, (size_t)(end - word)) != 0))
        row++;
    if (row->word == NULL) {
        struct option_words words;
        char name[32], why[sizeof fault->why];
        (void)snprintf(name, sizeof name, "%.*s", (int)(end - word), word);
        option_words(option_named("proxy-type"), &words);
        nearest_words(name, words.items, why, sizeof why);
        (void)refuse(command, why, fault);
        return NULL;
    }
    if (command_has(command, "proxy-type") && proxy_kind_of(row->number) != proxy->kind) {
        (void)fault_say(fault, STATUS_USAGE, "contradict each other", "%s and %s %.*s",
                        name_of(command, "proxy-type").text, name_of(command, "proxy").text,
                        (int)(end + 3 - word), word);
        return NULL;
    }
    proxy->kind = proxy_kind_of(row->number);
    return end + 3;
}

/* USER:PASSWORD@ or USER@. Returns what follows, or NULL. */
static const char *
take_user(struct command *command, struct proxy_choice *proxy, const char *word, struct fault *fault)
{
    const char *end = strrchr(word, '@');
    if (end == NULL)
        return word;
    const char *colon = memchr(word, ':', (size_t)(end - word));
    const char *user_end = colon != NULL ? colon : end;
    if (command->proxy.user != NULL || command->proxy.auth != NULL || command->proxy.auth_file != NULL) {
        (void)refuse(command, "the user is given twice", fault);
        return NULL;
    }
    proxy->user = take_part(command, word, (size_t)(user_end - word), fault);
    if (proxy->user != NULL && colon != NULL)
        proxy->password = take_part(command, colon + 1, (size_t)(end - colon - 1), fault);
    if (colon != NULL)
        blank(colon + 1, (size_t)(end - colon - 1));
    bool is_whole = proxy->user != NULL && (colon == NULL || proxy->password != NULL);
    return is_whole ? end + 1 : NULL;
}

/* HOST, HOST:PORT, [HOST] or [HOST]:PORT, and the slash that ends a URL. */
static int
take_place(struct command *command, struct proxy_choice *proxy, const char *word, struct fault *fault)
{
    const char *colon = NULL;
    size_t size = strlen(word);
    bool is_url = strstr(command->proxy.at, "://") != NULL;
    if (is_url && size > 0 && word[size - 1] == '/')
        size--;
    char *copy = is_url ? take_part(command, word, size, fault) : command_string(command, word, size, fault);
    if (copy == NULL)
        return -1;
    enum shape shape = operand_shape(copy, &colon);
    if (shape == SHAPE_COLONS || shape == SHAPE_BROKEN)
        return refuse(command, "an IPv6 address has brackets: [ADDRESS] or [ADDRESS]:PORT", fault);
    if (shape == SHAPE_PAIR)
        copy[colon - copy] = '\0';
    proxy->at.host = copy;
    proxy->at.port = shape == SHAPE_PAIR ? colon + 1 : proxy->kind->port;
    if (*proxy->at.port == '\0')
        return refuse(command, "a port has to follow the colon", fault);
    return *copy == '\0' ? refuse(command, "no host: HOST or HOST:PORT", fault) : 0;
}

/* --proxy-user, --proxy-auth and --proxy-auth-file, which exclude each other. */
static int
take_auth(struct command *command, struct proxy_choice *proxy, struct fault *fault)
{
    const struct proxy_asked *asked = &command->proxy;
    const char *colon = asked->auth != NULL ? strchr(asked->auth, ':') : NULL;
    proxy->auth_file = asked->auth_file;
    if (asked->user != NULL) {
        proxy->user = asked->user;
        proxy->asks_password = proxy->kind->password_max > 0;
    } else if (asked->auth != NULL && colon == NULL) {
        proxy->user = asked->auth;
    } else if (asked->auth != NULL) {
        proxy->user = command_string(command, asked->auth, (size_t)(colon - asked->auth), fault);
        proxy->password = command_string(command, colon + 1, strlen(colon + 1), fault);
        if (proxy->user == NULL || proxy->password == NULL)
            return -1;
        blank(colon + 1, strlen(colon + 1));
    }
    const char *option = asked->user != NULL ? "proxy-user" : asked->auth != NULL ? "proxy-auth" : "proxy";
    const char *why =
        proxy_auth_problem(proxy->kind, proxy->user, proxy->asks_password ? "" : proxy->password);
    return why == NULL ? 0 : fault_say(fault, STATUS_USAGE, why, "%s", name_of(command, option).text);
}

/* Is the proxy somewhere? */
static int
check_place(struct command *command, struct fault *fault)
{
    const struct socket_plan *plan = &command->request.socket;
    const struct resolve_query query = open_query(plan, PURPOSE_CONNECT);
    struct fault found;
    if (domain_check(plan->domain, &query, &found) == 0)
        return 0;
    return fault_say(fault, STATUS_USAGE, found.why, "%s: %s", name_of(command, "proxy").text, found.what);
}

int
proxy_option_choose(struct command *command, struct fault *fault)
{
    struct socket_plan *plan = &command->request.socket;
    if (command->proxy.at == NULL || plan->domain->read_port == NULL || !plan->type->urgent)
        return 0;
    struct proxy_choice proxy = { .kind = proxy_kind_of(command->proxy.type) };
    const char *rest = take_scheme(command, &proxy, fault);
    rest = rest != NULL ? take_user(command, &proxy, rest, fault) : NULL;
    if (rest == NULL || take_place(command, &proxy, rest, fault) != 0 ||
        take_auth(command, &proxy, fault) != 0)
        return -1;
    bool says_remote = command_has(command, "proxy-dns") && command->proxy.dns == PROXY_DNS_REMOTE;
    if (proxy.kind->only_ipv4 && says_remote)
        return fault_say(fault, STATUS_USAGE, "SOCKS4 has no names: use socks4a", "%s remote",
                         name_of(command, "proxy-dns").text);
    proxy.resolves_here = proxy.kind->only_ipv4 || command->proxy.dns == PROXY_DNS_LOCAL;
    plan->proxy = proxy;
    return check_place(command, fault);
}

int
proxy_option_check(struct command *command, struct fault *fault)
{
    struct socket_plan *plan = &command->request.socket;
    struct proxy_choice *proxy = &plan->proxy;
    if (proxy->kind == NULL)
        return 0;
    const char *why = proxy_host_problem(proxy->kind, proxy->resolves_here, plan->remote.host);
    if (why != NULL)
        return fault_say(fault, STATUS_USAGE, why, "host %s", plan->remote.host);
    return plan->domain->read_port(plan->remote.port, "tcp", &proxy->port, fault);
}
