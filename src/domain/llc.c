#include "domain/llc.h"

#include "base/fd.h"
#include "base/number.h"
#include "domain/interface.h"
#include <errno.h>
#include <linux/llc.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
    MAC_TEXT = 17,   /* characters of 02:00:00:00:00:0a */
    UI_HEADER = 3,   /* of a message: two SAPs and a control byte, IEEE 802.2 section 3.2 */
    INTERFACES = 64, /* as many are asked for an address */
};

static bool
read_mac(const char *text, size_t length, unsigned char *mac)
{
    unsigned part[IFHWADDRLEN];
    char copy[MAC_TEXT + 1];
    int used = 0;
    if (length != MAC_TEXT || strspn(text, "0123456789abcdefABCDEF:") < length)
        return false;
    (void)snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    int found = sscanf(copy, "%2x:%2x:%2x:%2x:%2x:%2x%n", &part[0], &part[1], &part[2], &part[3], &part[4],
                       &part[5], &used);
    for (int i = 0; i < IFHWADDRLEN && found == IFHWADDRLEN; i++)
        mac[i] = (unsigned char)part[i];
    return found == IFHWADDRLEN && used == MAC_TEXT;
}

/* All but the address of an interface: *interface is the length of its name, or 0. */
static int
llc_parse(const struct resolve_query *query, struct sockaddr_llc *name, size_t *interface,
          struct fault *fault)
{
    const char *word = query->target.host ? query->target.host : "";
    const char *slash = strchr(word, '/');
    int64_t sap = 0;
    *name = (struct sockaddr_llc){ .sllc_family = AF_LLC, .sllc_arphrd = ARPHRD_ETHER };
    if (!slash || number_whole(slash + 1, NUMBER_DECIMAL_OR_HEX, &sap) != NUMBER_FOUND || sap > UINT8_MAX)
        return fault_say(fault, STATUS_USAGE, "an address is MAC/SAP, as 02:00:00:00:00:0a/0x42",
                         "address %s", *word ? word : "\"\"");
    name->sllc_sap = (unsigned char)sap;
    size_t length = (size_t)(slash - word);
    bool is_mac = read_mac(word, length, name->sllc_mac);
    *interface = is_mac ? 0 : length;
    if (!is_mac && (query->purpose == PURPOSE_CONNECT || memchr(word, ':', length)))
        return fault_say(fault, STATUS_USAGE, "the other end is MAC/SAP, as 02:00:00:00:00:0a/0x42",
                         "address %s", word);
    if (sap == 0 && query->purpose == PURPOSE_CONNECT)
        return fault_say(fault, STATUS_USAGE, "SAP 0 can only be listened at", "address %s", word);
    return is_mac ? 0 : interface_check(word, length, fault);
}

static int
llc_check(const struct resolve_query *query, struct fault *fault)
{
    struct sockaddr_llc name;
    size_t interface;
    return llc_parse(query, &name, &interface, fault);
}

/* An interface by its name, with what an ioctl of netdevice(7) tells of it. Returns 0, or -1 and errno. */
static int
ask_interface(unsigned long request, struct ifreq *ask)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int result = ioctl(fd, request, ask);
    int error = errno;
    (void)fd_close(&fd); /* it only asked */
    errno = error;
    return result;
}

static int
llc_resolve(const struct resolve_query *query, struct address_list *list, struct fault *fault)
{
    struct sockaddr_llc name;
    size_t interface;
    if (llc_parse(query, &name, &interface, fault) < 0)
        return -1;
    if (interface > 0) {
        struct ifreq ask = { .ifr_flags = 0 };
        (void)snprintf(ask.ifr_name, sizeof ask.ifr_name, "%.*s", (int)interface, query->target.host);
        if (ask_interface(SIOCGIFHWADDR, &ask) < 0)
            return fault_set(fault, STATUS_LOOKUP, "lookup of interface %s", ask.ifr_name);
        if (ask.ifr_hwaddr.sa_family != ARPHRD_ETHER)
            return fault_say(fault, STATUS_LOOKUP, "not an Ethernet", "interface %s", ask.ifr_name);
        memcpy(name.sllc_mac, ask.ifr_hwaddr.sa_data, sizeof name.sllc_mac);
    }
    if (address_list_add(list, (const struct sockaddr *)&name, sizeof name) < 0)
        return fault_set(fault, STATUS_LOCAL, "list of addresses");
    return 0;
}

static struct sockaddr_llc
name_of(const struct address *address)
{
    struct sockaddr_llc name = { .sllc_family = AF_LLC };
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    return name;
}

static void
llc_format(const struct address *address, struct address_text *text)
{
    struct sockaddr_llc name = name_of(address);
    const unsigned char *mac = name.sllc_mac;
    (void)snprintf(text->host, sizeof text->host, "%02x:%02x:%02x:%02x:%02x:%02x/0x%02x", mac[0], mac[1],
                   mac[2], mac[3], mac[4], mac[5], name.sllc_sap);
    text->port[0] = '\0';
}

/* The kernel leaves some bytes of a name as they were. */
static bool
llc_same(const struct address *a, const struct address *b)
{
    struct sockaddr_llc x = name_of(a), y = name_of(b);
    return x.sllc_sap == y.sllc_sap && memcmp(x.sllc_mac, y.sllc_mac, sizeof x.sllc_mac) == 0;
}

/*
 * Of a socket that does not block, llc_ui_connect answers 0 once it has begun. Asked again, it begins anew, even where
 * the connection is there: so only a socket that is not on its way is asked. Only one that is connected has a peer's
 * name; of one that is on its way poll(2) says nothing at all, of any other that it could be written to or has hung up.
 */
static int
llc_connect(int fd, const struct type *type, const struct address *remote)
{
    struct sockaddr_llc peer;
    socklen_t size = sizeof peer;
    if (!type->accepts)
        return 0; /* every message says where it goes */
    struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
    if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0)
        return 0;
    errno = EINPROGRESS;
    if (poll(&poll_fd, 1, 0) == 0)
        return -1;
    bool began = connect(fd, (const struct sockaddr *)&remote->name, remote->length) == 0;
    if (!began && errno != EALREADY)
        return -1;
    if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0)
        return 0;
    errno = poll(&poll_fd, 1, 0) > 0 ? ECONNREFUSED : EINPROGRESS;
    return -1;
}

/* The MTU of the interface that has this address; 0: of none. */
static int
mtu_of(const unsigned char *mac)
{
    struct if_nameindex *all = if_nameindex();
    int mtu = 0;
    for (int i = 0; all && all[i].if_index != 0 && mtu == 0 && i < INTERFACES; i++) {
        struct ifreq ask = { .ifr_flags = 0 };
        (void)snprintf(ask.ifr_name, sizeof ask.ifr_name, "%s", all[i].if_name);
        bool is_it = ask_interface(SIOCGIFHWADDR, &ask) == 0 && ask.ifr_hwaddr.sa_family == ARPHRD_ETHER &&
                     memcmp(ask.ifr_hwaddr.sa_data, mac, IFHWADDRLEN) == 0;
        if (is_it && ask_interface(SIOCGIFMTU, &ask) == 0)
            mtu = ask.ifr_mtu;
    }
    if (all)
        if_freenameindex(all);
    return mtu;
}

/*
 * llc_ui_sendmsg sends no more than fits into a frame, and throws the rest away. (Before 2024 it counted the Ethernet
 * header in; then its short count tells.)
 */
static size_t
llc_message_max(int fd, const struct type *type)
{
    (void)type;
    struct address own = { .length = sizeof own.name };
    if (getsockname(fd, (struct sockaddr *)&own.name, &own.length) < 0)
        return SIZE_MAX;
    struct sockaddr_llc name = name_of(&own);
    int mtu = mtu_of(name.sllc_mac);
    return mtu > UI_HEADER ? (size_t)mtu - UI_HEADER : SIZE_MAX;
}

/* Of its streams llc_ui_shutdown knows SHUT_RDWR alone; and MSG_TRUNC makes llc_ui_recvmsg copy nothing. */
static const struct type llc_stream_type = {
    .name = "stream",
    .value = SOCK_STREAM,
    .accepts = true,
    .shuts_both = true,
    .no_flags = MSG_TRUNC,
    .help = "a connection that carries bytes in order (LLC type 2)",
};

static const struct type llc_dgram_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .addressed = true,
    .needs_source = true,
    .no_flags = MSG_TRUNC,
    .help = "messages of one frame each (LLC type 1)",
};

static const struct type *const types[] = { &llc_stream_type, &llc_dgram_type, NULL };

const struct domain llc_domain = {
    .name = "llc",
    .aliases = "",
    .family = AF_LLC,
    .kernel = "CONFIG_LLC2, module llc2, in the first network namespace",
    .types = types,
    .operands = "MAC/SAP",
    .help = "IEEE 802.2, between two Ethernet addresses",
    .check = llc_check,
    .resolve = llc_resolve,
    .format = llc_format,
    .connect = llc_connect,
    .message_max = llc_message_max,
    .same = llc_same,
};
