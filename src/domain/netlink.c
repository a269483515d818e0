#include "domain/netlink.h"

#include "base/number.h"
#include "base/text.h"
#include "domain/name.h"
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char kernel[] = "kernel";

enum { GROUP_MAX = 65535, GROUP_NAME_MAX = 32 };

/*
 * Both types are one to the kernel (netlink(7)). It tells by ENOBUFS that it had to drop messages, and refuses empty ones
 * (netlink_sendmsg of Linux 5.16).
 */
static const struct type netlink_raw_type = {
    .name = "raw",
    .value = SOCK_RAW,
    .unit = UNIT_MESSAGES,
    .no_empty = true,
    .loss_error = ENOBUFS,
    .help = "messages to and from the kernel",
};

static const struct type netlink_dgram_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .no_empty = true,
    .loss_error = ENOBUFS,
    .help = "the same",
};

static const struct type *const types[] = { &netlink_raw_type, &netlink_dgram_type, NULL };

/* linux/netlink.h, without the NETLINK_; a dash for each underscore. */
static const struct protocol protocols[] = {
    { "route", NETLINK_ROUTE },
    { "usersock", NETLINK_USERSOCK },
    { "sock-diag", NETLINK_SOCK_DIAG },
    { "nflog", NETLINK_NFLOG },
    { "xfrm", NETLINK_XFRM },
    { "selinux", NETLINK_SELINUX },
    { "audit", NETLINK_AUDIT },
    { "fib-lookup", NETLINK_FIB_LOOKUP },
    { "connector", NETLINK_CONNECTOR },
    { "netfilter", NETLINK_NETFILTER },
    { "kobject-uevent", NETLINK_KOBJECT_UEVENT },
    { "generic", NETLINK_GENERIC },
    { "crypto", NETLINK_CRYPTO },
    { NULL, 0 },
};

/* What hardly any kernel has. */
static const struct protocol rare_protocols[] = {
    { "firewall", NETLINK_FIREWALL },
    { "iscsi", NETLINK_ISCSI },
    { "ip6-fw", NETLINK_IP6_FW },
    { "dnrtmsg", NETLINK_DNRTMSG },
    { "scsitransport", NETLINK_SCSITRANSPORT },
    { "ecryptfs", NETLINK_ECRYPTFS },
    { "rdma", NETLINK_RDMA },
    { "smc", NETLINK_SMC },
    { NULL, 0 },
};

/*
 * A protocol is there once something in the kernel has opened its side of it; what is missing where nothing has is
 * NULL for those that no kernel lacks.
 */
static const struct {
    const char *lacking;
    const char *groups; /* heard where the user names none: without, nothing could ever come */
} facts[] = {
    [NETLINK_FIREWALL] = { .lacking = "no kernel since 3.5 has it" },
    [NETLINK_NFLOG] = { .lacking = "no kernel since 3.17 has it: use netfilter" },
    [NETLINK_XFRM] = { .lacking = "needs a kernel with CONFIG_XFRM_USER, module xfrm_user" },
    [NETLINK_SELINUX] = { .lacking = "needs a kernel with CONFIG_SECURITY_SELINUX" },
    [NETLINK_ISCSI] = { .lacking =
                            "needs a kernel with CONFIG_SCSI_ISCSI_ATTRS, module scsi_transport_iscsi" },
    [NETLINK_AUDIT] = { .lacking = "needs a kernel with CONFIG_AUDIT" },
    [NETLINK_FIB_LOOKUP] = { .lacking = "needs a kernel with CONFIG_INET" },
    [NETLINK_CONNECTOR] = { .lacking = "needs a kernel with CONFIG_CONNECTOR, module cn" },
    [NETLINK_NETFILTER] = { .lacking = "needs a kernel with CONFIG_NETFILTER_NETLINK, module nfnetlink" },
    [NETLINK_IP6_FW] = { .lacking = "no kernel since 3.5 has it" },
    [NETLINK_DNRTMSG] = { .lacking = "no kernel since 6.1 has it" },
    [NETLINK_KOBJECT_UEVENT] = { .groups = "kernel" },
    [NETLINK_SCSITRANSPORT] = { .lacking = "needs a kernel with CONFIG_SCSI_NETLINK, module scsi_mod" },
    [NETLINK_ECRYPTFS] = { .lacking = "no kernel since 2.6.28 has it" },
    [NETLINK_RDMA] = { .lacking = "needs a kernel with CONFIG_INFINIBAND, module ib_core" },
    [NETLINK_CRYPTO] = { .lacking = "needs a kernel with CONFIG_CRYPTO_USER, module crypto_user" },
    [NETLINK_SMC] = { .lacking = "no kernel has it: use sock-diag, or generic (SMC_GEN_NETLINK), "
                                 "which need CONFIG_SMC, modules smc and smc_diag" },
};

enum { FACTS = sizeof facts / sizeof facts[0] };

/* The groups of protocols that have few and lasting ones; those of generic are numbered as families come. */
static const struct {
    int protocol;
    const char *name;
    unsigned group;
} groups[] = {
    { NETLINK_ROUTE, "link", RTNLGRP_LINK },
    { NETLINK_ROUTE, "notify", RTNLGRP_NOTIFY },
    { NETLINK_ROUTE, "neigh", RTNLGRP_NEIGH },
    { NETLINK_ROUTE, "tc", RTNLGRP_TC },
    { NETLINK_ROUTE, "ipv4-ifaddr", RTNLGRP_IPV4_IFADDR },
    { NETLINK_ROUTE, "ipv4-mroute", RTNLGRP_IPV4_MROUTE },
    { NETLINK_ROUTE, "ipv4-route", RTNLGRP_IPV4_ROUTE },
    { NETLINK_ROUTE, "ipv4-rule", RTNLGRP_IPV4_RULE },
    { NETLINK_ROUTE, "ipv6-ifaddr", RTNLGRP_IPV6_IFADDR },
    { NETLINK_ROUTE, "ipv6-mroute", RTNLGRP_IPV6_MROUTE },
    { NETLINK_ROUTE, "ipv6-route", RTNLGRP_IPV6_ROUTE },
    { NETLINK_ROUTE, "ipv6-ifinfo", RTNLGRP_IPV6_IFINFO },
    { NETLINK_ROUTE, "ipv6-prefix", RTNLGRP_IPV6_PREFIX },
    { NETLINK_ROUTE, "ipv6-rule", RTNLGRP_IPV6_RULE },
    { NETLINK_ROUTE, "nd-useropt", RTNLGRP_ND_USEROPT },
    { NETLINK_ROUTE, "dcb", RTNLGRP_DCB },
    { NETLINK_ROUTE, "ipv4-netconf", RTNLGRP_IPV4_NETCONF },
    { NETLINK_ROUTE, "ipv6-netconf", RTNLGRP_IPV6_NETCONF },
    { NETLINK_ROUTE, "mdb", RTNLGRP_MDB },
    { NETLINK_ROUTE, "mpls-route", RTNLGRP_MPLS_ROUTE },
    { NETLINK_ROUTE, "nsid", RTNLGRP_NSID },
    { NETLINK_ROUTE, "mpls-netconf", RTNLGRP_MPLS_NETCONF },
    { NETLINK_ROUTE, "ipv4-mroute-r", RTNLGRP_IPV4_MROUTE_R },
    { NETLINK_ROUTE, "ipv6-mroute-r", RTNLGRP_IPV6_MROUTE_R },
    { NETLINK_ROUTE, "nexthop", RTNLGRP_NEXTHOP },
    { NETLINK_ROUTE, "brvlan", RTNLGRP_BRVLAN },
    { NETLINK_ROUTE, "phonet-ifaddr", RTNLGRP_PHONET_IFADDR },
    { NETLINK_ROUTE, "phonet-route", RTNLGRP_PHONET_ROUTE },
    /* Younger than many headers: since Linux 5.15 and 5.18 */
    { NETLINK_ROUTE, "mctp-ifaddr", 34 },
    { NETLINK_ROUTE, "tunnel", 35 },
    { NETLINK_ROUTE, "stats", 36 },
    /* linux/cn_proc.h: what becomes of processes; linux/genetlink.h: what becomes of families */
    { NETLINK_CONNECTOR, "proc", 1 },
    { NETLINK_GENERIC, "nlctrl", 16 },
    /* linux/inet_diag.h */
    { NETLINK_SOCK_DIAG, "inet-tcp-destroy", 1 },
    { NETLINK_SOCK_DIAG, "inet-udp-destroy", 2 },
    { NETLINK_SOCK_DIAG, "inet6-tcp-destroy", 3 },
    { NETLINK_SOCK_DIAG, "inet6-udp-destroy", 4 },
    /* linux/xfrm.h */
    { NETLINK_XFRM, "acquire", 1 },
    { NETLINK_XFRM, "expire", 2 },
    { NETLINK_XFRM, "sa", 3 },
    { NETLINK_XFRM, "policy", 4 },
    { NETLINK_XFRM, "aevents", 5 },
    { NETLINK_XFRM, "report", 6 },
    { NETLINK_XFRM, "migrate", 7 },
    { NETLINK_XFRM, "mapping", 8 },
    /* linux/netfilter/nfnetlink.h */
    { NETLINK_NETFILTER, "conntrack-new", 1 },
    { NETLINK_NETFILTER, "conntrack-update", 2 },
    { NETLINK_NETFILTER, "conntrack-destroy", 3 },
    { NETLINK_NETFILTER, "conntrack-exp-new", 4 },
    { NETLINK_NETFILTER, "conntrack-exp-update", 5 },
    { NETLINK_NETFILTER, "conntrack-exp-destroy", 6 },
    { NETLINK_NETFILTER, "nftables", 7 },
    { NETLINK_NETFILTER, "acct-quota", 8 },
    { NETLINK_NETFILTER, "nftrace", 9 },
    /* linux/audit.h, linux/selinux_netlink.h */
    { NETLINK_AUDIT, "readlog", 1 },
    { NETLINK_SELINUX, "avc", 1 },
    /* lib/kobject_uevent.c: what the kernel says; 2 is where udev passes it on */
    { NETLINK_KOBJECT_UEVENT, "kernel", 1 },
    { NETLINK_KOBJECT_UEVENT, "udev", 2 },
};

enum { GROUPS = sizeof groups / sizeof groups[0] };

static int
netlink_protocol_find(const char *name)
{
    if (strncasecmp(name, "NETLINK_", 8) == 0)
        name += 8;
    int number = protocol_number(protocols, name);
    return number >= 0 ? number : protocol_number(rare_protocols, name);
}

static const char *
netlink_protocol_name(const struct type *type, int protocol)
{
    const char *name = protocol_name(protocols, protocol);
    name = name ? name : protocol_name(rare_protocols, protocol);
    return name ? name : type->name;
}

static const char *
netlink_lacking(const struct type *type, int protocol, int error)
{
    (void)type;
    if (error != EPROTONOSUPPORT)
        return NULL;
    const char *lacking = protocol < FACTS ? facts[protocol].lacking : NULL;
    return lacking ? lacking : "nothing in this kernel, and none of its modules, has opened it";
}

/* Name the groups that the protocol has; dots stand for those that there is no room for. */
static int
group_fault(int protocol, const char *word, size_t length, struct fault *fault)
{
    char why[sizeof fault->why] = "a group is a number from 1 to 65535";
    const char *before = ", or ";
    bool fits = true;
    for (size_t i = 0; i < GROUPS && fits; i++) {
        if (groups[i].protocol != protocol)
            continue;
        fits = strlen(why) + strlen(before) + strlen(groups[i].name) + sizeof " ..." <= sizeof why;
        text_add(why, sizeof why, "%s%s", fits ? before : " ", fits ? groups[i].name : "...");
        before = " ";
    }
    return fault_say(fault, STATUS_USAGE, why, "group %.*s", (int)(length > 0 ? length : 2),
                     length > 0 ? word : "\"\"");
}

int
netlink_group(int protocol, const char *words, unsigned *group, const char **rest, struct fault *fault)
{
    size_t length = strcspn(words, ",");
    *rest = words + length + (words[length] == ',' && words[length + 1] != '\0');
    if (protocol == NETLINK_ROUTE && length > 8 && strncasecmp(words, "RTNLGRP_", 8) == 0) {
        words += 8;
        length -= 8;
    }
    for (size_t i = 0; i < GROUPS; i++) {
        if (groups[i].protocol == protocol && name_equals(words, length, groups[i].name)) {
            *group = groups[i].group;
            return 0;
        }
    }
    char word[GROUP_NAME_MAX];
    (void)snprintf(word, sizeof word, "%.*s", (int)length, words);
    int64_t number = 0;
    if (length >= sizeof word || number_whole(word, NUMBER_DECIMAL_OR_HEX, &number) != NUMBER_FOUND ||
        number < 1 || number > GROUP_MAX)
        return group_fault(protocol, words, length, fault);
    *group = (unsigned)number;
    return 0;
}

/* The groups to hear, in words. */
static const char *
groups_of(const struct resolve_query *query)
{
    if (query->groups)
        return query->groups;
    const char *usual = query->protocol < FACTS ? facts[query->protocol].groups : NULL;
    return usual ? usual : "";
}

static int
check_groups(const struct resolve_query *query, struct fault *fault)
{
    unsigned group;
    for (const char *rest = groups_of(query); *rest;)
        if (netlink_group(query->protocol, rest, &group, &rest, fault) < 0)
            return -1;
    return 0;
}

static int
netlink_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *word = query->target.host ? query->target.host : kernel;
    int64_t port = 0;
    bool is_port = strcasecmp(word, kernel) == 0 ||
                   (number_whole(word, NUMBER_DECIMAL_OR_HEX, &port) == NUMBER_FOUND && port <= UINT32_MAX);
    if (!is_port)
        return fault_say(fault, STATUS_USAGE, "a port is a number from 0 to 4294967295; kernel is 0",
                         "port %s", *word ? word : "\"\"");
    if (check_groups(query, fault) < 0)
        return -1;
    const struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = (uint32_t)port };
    *address = (struct address){ .length = sizeof name };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

static struct sockaddr_nl
name_of(const struct address *address)
{
    struct sockaddr_nl name;
    memcpy(&name, &address->name, sizeof name);
    return name;
}

static void
netlink_format(const struct address *address, struct address_text *text)
{
    uint32_t port = name_of(address).nl_pid;
    text->port[0] = '\0';
    if (port == 0)
        (void)snprintf(text->host, sizeof text->host, "%s", kernel);
    else
        (void)snprintf(text->host, sizeof text->host, "%u", (unsigned)port);
}

/* The groups in the address of a message's sender are those that it was sent to. */
static bool
netlink_same(const struct address *a, const struct address *b)
{
    return name_of(a).nl_pid == name_of(b).nl_pid;
}

/* Groups of most protocols are for everybody; for the others netlink(7) and audit_multicast_bind want a privilege. */
static int
join_fault(int protocol, const char *word, enum status status, struct fault *fault)
{
    const char *capability = protocol == NETLINK_AUDIT ? "audit_read" : "net_admin";
    bool is_refused = errno == EPERM;
    (void)fault_set(fault, status, "group %.*s", (int)strcspn(word, ","), word);
    if (is_refused)
        fault_add(fault, "; needs root, or this capability: setcap cap_%s+ep $(command -v skt)", capability);
    return -1;
}

/* NETLINK_ADD_MEMBERSHIP and not the bits of the address, which end at group 32 (netlink(7)). */
static int
netlink_join(int fd, const struct resolve_query *query, enum status status, struct fault *fault)
{
    for (const char *rest = groups_of(query); *rest;) {
        const char *word = rest;
        unsigned group;
        if (netlink_group(query->protocol, rest, &group, &rest, fault) < 0)
            return -1;
        if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
            return join_fault(query->protocol, word, status, fault);
    }
    return 0;
}

const struct domain netlink_domain = {
    .name = "netlink",
    .aliases = "route",
    .family = AF_NETLINK,
    .types = types,
    .address_optional = true,
    .has_groups = true,
    .operands = "[PORT]",
    .help = "messages to and from the kernel",
    .read = netlink_read,
    .format = netlink_format,
    .protocol_name = netlink_protocol_name,
    .protocol_find = netlink_protocol_find,
    .protocols = protocols,
    .lacking = netlink_lacking,
    .join = netlink_join,
    .same = netlink_same,
};
