#include "domain/inet.h"
#include "domain/inet_name.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

/* How a target was meant; the rest of a query is the same for all. */
struct given {
    const struct domain *domain;
    const char *host, *port;
    enum purpose purpose;
    bool numeric;
};

static struct resolve_query
query_of(const struct given *given)
{
    return (struct resolve_query){
        .family = given->domain->family,
        .target = { .host = given->host, .port = given->port },
        .purpose = given->purpose,
        .type = &stream_type,
        .numeric = given->numeric,
    };
}

static const char *
word(const char *text)
{
    return text ? text : "(none)";
}

static void
ports_are_read(void)
{
    static const struct {
        const char *text;
        long want; /* -1: refused */
    } rows[] = {
        { "0", 0 },
        { "1", 1 },
        { "80", 80 },
        { "65535", 65535 },
        { "65536", -1 },
        { "70000", -1 },
        { "0080", 80 },
        { "", -1 },
        { " 80", -1 },
        { "80 ", -1 },
        { "+80", -1 },
        { "-1", -1 },
        { "0x50", -1 },
        { "8e1", -1 },
        { "80.", -1 },
        { "80-90", -1 },
        { "4294967376", -1 },
        { "18446744073709551696", -1 },
        { "99999999999999999999999999", -1 },
        { "no-such-service", -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fault fault = { .status = STATUS_DONE };
        uint16_t port = 0;
        int result = inet_port(rows[i].text, "tcp", &port, &fault);
        is_int(result < 0 ? -1 : port, rows[i].want, "port \"%s\"", rows[i].text);
        if (rows[i].want < 0)
            is_int(fault.status, STATUS_USAGE, "port \"%s\" is a mistake of the user", rows[i].text);
    }
    struct fault fault;
    uint16_t port;
    (void)inet_port("70000", "tcp", &port, &fault);
    is_text(fault.what, "port 70000", "the port is named as typed");
    is_text(fault.why, "a port is 0 to 65535 or a service name", "and what would be right is said");
    if (inet_port("ssh", "tcp", &port, &fault) < 0) {
        tap_skip(2, "services(5) does not have ssh");
        return;
    }
    is_int(port, 22, "a service name is a port");
    ok(inet_port("ssh", "udp", &port, &fault) == 0 && port == 22, "a protocol without it takes another's");
}

static const char long_host[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#define BOTH &inet46_domain
#define V4 &inet4_domain
#define V6 &inet6_domain

static void
good_targets_pass(void)
{
    static const struct given rows[] = {
        { BOTH, "example.org", "80", PURPOSE_CONNECT, false },
        { BOTH, "example.org.", "80", PURPOSE_CONNECT, false },
        { BOTH, "1.2.3.4", "80", PURPOSE_CONNECT, true },
        { BOTH, "::1", "80", PURPOSE_CONNECT, true },
        { BOTH, "[::1]", "80", PURPOSE_CONNECT, true },
        { BOTH, "[fe80::1%lo]", "80", PURPOSE_CONNECT, true },
        { BOTH, "fe80::1%1", "80", PURPOSE_CONNECT, false },
        { BOTH, "::ffff:127.0.0.1", "80", PURPOSE_CONNECT, false },
        { BOTH, "a-1.b2", "80", PURPOSE_CONNECT, false },
        { BOTH, "1.example", "80", PURPOSE_CONNECT, false },
        { BOTH, "0xyz", "80", PURPOSE_CONNECT, false },
        { V4, "0.0.0.0", "0", PURPOSE_LISTEN, false },
        { V6, "::", "0", PURPOSE_LISTEN, false },
        { BOTH, NULL, "0", PURPOSE_LISTEN, false },
        { BOTH, NULL, "5000", PURPOSE_SOURCE, false },
        { BOTH, "127.0.0.1", NULL, PURPOSE_SOURCE, false },
        { BOTH, NULL, NULL, PURPOSE_SOURCE, true },
        { BOTH, long_host + 1, "1", PURPOSE_CONNECT, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct resolve_query query = query_of(&rows[i]);
        struct fault fault;
        is_int(rows[i].domain->check(&query, &fault), 0, "%s: %.40s %s is well-formed", rows[i].domain->name,
               word(rows[i].host), word(rows[i].port));
    }
}

static void
bad_targets_are_refused(void)
{
    static const struct {
        struct given given;
        const char *what, *why; /* why: how it begins */
    } rows[] = {
        { { BOTH, "", "80", PURPOSE_CONNECT, false }, "host \"\"", "empty" },
        { { BOTH, NULL, "80", PURPOSE_CONNECT, false }, "host", "missing" },
        { { BOTH, "a", NULL, PURPOSE_CONNECT, false }, "port", "missing" },
        { { BOTH, NULL, NULL, PURPOSE_LISTEN, false }, "port", "missing" },
        { { BOTH, "a", "0", PURPOSE_CONNECT, false }, "port 0", "can only be listened on" },
        { { BOTH, "a", "x y", PURPOSE_CONNECT, false }, "port x y", "a port is 0 to 65535" },
        { { BOTH, "300.1.1.1", "1", PURPOSE_CONNECT, false }, "host 300.1.1.1", "not an IPv4 address" },
        { { BOTH, "127.1", "1", PURPOSE_CONNECT, false }, "host 127.1", "not an IPv4 address" },
        { { BOTH, "1", "1", PURPOSE_CONNECT, false }, "host 1", "not an IPv4 address" },
        { { BOTH, "0x7f.1", "1", PURPOSE_CONNECT, false }, "host 0x7f.1", "not an IPv4 address" },
        { { BOTH, "0x7f000001", "1", PURPOSE_CONNECT, false }, "host 0x7f000001", "not an IPv4 address" },
        { { BOTH, "1.2.3.4.", "1", PURPOSE_CONNECT, false }, "host 1.2.3.4.", "not an IPv4 address" },
        { { BOTH, "1.2.3.04", "1", PURPOSE_CONNECT, false }, "host 1.2.3.04", "not an IPv4 address" },
        { { BOTH, "a.0x", "1", PURPOSE_CONNECT, false }, "host a.0x", "not an IPv4 address" },
        { { BOTH, "1.2.3.4 x", "1", PURPOSE_CONNECT, false },
          "host 1.2.3.4 x",
          "an address or a name has no" },
        { { BOTH, "a\nb", "1", PURPOSE_CONNECT, false }, "host a\nb", "an address or a name has no" },
        { { BOTH, "[::1", "1", PURPOSE_CONNECT, false }, "host [::1", "brackets go around" },
        { { BOTH, "::1]", "1", PURPOSE_CONNECT, false }, "host ::1]", "brackets go around" },
        { { BOTH, "[1.2.3.4]", "1", PURPOSE_CONNECT, false }, "host [1.2.3.4]", "brackets go around" },
        { { BOTH, "[]", "1", PURPOSE_CONNECT, false }, "host []", "brackets go around" },
        { { BOTH, "[[::1]]", "1", PURPOSE_CONNECT, false }, "host [[::1]]", "not an IPv6 address" },
        { { BOTH, "[::1]:80", "1", PURPOSE_CONNECT, false }, "host [::1]:80", "brackets go around" },
        { { BOTH, "host:80", "1", PURPOSE_CONNECT, false }, "host host:80", "not an IPv6 address" },
        { { BOTH, ":::", "1", PURPOSE_CONNECT, false }, "host :::", "not an IPv6 address" },
        { { BOTH, "fe80::1%", "1", PURPOSE_CONNECT, false }, "host fe80::1%", "after % comes" },
        { { BOTH, "::1%a%b", "1", PURPOSE_CONNECT, false }, "host ::1%a%b", "after % comes" },
        { { BOTH, "::1%an-interface-too-long", "1", PURPOSE_CONNECT, false },
          "host ::1%an-interface-too-long",
          "after % comes" },
        { { V4, "::1", "1", PURPOSE_CONNECT, false }, "host ::1", "not an IPv4 address" },
        { { V6, "127.0.0.1", "1", PURPOSE_CONNECT, false }, "host 127.0.0.1", "not an IPv6 address" },
        { { V4, "[::1]", "1", PURPOSE_LISTEN, false }, "host [::1]", "not an IPv4 address" },
        { { BOTH, "localhost", "1", PURPOSE_CONNECT, true },
          "host localhost",
          "not a numeric address, and -n" },
        { { BOTH, "localhost", NULL, PURPOSE_SOURCE, true },
          "host localhost",
          "not a numeric address, and -n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct given *given = &rows[i].given;
        struct resolve_query query = query_of(given);
        struct fault fault = { .status = STATUS_DONE };
        is_int(given->domain->check(&query, &fault), -1, "%s: %s %s is refused", given->domain->name,
               word(given->host), word(given->port));
        is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
        is_text(fault.what, rows[i].what, "named as typed");
        ok(strncmp(fault.why, rows[i].why, strlen(rows[i].why)) == 0, "with the reason: %s", fault.why);
    }
    struct given too_long = { BOTH, long_host, "1", PURPOSE_CONNECT, false };
    struct resolve_query query = query_of(&too_long);
    struct fault fault;
    is_int(inet46_domain.check(&query, &fault), -1, "256 bytes are no host");
    is_text(fault.why, "longer than 255 characters", "and the limit is said");
}

/* Resolve, and spell all that is found, blank-separated. */
static void
resolves_to(const struct given *given, const char *want)
{
    struct resolve_query query = query_of(given);
    struct address_list list = { .items = NULL };
    struct fault fault;
    char got[256] = "";
    is_int(given->domain->resolve(&query, &list, &fault), 0, "%s: %s %s is resolved", given->domain->name,
           word(given->host), word(given->port));
    for (size_t i = 0; i < list.count; i++) {
        size_t used = strlen(got);
        if (used > 0)
            got[used++] = ' ';
        given->domain->spell(&list.items[i], query.type, got + used, sizeof got - used);
    }
    is_text(got, want, "to %s", want);
    address_list_free(&list);
}

static void
literals_are_resolved(void)
{
    static const struct {
        struct given given;
        const char *want;
    } rows[] = {
        { { BOTH, "127.0.0.1", "80", PURPOSE_CONNECT, false }, "tcp://127.0.0.1:80" },
        { { BOTH, "::1", "80", PURPOSE_CONNECT, false }, "tcp://[::1]:80" },
        { { V6, "[2001:DB8:0:0::1]", "80", PURPOSE_CONNECT, false }, "tcp://[2001:db8::1]:80" },
        { { BOTH, "::ffff:1.2.3.4", "80", PURPOSE_CONNECT, false }, "tcp://1.2.3.4:80" },
        { { BOTH, "fe80::1%4000000000", "80", PURPOSE_CONNECT, false }, "tcp://[fe80::1%4000000000]:80" },
        { { BOTH, NULL, "80", PURPOSE_LISTEN, false }, "tcp://[::]:80 tcp://0.0.0.0:80" },
        { { V4, NULL, "80", PURPOSE_LISTEN, false }, "tcp://0.0.0.0:80" },
        { { V6, NULL, "0", PURPOSE_LISTEN, false }, "tcp://[::]:0" },
        { { BOTH, NULL, "80", PURPOSE_SOURCE, false }, "tcp://[::]:80 tcp://0.0.0.0:80" },
        { { BOTH, "127.0.0.1", NULL, PURPOSE_SOURCE, false }, "tcp://127.0.0.1:0" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct resolve_query query = query_of(&rows[i].given);
        ok(!inet46_domain.needs_lookup(&query), "%s needs no lookup", word(rows[i].given.host));
        resolves_to(&rows[i].given, rows[i].want);
    }
    struct given name = { BOTH, "example.org", "80", PURPOSE_CONNECT, false };
    struct resolve_query query = query_of(&name);
    ok(inet46_domain.needs_lookup(&query), "a name needs one");

    struct given scoped = { BOTH, "fe80::1%lo", "80", PURPOSE_CONNECT, false };
    resolves_to(&scoped, "tcp://[fe80::1%lo]:80");
    struct given nowhere = { BOTH, "fe80::1%no-such-if", "80", PURPOSE_CONNECT, false };
    query = query_of(&nowhere);
    struct address_list list = { .items = NULL };
    struct fault fault;
    is_int(inet46_domain.resolve(&query, &list, &fault), -1, "an interface that is not there is a fault");
    is_int(fault.status, STATUS_LOOKUP, "of the lookup");
    is_text(fault.what, "lookup of fe80::1%no-such-if", "that names the host");
    address_list_free(&list);
}

/* The address of numeric text. */
static struct address
address_of(const char *host, const char *port)
{
    struct given given = { BOTH, host, port, PURPOSE_CONNECT, true };
    struct resolve_query query = query_of(&given);
    struct address_list list = { .items = NULL };
    struct fault fault;
    struct address address = { .length = 0 };
    if (inet46_domain.resolve(&query, &list, &fault) == 0)
        address = list.items[0];
    address_list_free(&list);
    return address;
}

static void
addresses_are_printed(void)
{
    struct address mapped = address_of("::ffff:10.0.0.1", "443"), plain = address_of("10.0.0.1", "443");
    struct address_text text;
    inet46_domain.format(&mapped, &text);
    is_text(text.host, "10.0.0.1", "an IPv4 client of an IPv6 socket is printed as IPv4");
    is_text(text.port, "443", "with its port");
    char spelled[64];
    inet46_domain.spell(&plain, &dgram_type, spelled, sizeof spelled);
    is_text(spelled, "udp://10.0.0.1:443", "datagrams are spelled udp");
    is_text(inet46_domain.protocol_name(&stream_type, 0), "tcp", "a stream is tcp");
    is_text(inet46_domain.protocol_name(&dgram_type, 0), "udp", "datagrams are udp");
    is_text(inet46_domain.protocol_name(&stream_type, IPPROTO_SCTP), "sctp", "others have their name");
    struct address nothing = { .length = 0 };
    inet46_domain.format(&nothing, &text);
    is_text(text.host, "", "no address is printed as nothing");
}

static void
addresses_are_compared(void)
{
    struct address a = address_of("10.0.0.1", "1"), b = address_of("10.0.0.1", "2");
    struct address c = address_of("10.0.0.2", "1"), mapped = address_of("::ffff:10.0.0.1", "1");
    struct address local1 = address_of("fe80::1%1", "1"), local2 = address_of("fe80::1%2", "1");
    struct address local = address_of("fe80::1", "1"), nothing = { .length = 0 };
    ok(inet46_domain.same(&a, &a), "an address is the same as itself");
    ok(!inet46_domain.same(&a, &b), "not with another port");
    ok(!inet46_domain.same(&a, &c), "nor another host");
    ok(inet46_domain.same(&a, &mapped), "IPv4 inside IPv6 is the same as IPv4");
    ok(!inet46_domain.same(&local1, &local2), "two scopes are two ends");
    ok(inet46_domain.same(&local1, &local), "no scope is any scope");
    ok(!inet46_domain.same(&nothing, &nothing), "no address is the same as nothing");
    inet46_domain.set_port(&local1, 65535);
    is_int(inet46_domain.port(&local1), 65535, "a port is put in and read");
    inet46_domain.set_port(&b, 1);
    ok(inet46_domain.same(&a, &b), "and changes nothing else");
}

int
main(void)
{
    ports_are_read();
    good_targets_pass();
    bad_targets_are_refused();
    literals_are_resolved();
    addresses_are_printed();
    addresses_are_compared();
    return tap_done();
}
