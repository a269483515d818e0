#include "domain/tipc.h"
#include "tap.h"

#include <linux/tipc.h>
#include <string.h>

static int
reads(const char *word, enum purpose purpose, const char *type, struct address *address, struct fault *fault)
{
    const struct resolve_query query = {
        .family = AF_TIPC,
        .target = { .host = word },
        .purpose = purpose,
        .type = domain_type(&tipc_domain, type_find(type), 0),
    };
    return tipc_domain.read(&query, address, fault);
}

static struct sockaddr_tipc
name_of(const char *word, enum purpose purpose, const char *type)
{
    struct address address = { .length = 0 };
    struct fault fault;
    struct sockaddr_tipc name = { .family = 0 };
    is_int(reads(word, purpose, type, &address, &fault), 0, "%s is an address", word);
    is_int((long)address.length, 16, "of 16 bytes");
    memcpy(&name, &address.name, sizeof name);
    is_int(name.family, AF_TIPC, "of TIPC");
    return name;
}

static void
is_refused(const char *word, enum purpose purpose, const char *type, const char *why)
{
    struct address address;
    struct fault fault;
    is_int(reads(word, purpose, type, &address, &fault), -1, "\"%s\" is refused", word);
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.why, why, "which says why");
    ok(strstr(fault.what, *word ? word : "\"\"") != NULL, "and names the word");
}

static void
is_printed(const char *word, enum purpose purpose, const char *type, const char *want)
{
    struct address address, again;
    struct fault fault;
    struct address_text text = { .host = "" };
    if (reads(word, purpose, type, &address, &fault) == 0)
        tipc_domain.format(&address, &text);
    is_text(text.host, want, "%s is printed", word);
    is_text(text.port, "", "without a port");
    ok(reads(text.host, purpose, type, &again, &fault) == 0 && domain_same(&tipc_domain, &address, &again),
       "and taken back as the same");
}

static void
addresses_are_read(void)
{
    struct sockaddr_tipc name = name_of("18888:17", PURPOSE_CONNECT, "stream");
    is_int(name.addrtype, TIPC_SERVICE_ADDR, "it is a service");
    is_int(name.addr.name.name.type, 18888, "of a type");
    is_int(name.addr.name.name.instance, 17, "and an instance");
    is_int(name.addr.name.domain, 0, "on any node");
    name = name_of("18888:17@1001001", PURPOSE_CONNECT, "stream");
    is_int(name.addr.name.domain, 0x1001001, "or on one");
    name = name_of("{18888,17}", PURPOSE_LISTEN, "stream");
    is_int(name.addrtype, TIPC_SERVICE_RANGE, "what is bound is a range");
    is_int(name.scope, TIPC_CLUSTER_SCOPE, "for the cluster");
    is_int(name.addr.nameseq.lower, 17, "of one");
    is_int(name.addr.nameseq.upper, 17, "instance");
    name = name_of("{18888,0,4294967295}", PURPOSE_LISTEN, "rdm");
    ok(name.addr.nameseq.lower == 0 && name.addr.nameseq.upper == 4294967295U, "or of all");
    name = name_of("18888:1:5", PURPOSE_CONNECT, "rdm");
    is_int(name.addrtype, TIPC_SERVICE_RANGE, "messages without a connection go to all of a range");
    name = name_of("0:12345@0", PURPOSE_CONNECT, "stream");
    is_int(name.addrtype, TIPC_SOCKET_ADDR, "type 0 is a socket");
    is_int(name.addr.id.ref, 12345, "by its reference");
}

static void
others_are_refused(void)
{
    static const char form[] = "an address is TYPE:INSTANCE[@NODE], {TYPE,INSTANCE} or TYPE:LOWER:UPPER";
    static const char *const bad[] = { "",
                                       "18888",
                                       "18888:",
                                       ":17",
                                       "18888:x",
                                       "1:2:3:4",
                                       "{1,2",
                                       "{1:2}",
                                       "1,2",
                                       "4294967296:1",
                                       "100:-1",
                                       "100:1@",
                                       "100:1@g",
                                       "100:1@0x10",
                                       "100:1@100000000",
                                       "100:1 ",
                                       "{1,2}}",
                                       "100:1@1@2",
                                       "99999999999999999999999999999999:1" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_refused(bad[i], PURPOSE_CONNECT, "rdm", form);
    is_refused("100:5:4", PURPOSE_LISTEN, "rdm", "a range begins with its lower instance");
    is_refused("63:1", PURPOSE_LISTEN, "stream", "types below 64 are TIPC's own");
    is_refused("64:1@1", PURPOSE_LISTEN, "stream", "services are offered on this node: leave out @NODE");
    is_refused("64:1:2", PURPOSE_CONNECT, "stream", "a connection is to one instance: TYPE:INSTANCE");
    is_refused("64:1:2@1", PURPOSE_CONNECT, "rdm", "a range is for all nodes: leave out @NODE");
    is_refused("0:1:2", PURPOSE_CONNECT, "rdm", "a socket is 0:REFERENCE@NODE");
}

int
main(void)
{
    addresses_are_read();
    others_are_refused();
    is_printed("18888:17", PURPOSE_CONNECT, "stream", "18888:17@0");
    is_printed("{18888,17}@1a", PURPOSE_CONNECT, "stream", "18888:17@1a");
    is_printed("0:12345@1001001", PURPOSE_CONNECT, "stream", "0:0000012345@1001001");
    is_printed("18888:17", PURPOSE_LISTEN, "stream", "18888:17@0");
    is_printed("18888:1:4294967295", PURPOSE_LISTEN, "dgram", "18888:1:4294967295@0");
    is_printed("18888:1:2", PURPOSE_CONNECT, "dgram", "18888:1:2@0");
    return tap_done();
}
