#include "domain/other.h"

#include "base/hex.h"
#include "base/number.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static const char prefix[] = "hex:";

enum {
    PREFIX_SIZE = sizeof prefix - 1,
    FAMILY_SIZE = sizeof(sa_family_t),
    BYTES_MAX = sizeof(struct sockaddr_storage) - FAMILY_SIZE,
};

/* linux/socket.h; those that a row has are found there first. */
const struct other_name other_names[] = {
    { "netrom", 6, "CONFIG_NETROM, module netrom, in the first network namespace" },
    { "rose", 11, "CONFIG_ROSE, module rose, in the first network namespace" },
    { "key", 15, "CONFIG_NET_KEY, module af_key" },
    { "atmsvc", 20, "CONFIG_ATM, module atm, in the first network namespace" },
    { "pppox", 24, "CONFIG_PPPOE, module pppox" },
    { "iucv", 32, "CONFIG_AFIUCV, module af_iucv" },
    { "bluetooth", OTHER_BLUETOOTH, "CONFIG_BT, module bluetooth" },
    { "rxrpc", 33, "CONFIG_AF_RXRPC, module rxrpc" },
    { "isdn", 34, "CONFIG_MISDN, module mISDN_core" },
    { "phonet", 35, "CONFIG_PHONET, module phonet" },
    { "ieee802154", 36, "CONFIG_IEEE802154_SOCKET, module ieee802154_socket" },
    { "caif", 37, "CONFIG_CAIF, module caif_socket" },
    { "alg", 38, "CONFIG_CRYPTO_USER_API, module af_alg" },
    { "nfc", 39, "CONFIG_NFC, module nfc" },
    { "kcm", 41, "CONFIG_AF_KCM, module kcm" },
    { "smc", 43, "CONFIG_SMC, module smc" },
    { "xdp", 44, "CONFIG_XDP_SOCKETS" },
    { "mctp", 45, "CONFIG_MCTP" },
    { NULL, 0, NULL },
};

const struct other_name *
other_name_of(int family)
{
    for (const struct other_name *other = other_names; other->name; other++) {
        if (other->family == family)
            return other;
    }
    return NULL;
}

/* BTPROTO_ of the kernel's net/bluetooth/bluetooth.h */
static const struct protocol bluetooth[] = {
    { "l2cap", 0 }, { "hci", 1 },  { "sco", 2 },   { "rfcomm", 3 }, { "bnep", 4 },
    { "cmtp", 5 },  { "hidp", 6 }, { "avdtp", 7 }, { "iso", 8 },    { NULL, 0 },
};

const struct protocol *
other_protocols(int family)
{
    return family == OTHER_BLUETOOTH ? bluetooth : NULL;
}

int
other_protocol_find(int family, const char *name)
{
    if (family != OTHER_BLUETOOTH)
        return -1;
    return protocol_number(bluetooth, strncasecmp(name, "BTPROTO_", 8) == 0 ? name + 8 : name);
}

/* NUMBER/ before the bytes. Returns what is behind it, or NULL if there is no good number before the stroke. */
static const char *
family_read(const char *text, sa_family_t *family)
{
    const char *stroke = strchr(text, '/');
    char digits[8];
    int64_t number = 0;
    if (!stroke)
        return text;
    (void)snprintf(digits, sizeof digits, "%.*s", (int)(stroke - text), text);
    if (number_whole(digits, NUMBER_DECIMAL, &number) != NUMBER_FOUND || number > OTHER_FAMILY_MAX)
        return NULL;
    *family = (sa_family_t)number;
    return stroke + 1;
}

static int
other_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *word = query->target.host;
    if (!word || strncmp(word, prefix, PREFIX_SIZE) != 0)
        return fault_say(fault, STATUS_USAGE, "an address of a domain without a row is hex:BYTES",
                         "address %s", word ? word : "\"\"");
    sa_family_t family = (sa_family_t)query->family;
    const char *text = family_read(word + PREFIX_SIZE, &family);
    if (!text)
        return fault_say(fault, STATUS_USAGE, "before / is the number of a family, 0 to 65535", "address %s",
                         word);
    unsigned char bytes[BYTES_MAX];
    size_t count = 0;
    const char *problem = "";
    if (hex_read(text, strlen(text), bytes, sizeof bytes, &count, &problem) < 0)
        return fault_say(fault, STATUS_USAGE, problem, "address %s", word);
    *address = (struct address){ .length = (socklen_t)(FAMILY_SIZE + count) };
    address->name.ss_family = family;
    memcpy((char *)&address->name + FAMILY_SIZE, bytes, count);
    return 0;
}

static void
other_format(const struct address *address, struct address_text *text)
{
    size_t size = address->length > FAMILY_SIZE ? address->length - FAMILY_SIZE : 0;
    int used = snprintf(text->host, sizeof text->host, "%s%u/", prefix, (unsigned)address->name.ss_family);
    (void)hex_write((const char *)&address->name + FAMILY_SIZE, size, text->host + used,
                    sizeof text->host - (size_t)used);
    text->port[0] = '\0';
}

/* As an operand beside the same --domain: a word that says the domain too has no place for its number. */
static void
other_spell(const struct address *address, const struct type *type, char *word, size_t size)
{
    (void)type;
    struct address_text text;
    other_format(address, &text);
    (void)snprintf(word, size, "%s", text.host);
}

/* NET/ROM and Rose refuse MSG_NOSIGNAL, which no family needs: SIGPIPE is ignored (base/loop.h). */
static const struct type record_type = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .no_flags = MSG_NOSIGNAL,
    .accepts = true,
    .half_closes = true,
    .help = "a connection that carries messages in order",
};

static const struct type *const types[] = {
    &stream_type, &dgram_type, &record_type, &raw_type, &rdm_type, &dccp_type, &packet_type, NULL,
};

const struct domain other_domain = {
    .name = "other",
    .aliases = "",
    .family = -1,
    .types = types,
    .operands = "hex:[NUMBER/]BYTES",
    .help = "a family without a row here, by its name or number",
    .read = other_read,
    .format = other_format,
    .spell = other_spell,
};
