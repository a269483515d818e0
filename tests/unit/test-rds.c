#include "domain/rds.h"
#include "tap.h"

#include <netinet/in.h>

static struct resolve_query
query_of(const char *host, const char *port, enum purpose purpose)
{
    return (struct resolve_query){ .family = AF_RDS,
                                   .target = { .host = host, .port = port },
                                   .purpose = purpose,
                                   .type = rds_domain.types[0] };
}

static void
is_refused(const char *host, const char *port, enum purpose purpose, const char *why)
{
    const struct resolve_query query = query_of(host, port, purpose);
    struct fault fault;
    is_int(rds_domain.check(&query, &fault), -1, "%s port %s is refused", host ? host : "nothing", port);
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.why, why, "which says why");
}

int
main(void)
{
    const struct resolve_query query = query_of("127.0.0.1", "4000", PURPOSE_CONNECT);
    struct address_list list = { .items = NULL };
    struct fault fault;
    is_int(rds_domain.resolve(&query, &list, &fault), 0, "HOST PORT is an address");
    if (is_int((long)list.count, 1, "one")) {
        char word[64];
        is_int(list.items[0].name.ss_family, AF_INET, "of IPv4");
        is_int(rds_domain.port(&list.items[0]), 4000, "with its port");
        domain_spell(&rds_domain, &list.items[0], rds_domain.types[0], word, sizeof word);
        is_text(word, "rds://127.0.0.1:4000", "and spelled as one word");
    }
    address_list_free(&list);
    ok(!rds_domain.needs_lookup(&query), "a numeric host needs no lookup");
    is_refused(NULL, "4000", PURPOSE_LISTEN, "RDS is bound to one address: 127.0.0.1, for instance");
    is_refused(NULL, "4000", PURPOSE_SOURCE, "RDS is bound to one address: 127.0.0.1, for instance");
    is_refused("::1", "4000", PURPOSE_CONNECT, "not an IPv4 address");
    is_refused("127.0.0.1", "0", PURPOSE_CONNECT, "can only be listened on");
    return tap_done();
}
