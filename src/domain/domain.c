#include "domain/domain.h"

#include "base/number.h"
#include "base/text.h"
#include "domain/appletalk.h"
#include "domain/atmpvc.h"
#include "domain/ax25.h"
#include "domain/can.h"
#include "domain/inet.h"
#include "domain/ipx.h"
#include "domain/llc.h"
#include "domain/name.h"
#include "domain/netlink.h"
#include "domain/other.h"
#include "domain/packet.h"
#include "domain/qipcrtr.h"
#include "domain/rds.h"
#include "domain/tipc.h"
#include "domain/unix.h"
#include "domain/vsock.h"
#include "domain/x25.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct domain *const domain_rows[] = {
    &inet46_domain,
    &inet4_domain,
    &inet6_domain,
    &unix_domain,
    &packet_domain,
    &netlink_domain,
    &tipc_domain,
    &vsock_domain,
    &can_domain,
    &rds_domain,
    &qipcrtr_domain,
    &llc_domain,
    &x25_domain,
    &ax25_domain,
    &atmpvc_domain,
    &appletalk_domain,
    &ipx_domain,
    NULL,
};
/* clang-format on */

const struct domain *
domain_find(const char *name, int *family)
{
    static const char *const prefixes[] = { "PF_", "AF_", NULL };
    for (const struct domain *const *row = domain_rows; *row; row++) {
        *family = (*row)->family;
        if (name_matches(name, prefixes, (*row)->name, (*row)->aliases, (*row)->family))
            return *row;
    }
    for (const struct other_name *other = other_names; other->name; other++) {
        *family = other->family;
        if (name_matches(name, prefixes, other->name, "", other->family))
            return &other_domain;
    }
    int64_t number = 0;
    if (number_whole(name, NUMBER_DECIMAL, &number) != NUMBER_FOUND || number > OTHER_FAMILY_MAX)
        return NULL;
    *family = (int)number;
    return &other_domain;
}

const struct domain *
domain_of(int family)
{
    for (const struct domain *const *row = domain_rows; *row; row++) {
        if ((*row)->family == family)
            return *row;
    }
    return NULL;
}

const struct type *
domain_type(const struct domain *domain, const struct type *type, int protocol)
{
    const struct type *usual = NULL;
    for (const struct type *const *own = domain->types; *own; own++) {
        if ((*own)->value != type->value)
            continue;
        if ((*own)->only_protocol != 0 && (*own)->only_protocol == protocol)
            return *own;
        if ((*own)->only_protocol == 0 && !usual)
            usual = *own;
    }
    return usual;
}

const struct type *
domain_usual_type(const struct domain *domain, int protocol)
{
    for (const struct type *const *own = domain->types; *own && protocol != 0; own++) {
        if ((*own)->only_protocol == protocol)
            return *own;
    }
    return domain->types[0];
}

void
domain_type_names(const struct domain *domain, char *names, size_t size)
{
    names[0] = '\0';
    for (const struct type *const *type = domain->types; *type; type++)
        if ((*type)->only_protocol == 0) /* else there is a more general row of the same name */
            text_add(names, size, "%s%s", names[0] != '\0' ? ", " : "", (*type)->name);
}

int
domain_check(const struct domain *domain, const struct resolve_query *query, struct fault *fault)
{
    struct address unused = { .length = 0 };
    return domain->read ? domain->read(query, &unused, fault) : domain->check(query, fault);
}

int
domain_resolve(const struct domain *domain, const struct resolve_query *query, struct address_list *list,
               struct fault *fault)
{
    if (!domain->read)
        return domain->resolve(query, list, fault);
    struct address address = { .length = 0 };
    if (domain->read(query, &address, fault) < 0)
        return -1;
    if (address_list_add(list, (const struct sockaddr *)&address.name, address.length) < 0)
        return fault_set(fault, STATUS_LOCAL, "list of addresses");
    return 0;
}

void
domain_spell(const struct domain *domain, const struct address *address, const struct type *type, char *word,
             size_t size)
{
    if (domain->spell) {
        domain->spell(address, type, word, size);
        return;
    }
    struct address_text text;
    domain->format(address, &text);
    if (domain->has_port)
        (void)snprintf(word, size, "%s://%s:%s", domain->name, text.host, text.port);
    else
        (void)snprintf(word, size, "%s:%s", domain->name, text.host);
}

const char *
domain_protocol_name(const struct domain *domain, const struct type *type, int protocol)
{
    return domain->protocol_name ? domain->protocol_name(type, protocol) : domain->name;
}

int
domain_protocol_find(const struct domain *domain, const char *name)
{
    if (domain->protocol_find)
        return domain->protocol_find(name);
    return domain->protocols ? protocol_number(domain->protocols, name) : -1;
}

int
domain_connect(const struct domain *domain, int fd, const struct type *type, const struct address *remote)
{
    return domain->connect ? domain->connect(fd, type, remote)
                           : connect(fd, (const struct sockaddr *)&remote->name, remote->length);
}

void
domain_explain(const struct domain *domain, const struct address *address, bool connects, int error,
               struct fault *fault)
{
    const char *words = domain->no_way ? domain->no_way(address, connects, error) : NULL;
    if (words)
        fault_add(fault, "; %s", words);
}

int
domain_bind_fault(const struct domain *domain, const struct address *address, enum status status,
                  struct fault *fault)
{
    int error = errno;
    struct address_text text;
    domain->format(address, &text);
    errno = error;
    (void)fault_set(fault, status, "bind to %s%s%s", text.host, *text.port ? " port " : "", text.port);
    domain_explain(domain, address, false, error, fault);
    return -1;
}

int
domain_bind(const struct domain *domain, int fd, const struct address *address, mode_t mode,
            struct binding *binding, enum status status, struct fault *fault)
{
    if (domain->bind)
        return domain->bind(fd, address, mode, binding, status, fault);
    struct binding bound = { .address.length = sizeof bound.address.name };
    if (bind(fd, (const struct sockaddr *)&address->name, address->length) < 0)
        return domain_bind_fault(domain, address, status, fault);
    if (domain->keeps_address ||
        getsockname(fd, (struct sockaddr *)&bound.address.name, &bound.address.length) < 0)
        bound.address = *address; /* families in which a bound socket has no name that could be asked for */
    *binding = bound;
    return 0;
}

size_t
domain_message_max(const struct domain *domain, int fd, const struct type *type)
{
    return domain->message_max && type->unit == UNIT_MESSAGES ? domain->message_max(fd, type) : SIZE_MAX;
}

size_t
domain_message_max_to(const struct domain *domain, int fd, const struct type *type,
                      const struct address *peer)
{
    return domain->message_max_to && type->unit == UNIT_MESSAGES ? domain->message_max_to(fd, type, peer)
                                                                 : domain_message_max(domain, fd, type);
}

bool
domain_clear_errors(const struct domain *domain, int fd, const struct type *type)
{
    return domain->clear_errors && domain->clear_errors(fd, type);
}

bool
domain_same(const struct domain *domain, const struct address *a, const struct address *b)
{
    if (domain->same)
        return domain->same(a, b);
    return a->length == b->length && memcmp(&a->name, &b->name, a->length) == 0;
}

int
address_list_add(struct address_list *list, const struct sockaddr *name, socklen_t length)
{
    struct address *items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items)
        return -1;
    list->items = items;
    struct address *added = &items[list->count++];
    memset(added, 0, sizeof *added);
    added->length = length < sizeof added->name ? length : (socklen_t)sizeof added->name;
    memcpy(&added->name, name, added->length);
    return 0;
}

void
address_list_free(struct address_list *list)
{
    free(list->items);
    list->items = NULL;
    list->count = 0;
}
