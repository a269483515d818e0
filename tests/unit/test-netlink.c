/* Addresses, protocols and groups of netlink: read, printed, compared, refused. */
#include "domain/netlink.h"
#include "tap.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

static int
read_word(const char *word, int protocol, const char *groups, struct address *address, struct fault *fault)
{
    const struct resolve_query query = {
        .family = AF_NETLINK,
        .target = { .host = word },
        .type = netlink_domain.types[0],
        .protocol = protocol,
        .groups = groups,
    };
    return netlink_domain.read(&query, address, fault);
}

static void
check_round_trip(const char *word, unsigned port, const char *printed)
{
    struct address address;
    struct fault fault;
    struct address_text text;
    struct sockaddr_nl name;
    if (!is_int(read_word(word, 0, NULL, &address, &fault), 0, "%s is read", word ? word : "nothing"))
        return;
    memcpy(&name, &address.name, sizeof name);
    is_int((long)name.nl_pid, (long)port, "as its port");
    is_int((long)address.length, (long)sizeof name, "with the length of its structure");
    is_int(name.nl_family, AF_NETLINK, "and the family");
    netlink_domain.format(&address, &text);
    is_text(text.host, printed, "and printed as %s", printed);
}

static void
check_refused(const char *word)
{
    struct address address;
    struct fault fault;
    char what[64] = "port ";
    strcat(what, *word ? word : "\"\"");
    if (!is_int(read_word(word, 0, NULL, &address, &fault), -1, "\"%s\" is refused", word))
        return;
    is_int(fault.status, STATUS_USAGE, "as an error of usage");
    is_text(fault.what, what, "that names it");
    is_text(fault.why, "a port is a number from 0 to 4294967295; kernel is 0", "and says what is right");
}

static void
check_group(int protocol, const char *words, unsigned want, const char *behind)
{
    unsigned group = 0;
    const char *rest = "";
    struct fault fault;
    is_int(netlink_group(protocol, words, &group, &rest, &fault), 0, "%s is read", words);
    is_int((long)group, (long)want, "as its number");
    is_text(rest, behind, "up to its end");
}

static void
check_groups_refused(int protocol, const char *groups, const char *what, const char *why)
{
    struct address address;
    struct fault fault;
    if (!is_int(read_word("0", protocol, groups, &address, &fault), -1, "groups %s are refused", groups))
        return;
    is_int(fault.status, STATUS_USAGE, "as an error of usage");
    is_text(fault.what, what, "that names the one");
    ok(strstr(fault.why, why) == fault.why, "and says what would be right: %s", fault.why);
}

static void
check_protocols(void)
{
    is_int(netlink_domain.protocol_find("route"), NETLINK_ROUTE, "route is a protocol, though it is 0");
    is_int(netlink_domain.protocol_find("NETLINK_KOBJECT_UEVENT"), NETLINK_KOBJECT_UEVENT,
           "as the macro has it");
    is_int(netlink_domain.protocol_find("Kobject-Uevent"), NETLINK_KOBJECT_UEVENT, "in any case");
    is_int(netlink_domain.protocol_find("kobject"), -1, "but not a part of it");
    is_int(netlink_domain.protocol_find(""), -1, "nor nothing");
    is_int(netlink_domain.protocol_find("ip6_fw"), NETLINK_IP6_FW, "rare ones are known, too");
    for (const struct protocol *row = netlink_domain.protocols; row->name; row++)
        is_text(netlink_domain.protocol_name(netlink_domain.types[0], row->number), row->name, "%d is %s",
                row->number, row->name);
    is_text(netlink_domain.protocol_name(netlink_domain.types[0], 31), "raw",
            "a number without a name has none");
}

/* Every protocol with a name says what it takes to have it, but for those that are there with netlink itself. */
static void
check_lacking(void)
{
    const struct type *type = netlink_domain.types[0];
    for (int protocol = 0; protocol < MAX_LINKS; protocol++) {
        const char *name = netlink_domain.protocol_name(type, protocol);
        const char *lacking = netlink_domain.lacking(type, protocol, EPROTONOSUPPORT);
        bool is_always_there = protocol == NETLINK_ROUTE || protocol == NETLINK_USERSOCK ||
                               protocol == NETLINK_SOCK_DIAG || protocol == NETLINK_KOBJECT_UEVENT ||
                               protocol == NETLINK_GENERIC;
        if (strcmp(name, type->name) != 0 && !is_always_there)
            ok(strstr(lacking, "CONFIG_") || strstr(lacking, "no kernel since"), "%s: %s", name, lacking);
        is_text(netlink_domain.lacking(type, protocol, EPERM), NULL,
                "%s: nothing lacks without the privilege", name);
    }
}

int
main(void)
{
    check_lacking();
    check_round_trip(NULL, 0, "kernel");
    check_round_trip("kernel", 0, "kernel");
    check_round_trip("0", 0, "kernel");
    check_round_trip("1234", 1234, "1234");
    check_round_trip("4294967295", 4294967295U, "4294967295");
    check_round_trip("0x10", 16, "16");
    check_refused("");
    check_refused("4294967296");
    check_refused("-1");
    check_refused("route");
    check_refused("1 2");

    check_group(NETLINK_ROUTE, "link", 1, "");
    check_group(NETLINK_ROUTE, "LINK,neigh", 1, "neigh");
    check_group(NETLINK_ROUTE, "ipv6_route,", 11, ",");
    check_group(NETLINK_NETFILTER, "nftables", 7, "");
    check_group(NETLINK_XFRM, "2", 2, "");
    check_group(NETLINK_ROUTE, "stats", 36, "");
    check_group(NETLINK_CONNECTOR, "proc", 1, "");
    check_group(NETLINK_GENERIC, "nlctrl", 16, "");
    check_group(NETLINK_KOBJECT_UEVENT, "kernel", 1, "");
    check_groups_refused(NETLINK_GENERIC, "link", "group link",
                         "a group is a number from 1 to 65535, or nlctrl");
    check_groups_refused(NETLINK_ROUTE, "link,lnk", "group lnk",
                         "a group is a number from 1 to 65535, or link notify neigh tc");
    check_groups_refused(NETLINK_ROUTE, "0", "group 0", "a group is");
    check_groups_refused(NETLINK_ROUTE, "65536", "group 65536", "a group is");
    check_groups_refused(NETLINK_ROUTE, "link,", "group \"\"", "a group is");
    check_groups_refused(NETLINK_ROUTE, "link,,tc", "group \"\"", "a group is");
    check_protocols();

    struct address a, b;
    struct fault fault;
    (void)read_word("7", 0, NULL, &a, &fault);
    b = a;
    struct sockaddr_nl name;
    memcpy(&name, &b.name, sizeof name);
    name.nl_groups = 1;
    memcpy(&b.name, &name, sizeof name);
    ok(domain_same(&netlink_domain, &a, &b), "the groups that a message was for make no other sender");
    (void)read_word("8", 0, NULL, &b, &fault);
    ok(!domain_same(&netlink_domain, &a, &b), "another port does");
    return tap_done();
}
