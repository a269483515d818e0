#include "domain/llc.h"
#include "tap.h"

#include <net/if.h>

#include <linux/llc.h>
#include <string.h>

static struct resolve_query
query_of(const char *word, enum purpose purpose)
{
    return (struct resolve_query){
        .family = AF_LLC, .target = { .host = word }, .purpose = purpose, .type = &stream_type
    };
}

static void
is_printed(const char *word, const char *want)
{
    const struct resolve_query query = query_of(word, PURPOSE_CONNECT);
    struct address_list list = { .items = NULL };
    struct address_text text = { .host = "" };
    struct fault fault;
    if (ok(llc_domain.resolve(&query, &list, &fault) == 0 && list.count == 1, "%s is an address", word)) {
        struct sockaddr_llc name;
        memcpy(&name, &list.items[0].name, sizeof name);
        is_int((long)list.items[0].length, sizeof name, "of its size");
        is_int(name.sllc_family, AF_LLC, "of its family");
        llc_domain.format(&list.items[0], &text);
    }
    is_text(text.host, want, "it is printed");
    address_list_free(&list);
}

static void
is_refused(const char *word, enum purpose purpose, const char *why)
{
    const struct resolve_query query = query_of(word, purpose);
    struct fault fault;
    is_int(llc_domain.check(&query, &fault), -1, "\"%s\" is refused", word);
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.why, why, "which says why");
}

int
main(void)
{
    static const char form[] = "an address is MAC/SAP, as 02:00:00:00:00:0a/0x42";
    static const char other[] = "the other end is MAC/SAP, as 02:00:00:00:00:0a/0x42";
    static const char *const bad[] = { "",
                                       "eth0",
                                       "02:00:00:00:00:0a",
                                       "02:00:00:00:00:0a/256",
                                       "02:00:00:00:00:0a/",
                                       "02:00:00:00:00:0a/x",
                                       "02:00:00:00:00:0a/1/2" };
    is_printed("02:00:00:00:00:0a/0x42", "02:00:00:00:00:0a/0x42");
    is_printed("02:0A:00:00:00:FF/66", "02:0a:00:00:00:ff/0x42");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_refused(bad[i], PURPOSE_LISTEN, form);
    is_refused("eth0/0x42", PURPOSE_CONNECT, other);
    is_refused("02:00:00:00:00:0g/0x42", PURPOSE_LISTEN, other);
    is_refused("02:00:00:00:00:a/0x42", PURPOSE_LISTEN, other);
    is_refused("02:00:00:00:00:0a/0", PURPOSE_CONNECT, "SAP 0 can only be listened at");
    is_refused("/0x42", PURPOSE_LISTEN, "the name of an interface is 1 to 15 characters");
    const struct resolve_query own = query_of("eth0/0", PURPOSE_LISTEN);
    struct fault fault;
    is_int(llc_domain.check(&own, &fault), 0, "our own end may be an interface, with any SAP");
    return tap_done();
}
