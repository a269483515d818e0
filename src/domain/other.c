#include "domain/other.h"

#include "base/hex.h"
#include "base/number.h"
#include <stdio.h>
#include <string.h>

static const char prefix[] = "hex:";

enum {
    PREFIX_SIZE = sizeof prefix - 1,
    FAMILY_SIZE = sizeof(sa_family_t),
    BYTES_MAX = sizeof(struct sockaddr_storage) - FAMILY_SIZE,
};

/* linux/socket.h; those that a row has are found there first. */
const struct other_name other_names[] = {
    { "netrom", 6 },      { "rose", 11 },      { "key", 15 },   { "atmsvc", 20 }, { "pppox", 24 },
    { "iucv", 32 },       { "bluetooth", 31 }, { "rxrpc", 33 }, { "isdn", 34 },   { "phonet", 35 },
    { "ieee802154", 36 }, { "caif", 37 },      { "alg", 38 },   { "nfc", 39 },    { "kcm", 41 },
    { "smc", 43 },        { "xdp", 44 },       { "mctp", 45 },  { NULL, 0 },
};

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

static const struct type *const types[] = {
    &stream_type, &dgram_type, &seqpacket_type, &raw_type, &rdm_type, &dccp_type, &packet_type, NULL,
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
