#include "domain/other.h"

#include "base/hex.h"
#include <stdio.h>
#include <string.h>

static const char prefix[] = "hex:";

enum {
    PREFIX_SIZE = sizeof prefix - 1,
    FAMILY_SIZE = sizeof(sa_family_t),
    BYTES_MAX = sizeof(struct sockaddr_storage) - FAMILY_SIZE,
};

static int
other_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *word = query->target.host;
    if (!word || strncmp(word, prefix, PREFIX_SIZE) != 0)
        return fault_say(fault, STATUS_USAGE, "an address of a domain without a row is hex:BYTES",
                         "address %s", word ? word : "\"\"");
    unsigned char bytes[BYTES_MAX];
    size_t count = 0;
    const char *problem = "";
    if (hex_read(word + PREFIX_SIZE, strlen(word) - PREFIX_SIZE, bytes, sizeof bytes, &count, &problem) < 0)
        return fault_say(fault, STATUS_USAGE, problem, "address %s", word);
    *address = (struct address){ .length = (socklen_t)(FAMILY_SIZE + count) };
    address->name.ss_family = (sa_family_t)query->family;
    memcpy((char *)&address->name + FAMILY_SIZE, bytes, count);
    return 0;
}

static void
other_format(const struct address *address, struct address_text *text)
{
    size_t size = address->length > FAMILY_SIZE ? address->length - FAMILY_SIZE : 0;
    (void)snprintf(text->host, sizeof text->host, "%s", prefix);
    (void)hex_write((const char *)&address->name + FAMILY_SIZE, size, text->host + PREFIX_SIZE,
                    sizeof text->host - PREFIX_SIZE);
    text->port[0] = '\0';
}

static const struct type *const types[] = {
    &stream_type, &dgram_type, &seqpacket_type, &raw_type, &rdm_type, &dccp_type, &packet_type, NULL,
};

const struct domain other_domain = {
    .name = "other",
    .aliases = "",
    .family = -1,
    .types = types,
    .operands = "hex:BYTES",
    .help = "a family without a name here, by its number",
    .read = other_read,
    .format = other_format,
};
