#include "domain/domain.h"

#include "domain/inet.h"
#include "domain/name.h"
#include "domain/unix.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct domain *const domain_rows[] = {
    &inet46_domain, &inet4_domain, &inet6_domain, &unix_domain, NULL,
};

const struct domain *
domain_find(const char *name)
{
    static const char *const prefixes[] = { "PF_", "AF_", NULL };
    for (const struct domain *const *row = domain_rows; *row; row++) {
        if (name_matches(name, prefixes, (*row)->name, (*row)->aliases, (*row)->family))
            return *row;
    }
    return NULL;
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

void
domain_type_names(const struct domain *domain, char *names, size_t size)
{
    size_t used = 0;
    names[0] = '\0';
    for (const struct type *type = type_rows; type->name && used < size; type++) {
        if (!(domain->types & (unsigned)type->bit))
            continue;
        int n = snprintf(names + used, size - used, "%s%s", used ? ", " : "", type->name);
        used += n > 0 ? (size_t)n : 0;
    }
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
