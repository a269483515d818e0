/* Addresses and protocols of packet sockets: read, printed, compared, refused. */
#include "domain/packet.h"
#include "tap.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>

static const struct type *
type_of(int value)
{
    const struct type *const *type = packet_domain.types;
    while (*type && (*type)->value != value)
        type++;
    return *type;
}

static struct resolve_query
query_of(const char *word, int type, int protocol, enum purpose purpose)
{
    return (struct resolve_query){
        .family = AF_PACKET,
        .target = { .host = word },
        .purpose = purpose,
        .type = type_of(type),
        .protocol = protocol,
    };
}

/* What a word becomes, and that it is printed as it was read. */
static void
check_round_trip(const char *word, int type, const char *printed)
{
    const struct resolve_query query = query_of(word, type, 0x88b5, PURPOSE_LISTEN);
    struct address_list list = { .items = NULL };
    struct fault fault;
    struct address_text text;
    if (!is_int(domain_resolve(&packet_domain, &query, &list, &fault), 0, "%s is read", word))
        return;
    packet_domain.format(&list.items[0], &text);
    is_text(text.host, printed, "%s is printed as %s", word, printed);
    is_text(text.port, "", "%s has no port", word);
    is_int(list.items[0].name.ss_family, AF_PACKET, "%s is of the family", word);
    address_list_free(&list);
}

static void
check_address(void)
{
    const struct resolve_query query = query_of("lo/02:00:00:00:00:0A", SOCK_DGRAM, 0x0806, PURPOSE_CONNECT);
    struct address_list list = { .items = NULL };
    struct fault fault;
    is_int(domain_resolve(&packet_domain, &query, &list, &fault), 0, "an interface with a MAC address");
    struct sockaddr_ll name;
    memcpy(&name, &list.items[0].name, sizeof name);
    is_int((long)list.items[0].length, (long)sizeof name, "has the length of its structure");
    is_int(name.sll_ifindex, (long)if_nametoindex("lo"), "the interface's index");
    is_int(ntohs(name.sll_protocol), 0x0806, "the Ethernet type in network order");
    is_data(name.sll_addr, name.sll_halen, "\2\0\0\0\0\12", 6, "and the MAC address");
    address_list_free(&list);
}

static void
check_refused(const char *word, int type, int protocol, enum purpose purpose, const char *what,
              const char *why)
{
    const struct resolve_query query = query_of(word, type, protocol, purpose);
    struct fault fault;
    if (!is_int(domain_check(&packet_domain, &query, &fault), -1, "%s is refused", word))
        return;
    is_int(fault.status, STATUS_USAGE, "as an error of usage");
    is_text(fault.what, what, "that names it");
    is_text(fault.why, why, "and says why");
}

static void
check_protocols(void)
{
    is_int(packet_domain.protocol_find("arp"), 0x0806, "arp is a protocol");
    is_int(packet_domain.protocol_find("ETH_P_IPV6"), 0x86dd, "with the prefix of linux/if_ether.h, too");
    is_int(packet_domain.protocol_find("Lldp"), 0x88cc, "in any case");
    is_int(packet_domain.protocol_find("all"), 3, "all is one");
    is_int(packet_domain.protocol_find("tcp"), -1, "tcp is none");
    is_int(packet_domain.protocol_find("8021q"), 0x8100, "by its other name, too");
    is_int(packet_domain.protocol_find("802_3"), 1, "and with its underscore");
    for (const struct protocol *row = packet_domain.protocols; row->name; row++)
        is_text(packet_domain.protocol_name(type_of(SOCK_RAW), row->number), row->name, "0x%04x is %s",
                (unsigned)row->number, row->name);
    is_int(packet_domain.socket_protocol(type_of(SOCK_RAW), 0x0806), 0, "nothing is heard before bind");
    is_int(packet_domain.socket_protocol(type_of(10), 0x0806), htons(0x0806),
           "but the old way, in network order");
}

static void
check_same(void)
{
    struct sockaddr_ll one = {
        .sll_family = AF_PACKET, .sll_ifindex = 2, .sll_halen = 6, .sll_addr = "abcdef"
    };
    struct sockaddr_ll other = one;
    other.sll_protocol = 5;
    other.sll_pkttype = PACKET_BROADCAST;
    other.sll_hatype = 1;
    struct address a = { .length = sizeof one }, b = { .length = sizeof other };
    memcpy(&a.name, &one, sizeof one);
    memcpy(&b.name, &other, sizeof other);
    ok(domain_same(&packet_domain, &a, &b), "what differs from frame to frame makes no other sender");
    other.sll_addr[5] = 'g';
    memcpy(&b.name, &other, sizeof other);
    ok(!domain_same(&packet_domain, &a, &b), "another MAC address does");
    other = one;
    other.sll_ifindex = 3;
    memcpy(&b.name, &other, sizeof other);
    ok(!domain_same(&packet_domain, &a, &b), "and another interface");
    b.length = sizeof(struct sockaddr_pkt);
    ok(!domain_same(&packet_domain, &a, &b), "and another kind of address");
}

int
main(void)
{
    check_round_trip("lo", SOCK_RAW, "lo");
    check_round_trip("lo/ff:ff:ff:ff:ff:ff", SOCK_DGRAM, "lo");
    check_round_trip("lo/0200000000ff", SOCK_DGRAM, "lo/02:00:00:00:00:ff");
    check_round_trip("any", SOCK_RAW, "any");
    check_round_trip("lo", 10, "lo");
    check_round_trip("any", 10, "any");
    check_address();
    check_same();
    check_protocols();

    static const char mac[] = "a MAC address is 6 bytes in hexadecimal: eth0/02:00:00:00:00:01";
    check_refused("lo/", SOCK_RAW, 0, PURPOSE_LISTEN, "address lo/", mac);
    check_refused("lo/1", SOCK_RAW, 0, PURPOSE_LISTEN, "address lo/1", mac);
    check_refused("lo/01:02:03:04:05:06:07", SOCK_RAW, 0, PURPOSE_LISTEN, "address lo/01:02:03:04:05:06:07",
                  mac);
    check_refused("", SOCK_RAW, 0, PURPOSE_LISTEN, "address \"\"",
                  "an interface is needed: INTERFACE, INTERFACE/MAC or any");
    check_refused("/020000000001", SOCK_RAW, 0, PURPOSE_LISTEN, "interface \"\"",
                  "the name of an interface is 1 to 15 characters");
    check_refused("two words", SOCK_RAW, 0, PURPOSE_LISTEN, "interface two words",
                  "the name of an interface is 1 to 15 characters");
    check_refused("any", SOCK_RAW, 0, PURPOSE_CONNECT, "address any",
                  "can only be listened on: frames leave through one interface");
    check_refused("lo", SOCK_RAW, 0, PURPOSE_SOURCE, "address lo",
                  "frames come from the interface that is the operand");
    check_refused("lo/020000000001", 10, 0, PURPOSE_CONNECT, "address lo/020000000001",
                  "frames of this type bring their own MAC address: INTERFACE is enough");
    check_refused("a14-characters", 10, 0, PURPOSE_CONNECT, "address a14-characters",
                  "type packet takes names of at most 13 characters");
    check_refused("lo", SOCK_DGRAM, 0, PURPOSE_CONNECT, "type dgram",
                  "needs an Ethernet type to send, such as --protocol 0x88b5");
    return tap_done();
}
