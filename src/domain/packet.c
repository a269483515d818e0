#include "domain/packet.h"

#include "base/fd.h"
#include "base/hex.h"
#include "domain/ethernet_type.h"
#include "domain/interface.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h> /* netpacket/packet.h has no struct sockaddr_pkt */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* linux/if_packet.h of Linux 4.20 */
#endif

static const char any[] = "any";

/* Where one word is cut: INTERFACE and, behind a slash, MAC. */
struct word {
    const char *interface;
    size_t length;   /* of interface; 0: any */
    const char *mac; /* NULL: none */
};

/* The largest of both kinds of address; a copy, because a sockaddr_storage may not be looked at as another. */
union packet_name {
    struct sockaddr_ll frames;
    struct sockaddr_pkt old;
};

static const struct type packet_dgram_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .addressed = true,
    .help = "frames of an interface, whose headers the kernel makes",
};

static const struct type packet_raw_type = {
    .name = "raw",
    .value = SOCK_RAW,
    .unit = UNIT_MESSAGES,
    .addressed = true,
    .help = "whole frames of an interface",
};

static const struct type packet_old_type = {
    .name = "packet",
    .value = 10, /* SOCK_PACKET, see type.c */
    .unit = UNIT_MESSAGES,
    .addressed = true,
    .help = "whole frames of an interface, the old way",
};

/* Whole Ethernet frames, or what is within them: DLT_EN10MB and DLT_RAW of pcap-linktype(7). */
static int
packet_filter_link(const struct type *type)
{
    return type->value == SOCK_DGRAM ? 12 : 1;
}

static const struct type *const types[] = { &packet_raw_type, &packet_dgram_type, &packet_old_type, NULL };

static const char *
packet_protocol_name(const struct type *type, int protocol)
{
    const char *name = ethernet_type_name(protocol);
    return name ? name : type->name;
}

/*
 * None at socket(2): from there to bind(2) frames of every interface would come in (packet(7)). bind names the
 * type as well; only SOCK_PACKET's bind cannot.
 */
static int
packet_socket_protocol(const struct type *type, int protocol)
{
    return type->value == packet_old_type.value ? htons((uint16_t)(protocol ? protocol : ETH_P_ALL)) : 0;
}

static int
word_fault(const char *word, const char *why, struct fault *fault)
{
    return fault_say(fault, STATUS_USAGE, why, "address %s", word && *word ? word : "\"\"");
}

/* Read INTERFACE[/MAC] without asking whether there is such an interface. */
static int
read_word(const struct resolve_query *query, struct word *word, unsigned char mac[ETH_ALEN],
          struct fault *fault)
{
    const char *text = query->target.host;
    if (!text || *text == '\0')
        return word_fault(text, "an interface is needed: INTERFACE, INTERFACE/MAC or any", fault);
    *word = (struct word){ .interface = text, .length = strcspn(text, "/") };
    if (text[word->length] == '/')
        word->mac = text + word->length + 1;
    if (interface_check(text, word->length, fault) < 0)
        return -1;
    size_t count = 0;
    const char *problem;
    if (word->mac &&
        (query->type->value == packet_old_type.value ||
         hex_read(word->mac, strlen(word->mac), mac, ETH_ALEN, &count, &problem) < 0 || count != ETH_ALEN))
        return word_fault(text,
                          query->type->value == packet_old_type.value
                              ? "frames of this type bring their own MAC address: INTERFACE is enough"
                              : "a MAC address is 6 bytes in hexadecimal: eth0/02:00:00:00:00:01",
                          fault);
    if (strcmp(text, any) == 0)
        word->length = 0;
    return 0;
}

static int
packet_check(const struct resolve_query *query, struct fault *fault)
{
    struct word word;
    unsigned char mac[ETH_ALEN];
    if (read_word(query, &word, mac, fault) < 0)
        return -1;
    bool connects = query->purpose == PURPOSE_CONNECT;
    if (query->purpose == PURPOSE_SOURCE)
        return word_fault(query->target.host, "frames come from the interface that is the operand", fault);
    if (word.length == 0 && connects)
        return word_fault(any, "can only be listened on: frames leave through one interface", fault);
    if (word.length == 0 && query->promiscuous)
        return word_fault(any, "--promiscuous is for one interface", fault);
    if (query->type->value == packet_old_type.value && word.length >= sizeof((struct sockaddr *)0)->sa_data)
        return word_fault(query->target.host, "type packet takes names of at most 13 characters", fault);
    if (connects && query->type->value == SOCK_DGRAM &&
        (query->protocol == 0 || query->protocol == ETH_P_ALL))
        return fault_say(fault, STATUS_USAGE, "needs an Ethernet type to send, such as --protocol 0x88b5",
                         "type dgram");
    return 0;
}

/* The address of SOCK_PACKET: a name. The family has to be ours, though the kernel puts the device's kind there. */
static socklen_t
old_name(const struct word *word, int protocol, union packet_name *name)
{
    name->old = (struct sockaddr_pkt){
        .spkt_family = AF_PACKET,
        .spkt_protocol = htons((uint16_t)(protocol ? protocol : ETH_P_ALL)),
    };
    (void)snprintf((char *)name->old.spkt_device, sizeof name->old.spkt_device, "%.*s",
                   word->length > 0 ? (int)word->length : (int)strlen(any),
                   word->length > 0 ? word->interface : any);
    return sizeof name->old;
}

static int
packet_resolve(const struct resolve_query *query, struct address_list *list, struct fault *fault)
{
    struct word word;
    unsigned char mac[ETH_ALEN];
    int index = 0;
    memset(mac, 0xff, sizeof mac); /* to all, unless the word says to whom */
    if (packet_check(query, fault) < 0 || read_word(query, &word, mac, fault) < 0 ||
        (word.length > 0 && interface_index(word.interface, word.length, &index, fault) < 0))
        return -1;
    union packet_name name;
    socklen_t length = sizeof name.frames;
    memset(&name, 0, sizeof name);
    name.frames.sll_family = AF_PACKET;
    name.frames.sll_protocol = htons((uint16_t)(query->protocol ? query->protocol : ETH_P_ALL));
    name.frames.sll_ifindex = index;
    name.frames.sll_halen = ETH_ALEN;
    memcpy(name.frames.sll_addr, mac, sizeof mac);
    if (query->type->value == packet_old_type.value)
        length = old_name(&word, query->protocol, &name);
    if (address_list_add(list, (const struct sockaddr *)&name, length) < 0)
        return fault_set(fault, STATUS_LOCAL, "list of addresses");
    return 0;
}

/* SOCK_PACKET's addresses are shorter; that they are of AF_PACKET is not sure (packet(7), spkt_family). */
static bool
is_old(const struct address *address)
{
    return address->length < sizeof(struct sockaddr_ll);
}

static union packet_name
name_of(const struct address *address)
{
    union packet_name name;
    memset(&name, 0, sizeof name);
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    name.old.spkt_device[sizeof name.old.spkt_device - 1] &= (unsigned char)(is_old(address) ? 0 : 0xff);
    return name;
}

static bool
is_broadcast(const struct sockaddr_ll *frames)
{
    static const unsigned char broadcast[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    return frames->sll_halen == ETH_ALEN && memcmp(frames->sll_addr, broadcast, ETH_ALEN) == 0;
}

static void
packet_format(const struct address *address, struct address_text *text)
{
    const union packet_name name = name_of(address);
    text->port[0] = '\0';
    if (is_old(address)) {
        (void)snprintf(text->host, sizeof text->host, "%s", (const char *)name.old.spkt_device);
        return;
    }
    interface_name(name.frames.sll_ifindex, text->host, sizeof text->host);
    if (name.frames.sll_halen != ETH_ALEN || is_broadcast(&name.frames))
        return;
    for (size_t i = 0; i < ETH_ALEN; i++) {
        size_t used = strlen(text->host);
        (void)snprintf(text->host + used, sizeof text->host - used, "%c%02x", i == 0 ? '/' : ':',
                       name.frames.sll_addr[i]);
    }
}

/* The same interface and the same station; what else the kernel tells differs from frame to frame. */
static bool
packet_same(const struct address *a, const struct address *b)
{
    const union packet_name one = name_of(a), other = name_of(b);
    if (is_old(a) || is_old(b))
        return is_old(a) == is_old(b) &&
               strncmp((const char *)one.old.spkt_device, (const char *)other.old.spkt_device,
                       sizeof one.old.spkt_device) == 0;
    return one.frames.sll_ifindex == other.frames.sll_ifindex &&
           one.frames.sll_halen == other.frames.sll_halen &&
           memcmp(one.frames.sll_addr, other.frames.sll_addr, sizeof one.frames.sll_addr) == 0;
}

/*
 * Our own frames do not come back where all Ethernet types are heard. Before Linux 4.20 they do. SOCK_PACKET
 * never hears them.
 */
static int
packet_prepare(int fd, const struct type *type, int protocol, enum status status, struct fault *fault)
{
    (void)protocol;
    const int on = 1;
    if (type->value == packet_old_type.value ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) == 0 || errno == ENOPROTOOPT)
        return 0;
    return fault_set(fault, status, "socket option PACKET_IGNORE_OUTGOING");
}

/*
 * bind(2) to the interface. SOCK_PACKET wants a plain struct sockaddr with nothing but a name, hears every
 * interface until then, and forever if it is not bound: what has come in so far is thrown away.
 */
static int
bind_to_interface(int fd, const struct address *address)
{
    if (!is_old(address))
        return bind(fd, (const struct sockaddr *)&address->name, address->length);
    const union packet_name name = name_of(address);
    struct sockaddr plain = { .sa_family = AF_PACKET };
    _Static_assert(sizeof plain.sa_data == sizeof name.old.spkt_device, "a name is 13 characters and a zero");
    memcpy(plain.sa_data, name.old.spkt_device, sizeof plain.sa_data);
    if (strcmp(plain.sa_data, any) == 0)
        return 0;
    if (bind(fd, &plain, sizeof plain) < 0)
        return -1;
    char byte;
    while (recv(fd, &byte, sizeof byte, MSG_DONTWAIT) >= 0)
        continue;
    return 0;
}

static int
packet_connect(int fd, const struct type *type, const struct address *remote)
{
    (void)type;
    return bind_to_interface(fd, remote);
}

static int
packet_bind(int fd, const struct address *address, mode_t mode, struct binding *binding, enum status status,
            struct fault *fault)
{
    (void)mode; /* no files here */
    if (bind_to_interface(fd, address) < 0)
        return domain_bind_fault(&packet_domain, address, status, fault);
    *binding = (struct binding){ .address = *address };
    return 0;
}

/* Promiscuous mode lasts as long as the socket (packet(7)). */
static int
packet_join(int fd, const struct resolve_query *query, enum status status, struct fault *fault)
{
    if (!query->promiscuous)
        return 0;
    struct word word;
    unsigned char mac[ETH_ALEN];
    int index = 0;
    if (read_word(query, &word, mac, fault) < 0 ||
        interface_index(word.interface, word.length, &index, fault) < 0)
        return -1;
    const struct packet_mreq membership = { .mr_ifindex = index, .mr_type = PACKET_MR_PROMISC };
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) < 0)
        return fault_set(fault, status, "promiscuous mode of %.*s", (int)word.length, word.interface);
    return 0;
}

static bool
packet_clear_errors(int fd, const struct type *type)
{
    (void)type;
    fd_clear_errors(fd);
    return true;
}

/* Without its header a frame is as large as the interface's MTU; with it, that depends on the kind of interface. */
static size_t
packet_message_max(int fd, const struct type *type)
{
    struct address end = { .length = sizeof end.name };
    if (type->value != SOCK_DGRAM || getsockname(fd, (struct sockaddr *)&end.name, &end.length) < 0)
        return SIZE_MAX;
    const union packet_name name = name_of(&end);
    struct ifreq request = { .ifr_ifindex = name.frames.sll_ifindex };
    if (name.frames.sll_ifindex == 0 || /* its name where the socket is, which may not be where we are */
        ioctl(fd, SIOCGIFNAME, &request) < 0 || ioctl(fd, SIOCGIFMTU, &request) < 0 || request.ifr_mtu <= 0)
        return SIZE_MAX;
    return (size_t)request.ifr_mtu;
}

const struct domain packet_domain = {
    .name = "packet",
    .aliases = "",
    .family = AF_PACKET,
    .kernel = "CONFIG_PACKET, module af_packet",
    .types = types,
    .has_interface = true,
    .filter_link = packet_filter_link,
    .operands = "INTERFACE[/MAC]",
    .help = "frames of a network interface",
    .check = packet_check,
    .resolve = packet_resolve,
    .format = packet_format,
    .protocol_name = packet_protocol_name,
    .protocol_find = ethernet_type_find,
    .protocols = ethernet_types,
    .socket_protocol = packet_socket_protocol,
    .prepare = packet_prepare,
    .connect = packet_connect,
    .bind = packet_bind,
    .join = packet_join,
    .clear_errors = packet_clear_errors,
    .message_max = packet_message_max,
    .same = packet_same,
};
