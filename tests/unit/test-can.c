#include "domain/can.h"
#include "tap.h"

#include <linux/can.h>
#include <linux/can/j1939.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static struct resolve_query
query_of(const char *word, const char *protocol, enum purpose purpose)
{
    int number = domain_protocol_find(&can_domain, protocol);
    const struct type *usual = domain_usual_type(&can_domain, number);
    return (struct resolve_query){
        .family = AF_CAN,
        .target = { .host = word },
        .purpose = purpose,
        .type = domain_type(&can_domain, usual, number),
        .protocol = number,
    };
}

/* The only address of a word; on failure of length 0. */
static struct address
address_of(const char *word, const char *protocol, enum purpose purpose)
{
    const struct resolve_query query = query_of(word, protocol, purpose);
    struct address_list list = { .items = NULL };
    struct address address = { .length = 0 };
    struct fault fault;
    is_int(can_domain.check(&query, &fault), 0, "%s is an address of %s", word, protocol);
    if (can_domain.resolve(&query, &list, &fault) == 0 && list.count == 1)
        address = list.items[0];
    address_list_free(&list);
    return address;
}

static struct sockaddr_can
name_of(const char *word, const char *protocol, enum purpose purpose, long length)
{
    struct address address = address_of(word, protocol, purpose);
    struct sockaddr_can name;
    memcpy(&name, &address.name, sizeof name);
    is_int((long)address.length, length, "of its protocol's length");
    is_int(name.can_family, AF_CAN, "of its family");
    is_int(name.can_ifindex, strncmp(word, "any", 3) == 0 ? 0 : (long)if_nametoindex("lo"),
           "with the interface's index");
    return name;
}

static void
is_printed(const char *word, const char *protocol, const char *want)
{
    struct address address = address_of(word, protocol, PURPOSE_LISTEN);
    struct address_text text;
    can_domain.format(&address, &text);
    is_text(text.host, want, "%s is printed", word);
    struct address again = address_of(text.host, protocol, PURPOSE_LISTEN);
    ok(domain_same(&can_domain, &address, &again), "and taken back as the same");
    char spelled[100], wanted[100];
    domain_spell(&can_domain, &address, &raw_type, spelled, sizeof spelled);
    (void)snprintf(wanted, sizeof wanted, "can:%s", want);
    is_text(spelled, wanted, "and spelled as one word");
}

static void
is_refused(const char *word, const char *protocol, enum purpose purpose, const char *why)
{
    const struct resolve_query query = query_of(word, protocol, purpose);
    struct fault fault;
    is_int(can_domain.check(&query, &fault), -1, "\"%s\" of %s is refused", word, protocol);
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.why, why, "which says why");
}

static void
addresses_are_read(void)
{
    (void)name_of("lo", "raw", PURPOSE_CONNECT, 8);
    (void)name_of("any", "raw", PURPOSE_LISTEN, 8);
    (void)name_of("lo", "bcm", PURPOSE_CONNECT, 8);
    struct sockaddr_can name = name_of("lo,123,7Ff", "isotp", PURPOSE_CONNECT, 16);
    is_int((long)name.can_addr.tp.tx_id, 0x123, "what we send has the first identifier");
    is_int((long)name.can_addr.tp.rx_id, 0x7ff, "what we receive the second");
    name = name_of("lo,00000123,1fffffff", "isotp", PURPOSE_LISTEN, 16);
    is_int((long)name.can_addr.tp.tx_id, (long)(0x123 | CAN_EFF_FLAG), "more digits are a longer identifier");
    is_int((long)name.can_addr.tp.rx_id, (long)(0x1fffffff | CAN_EFF_FLAG), "up to 29 bits");
    name = name_of("lo:0x80,0x12300", "j1939", PURPOSE_CONNECT, sizeof name);
    is_int(name.can_addr.j1939.addr, 0x80, "a control unit's address");
    is_int((long)name.can_addr.j1939.pgn, 0x12300, "and a parameter group");
    ok(name.can_addr.j1939.name == J1939_NO_NAME, "without a name");
    name = name_of("lo:,0x12300,0xffffffffffffffff", "j1939", PURPOSE_CONNECT, sizeof name);
    is_int(name.can_addr.j1939.addr, J1939_NO_ADDR, "an address may be left out");
    ok(name.can_addr.j1939.name == UINT64_MAX, "and a name has 64 bits");
    name = name_of("lo:32", "j1939", PURPOSE_SOURCE, sizeof name);
    is_int(name.can_addr.j1939.addr, 32, "a source is an address");
    is_int((long)name.can_addr.j1939.pgn, J1939_NO_PGN, "and takes every group");
}

static void
others_are_refused(void)
{
    static const char plain[] = "an address is the name of an interface, as can0";
    static const char isotp[] = "an address is INTERFACE,TXID,RXID, as can0,123,321";
    static const char j1939[] = "an address is INTERFACE:ADDR,PGN,NAME, as can0:0x80,0x12300";
    static const char *const bad_isotp[] = { "can0",       "can0,123",        "can0,123,",  ",1,2",
                                             "can0,800,1", "can0,1,2,3",      "can0,xyz,1", "can0,0x1,2",
                                             "can0,1,2x",  "can0,20000000,1", "can0:1:2",   "" };
    static const char *const bad_j1939[] = { "can0:256,1",   "can0:1,0x40001",
                                             "can0:x",       ":1",
                                             "can0:1,2,",    "can0:1,2,xyz",
                                             "can0:1,2,3,4", "can0:1,2,11112222333344445" };
    is_refused("", "raw", PURPOSE_CONNECT, plain);
    is_refused("can0,123", "raw", PURPOSE_CONNECT, plain);
    is_refused("can0,1,2", "bcm", PURPOSE_CONNECT, plain);
    for (size_t i = 0; i < sizeof bad_isotp / sizeof bad_isotp[0]; i++)
        is_refused(bad_isotp[i], "isotp", PURPOSE_CONNECT, isotp);
    for (size_t i = 0; i < sizeof bad_j1939 / sizeof bad_j1939[0]; i++)
        is_refused(bad_j1939[i], "j1939", PURPOSE_CONNECT, j1939);
    is_refused("0123456789abcdef", "raw", PURPOSE_CONNECT, "the name of an interface is 1 to 15 characters");
    is_refused("can0:1", "j1939", PURPOSE_CONNECT, "where to send is INTERFACE:ADDR,PGN");
    is_refused("any", "raw", PURPOSE_CONNECT, "every interface can only be listened on, for raw frames");
    is_refused("any,1,2", "isotp", PURPOSE_LISTEN, "every interface can only be listened on, for raw frames");
    is_refused("can0", "bcm", PURPOSE_LISTEN, "the broadcast manager takes only connections: leave out -l");
    is_refused("can0", "raw", PURPOSE_SOURCE, "only j1939 has an address to come from");
}

static void
protocols_are_found(void)
{
    is_int(can_domain.protocol_find("CAN_ISOTP"), CAN_ISOTP, "a protocol is found with its prefix");
    is_int(can_domain.protocol_find("can-raw"), CAN_RAW, "in the other spelling, too");
    is_int(can_domain.protocol_find("J1939"), CAN_J1939, "in any case");
    is_int(can_domain.protocol_find("tcp"), -1, "others are not");
    is_text(domain_usual_type(&can_domain, 0)->name, "raw", "raw frames are the usual type");
    is_text(domain_usual_type(&can_domain, CAN_BCM)->name, "dgram", "a protocol chooses its type");
    is_int(can_domain.socket_protocol(type_find("raw"), 0), CAN_RAW, "a type has a usual protocol");
    is_int(can_domain.socket_protocol(type_find("dgram"), 0), CAN_ISOTP, "of its own");
}

int
main(void)
{
    addresses_are_read();
    others_are_refused();
    protocols_are_found();
    is_printed("lo", "raw", "lo");
    is_printed("any", "raw", "any");
    is_printed("lo,1,00000abc", "isotp", "lo,001,00000ABC");
    is_printed("lo:32", "j1939", "lo:0x20");
    is_printed("lo:0x80,0x12300", "j1939", "lo:0x80,0x12300");
    is_printed("lo:,,1a", "j1939", "lo:0xff,0x40000,0x000000000000001a");
    return tap_done();
}
