#include "session/report.h"

#include "base/text.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* A Unix client rarely has a name of its own: accept(2) gives no more than the family. */
static bool
is_unnamed(const struct address *address)
{
    return address->length <= sizeof address->name.ss_family;
}

void
report_name(const struct socket_plan *plan, const struct address *address, char *name, size_t size)
{
    struct address_text text;
    if (plan->proxy.kind) { /* the address is the proxy's */
        (void)snprintf(name, size, "%s port %s", plan->remote.host, plan->remote.port);
        return;
    }
    open_format(plan, address, &text);
    const char *host = !is_unnamed(address) ? text.host : plan->inherited >= 0 ? plan->remote.host : "client";
    const char *const parts[] = { host, *text.port ? " port " : "", text.port, NULL };
    (void)text_join(name, size, parts); /* may be cut off */
}

void
report_label(const struct socket_plan *plan, const struct address *address, uint64_t number, char *label,
             size_t size)
{
    struct address_text text;
    open_format(plan, address, &text);
    if (is_unnamed(address))
        (void)snprintf(label, size, "client %" PRIu64, number);
    else
        (void)snprintf(label, size, "%s%s%s", text.host, *text.port ? " " : "", text.port);
}

bool
report_service(const struct socket_plan *plan, const char *port, char *name, size_t size)
{
    const char *protocol = domain_protocol_name(plan->domain, plan->type, plan->protocol);
    struct servent entry;
    struct servent *found = NULL;
    char space[1024];
    if (!plan->numeric) {
        uint16_t number = htons((uint16_t)strtoul(port, NULL, 10));
        (void)getservbyport_r(number, protocol, &entry, space, sizeof space, &found);
    }
    (void)snprintf(name, size, "%s", found ? found->s_name : "*"); /* as nc prints it */
    return found;
}

/* nc says the first of these of a target behind a proxy. */
static void
report_through(const struct log *log, const struct socket_plan *plan, const struct address *peer)
{
    const struct proxy_choice *proxy = &plan->proxy;
    struct address_text text;
    char service[64], port[8];
    open_format(plan, peer, &text);
    bool as_typed = open_is_typed(plan, text.host);
    (void)snprintf(port, sizeof port, "%u", (unsigned)proxy->port);
    (void)report_service(plan, port, service, sizeof service);
    log_line(log, LOG_TALK, "Connection to %s %s port [%s/%s] succeeded!", plan->remote.host, port,
             domain_protocol_name(plan->domain, plan->type, plan->protocol), service);
    log_line(log, LOG_TALK, "It goes through the proxy %s%s%s%s port %s (%s)", proxy->at.host,
             as_typed ? "" : " (", as_typed ? "" : text.host, as_typed ? "" : ")", text.port,
             proxy->kind->name);
}

void
report_connected(const struct log *log, const struct socket_plan *plan, const struct address *peer)
{
    if (log->level < LOG_TALK)
        return;
    if (plan->proxy.kind) {
        report_through(log, plan, peer);
        return;
    }
    const char *protocol = domain_protocol_name(plan->domain, plan->type, plan->protocol);
    struct address_text text;
    open_format(plan, peer, &text);
    if (!open_has_port(plan)) {
        log_line(log, LOG_TALK, "Connection to %s succeeded!",
                 is_unnamed(peer) && plan->remote.host ? plan->remote.host : text.host);
        return;
    }
    char service[64];
    (void)report_service(plan, text.port, service, sizeof service);
    bool as_typed = open_is_typed(plan, text.host);
    log_line(log, LOG_TALK, "Connection to %s%s%s%s %s port [%s/%s] succeeded!", plan->remote.host,
             as_typed ? "" : " (", as_typed ? "" : text.host, as_typed ? "" : ")", text.port, protocol,
             service);
}

void
report_listening(const struct log *log, const struct listener *listener)
{
    const char *word = listener->plan->type->accepts ? "Listening" : "Bound";
    for (size_t i = 0; i < listener->count; i++) {
        struct address_text text;
        open_format(listener->plan, &listener->sockets[i].binding.address, &text);
        log_line(log, LOG_TALK, "%s on %s%s%s", word, text.host, *text.port ? " " : "", text.port);
    }
}

void
report_client(const struct log *log, const struct listener *listener, const struct address *peer)
{
    if (log->level < LOG_TALK)
        return;
    struct address_text text;
    /* without a name, say where it came in, as nc does */
    open_format(listener->plan, is_unnamed(peer) ? &listener->sockets[0].binding.address : peer, &text);
    log_line(log, LOG_TALK, "Connection received on %s%s%s", text.host, *text.port ? " " : "", text.port);
}

void
report_options(const struct log *log, const struct socket_plan *plan, int fd, enum sockopt_phase first,
               enum sockopt_phase last)
{
    const struct sockopt_settings *settings = &plan->options;
    for (size_t i = 0; i < settings->count && log->level >= LOG_TALK; i++) {
        const struct sockopt_setting *setting = &settings->items[i];
        char words[256], value[64];
        bool is_due = setting->row && setting->row->phase >= first && setting->row->phase <= last;
        if (!is_due || !sockopt_was_changed(fd, setting, value, sizeof value))
            continue;
        sockopt_words(setting, words, sizeof words);
        log_line(log, LOG_TALK, "socket option %s: the kernel made it %s", words, value);
    }
}

void
report_who(const struct log *log, const struct socket_plan *plan, int fd)
{
    char words[80];
    if (log->level >= LOG_TALK && plan->domain->who && plan->domain->who(fd, words, sizeof words))
        log_line(log, LOG_TALK, "Peer is %s", words);
}
