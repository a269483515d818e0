#include "domain/domain.h"
#include "domain/inet.h"
#include "domain/other.h"
#include "domain/unix.h"
#include "tap.h"

#include <string.h>
#include <sys/un.h>

static void
finds_domain(const char *name, const struct domain *want)
{
    int family = -2;
    const struct domain *got = domain_find(name, &family);
    is_text(got ? got->name : NULL, want ? want->name : NULL, "domain \"%s\" is %s", name,
            want ? want->name : "none");
    if (want && want != &other_domain)
        is_int(family, want->family, "and its number is known");
}

static void
finds_type(const char *name, const char *want)
{
    const struct type *got = type_find(name);
    is_text(got ? got->name : NULL, want, "type \"%s\" is %s", name, want ? want : "none");
}

static void
domains_are_found(void)
{
    static const char *const inet46[] = { "inet46", "INET46", "ip", "PF_UNSPEC", "unspec", "0" };
    static const char *const inet[] = { "inet", "Inet", "inet4", "ipv4", "ip4", "PF_INET", "af_inet", "2" };
    static const char *const inet6[] = { "inet6", "IPv6", "ip6", "PF_INET6", "AF_INET6", "10", "010" };
    static const char *const local[] = { "unix", "UNIX", "local", "AF_LOCAL", "PF_FILE", "pf_unix", "1" };
    static const char *const none[] = { "",   "inet ", "inet5", "PF_", "AF_AF_INET",           "-1",
                                        "2x", "AF_2",  "PF_",   "+2",  "99999999999999999999", "inet4 ipv4" };
    for (size_t i = 0; i < sizeof inet46 / sizeof inet46[0]; i++)
        finds_domain(inet46[i], &inet46_domain);
    for (size_t i = 0; i < sizeof inet / sizeof inet[0]; i++)
        finds_domain(inet[i], &inet4_domain);
    for (size_t i = 0; i < sizeof inet6 / sizeof inet6[0]; i++)
        finds_domain(inet6[i], &inet6_domain);
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
        finds_domain(local[i], &unix_domain);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        finds_domain(none[i], NULL);
    ok(domain_rows[0] == &inet46_domain, "the first row, the default, is IPv4 and IPv6");
    ok(domain_of(AF_UNIX) == &unix_domain, "a row is found by its family");
    ok(domain_of(AF_INET6) == &inet6_domain, "and IPv6 is not the row that has both");
    finds_domain("43", &other_domain);
    finds_domain("65535", &other_domain);
    finds_domain("65536", NULL);
    ok(domain_of(12345) == NULL, "a family that nobody knows has no row");
}

static void
types_are_found(void)
{
    finds_type("stream", "stream");
    finds_type("SOCK_STREAM", "stream");
    finds_type("Sock_Dgram", "dgram");
    finds_type("1", "stream");
    finds_type("2", "dgram");
    finds_type("3", "raw");
    finds_type("4", "rdm");
    finds_type("5", "seqpacket");
    finds_type("10", "packet");
    finds_type("seqpacket", "seqpacket");
    finds_type("SEQPACKET", "seqpacket");
    finds_type("", NULL);
    finds_type("0", NULL);
    finds_type("SOCK_", NULL);
    finds_type("streams", NULL);
    finds_type("PF_STREAM", NULL);
    ok(type_find("stream")->accepts && type_find("stream")->half_closes, "a stream has connections and ends");
    ok(!type_find("dgram")->accepts, "datagrams have no connections");
}

static void
rows_are_whole(void)
{
    for (const struct domain *const *row = domain_rows; *row; row++) {
        const struct domain *domain = *row;
        ok(domain->name && domain->aliases && domain->operands && domain->help, "%s has its words",
           domain->name);
        ok(domain->format && (domain->read || (domain->check && domain->resolve)),
           "%s has the functions that every row has", domain->name);
        ok(!domain->port == !domain->set_port && (!domain->port || domain->has_port),
           "%s has ports or has none", domain->name);
        ok(domain->types && domain->types[0], "%s has types", domain->name);
        ok(!domain->protocol_find || domain->protocols, "%s has names of protocols or has none",
           domain->name);
        for (const struct protocol *protocol = domain->protocols; protocol && protocol->name; protocol++)
            is_int(domain_protocol_find(domain, protocol->name), protocol->number, "%s is a protocol of %s",
                   protocol->name, domain->name);
        for (const struct domain *const *other = domain_rows; *other != domain; other++)
            ok(strcmp((*other)->name, domain->name) != 0, "%s and %s have two names", (*other)->name,
               domain->name);
    }
}

static void
types_are_named(void)
{
    char names[64];
    domain_type_names(&inet46_domain, names, sizeof names);
    is_text(names, "stream, dgram, seqpacket, raw, dccp", "the types of inet46 are named");
    domain_type_names(&unix_domain, names, sizeof names);
    is_text(names, "stream, dgram, seqpacket", "the types of unix are named");
    char few[8];
    domain_type_names(&unix_domain, few, sizeof few);
    is_text(few, "stream,", "names are cut where there is no more room");
}

/* Check a path; what is wrong is in *fault. */
static int
checks_path(const char *path, enum purpose purpose, struct fault *fault)
{
    const struct resolve_query query = {
        .family = AF_UNIX, .target = { .host = path }, .purpose = purpose, .type = &stream_type
    };
    return unix_domain.check(&query, fault);
}

static void
paths_are_checked(void)
{
    struct fault fault;
    char path[200];
    memset(path, 'x', sizeof path);
    path[107] = '\0';
    is_int(checks_path(path, PURPOSE_LISTEN, &fault), 0, "107 bytes are a path");
    path[107] = 'x';
    path[108] = '\0';
    is_int(checks_path(path, PURPOSE_LISTEN, &fault), -1, "108 are not");
    is_int(fault.status, STATUS_USAGE, "that is a mistake of the user");
    is_text(fault.why, "108 bytes long; a socket path is at most 107 bytes", "and both sizes are said");
    path[0] = '@';
    is_int(checks_path(path, PURPOSE_CONNECT, &fault), 0, "@ and 107 bytes are an abstract name");
    path[108] = 'x';
    path[109] = '\0';
    is_int(checks_path(path, PURPOSE_CONNECT, &fault), -1, "@ and 108 are not");
    is_int(checks_path("", PURPOSE_CONNECT, &fault), -1, "an empty path is refused");
    is_int(checks_path("@", PURPOSE_CONNECT, &fault), -1, "an empty abstract name is refused");
    is_int(checks_path(NULL, PURPOSE_CONNECT, &fault), -1, "a missing path is refused");
    is_int(checks_path(NULL, PURPOSE_SOURCE, &fault), 0, "but a source may be missing");
    ok(!unix_domain.needs_lookup, "a path needs no lookup");
}

/* The address of a path. */
static struct address
address_of(const char *path)
{
    const struct resolve_query query = { .family = AF_UNIX,
                                         .target = { .host = path },
                                         .type = &stream_type };
    struct address_list list = { .items = NULL };
    struct fault fault;
    struct address address = { .length = 0 };
    if (unix_domain.resolve(&query, &list, &fault) == 0 && list.count == 1)
        address = list.items[0];
    address_list_free(&list);
    return address;
}

static void
formats_as(const struct address *address, const char *want)
{
    struct address_text text;
    unix_domain.format(address, &text);
    is_text(text.host, want, "it is printed as %s", want);
    is_text(text.port, "", "without a port");
}

static void
paths_are_printed(void)
{
    struct address path = address_of("/tmp/x"), name = address_of("@x"), odd = address_of("a\033\n\302\233b");
    formats_as(&path, "/tmp/x");
    formats_as(&name, "@x");
    formats_as(&odd, "a\\x1b\\x0a\\xc2\\x9bb");
    is_int((long)name.length, 4, "an abstract name is as long as it is");
    struct address unnamed = { .length = sizeof(sa_family_t) };
    formats_as(&unnamed, "(unnamed)");
    struct address holed = address_of("@abcd");
    ((char *)&holed.name)[sizeof(sa_family_t) + 2] = '\0';
    formats_as(&holed, "@a\\x00cd");

    char long_path[110];
    memset(long_path, '\001', sizeof long_path);
    long_path[107] = '\0';
    struct address full = address_of(long_path);
    struct address_text text;
    unix_domain.format(&full, &text);
    is_int((long)strlen(text.host), 4 * 107, "the longest path fits with every byte escaped");

    char word[64];
    domain_spell(&unix_domain, &path, &stream_type, word, sizeof word);
    is_text(word, "unix:/tmp/x", "a path is spelled as skt takes it back");
    domain_spell(&unix_domain, &name, &stream_type, word, sizeof word);
    is_text(word, "unix:@x", "so is an abstract name");

    struct address again = address_of("/tmp/x"), other = address_of("/tmp/y"), plain = address_of("x");
    ok(unix_domain.same(&path, &again), "one path is the same");
    ok(!unix_domain.same(&path, &other), "two paths are not");
    ok(!unix_domain.same(&name, &plain), "@x is not x");
    ok(!unix_domain.same(&unnamed, &unnamed), "two unnamed sockets are two");
}

int
main(void)
{
    domains_are_found();
    types_are_found();
    rows_are_whole();
    types_are_named();
    paths_are_checked();
    paths_are_printed();
    return tap_done();
}
