#include "domain/type.h"

#include "domain/name.h"
#include <sys/socket.h>

const struct type type_rows[] = {
    { .name = "stream",
      .value = SOCK_STREAM,
      .bit = TYPE_STREAM,
      .unit = UNIT_BYTES,
      .accepts = true,
      .half_closes = true,
      .help = "a connection that carries bytes in order" },
    { .name = "dgram",
      .value = SOCK_DGRAM,
      .bit = TYPE_DGRAM,
      .unit = UNIT_MESSAGES,
      .help = "messages without a connection" },
    { .name = "seqpacket",
      .value = SOCK_SEQPACKET,
      .bit = TYPE_SEQPACKET,
      .unit = UNIT_MESSAGES,
      .accepts = true,
      .half_closes = true,
      .help = "a connection that carries messages in order" },
    { .name = "raw",
      .value = SOCK_RAW,
      .bit = TYPE_RAW,
      .unit = UNIT_MESSAGES,
      .help = "packets of one protocol, with or without their headers" },
    { .name = "rdm",
      .value = SOCK_RDM,
      .bit = TYPE_RDM,
      .unit = UNIT_MESSAGES,
      .help = "messages that arrive, in any order, without a connection" },
    { .name = "packet",
      .value = 10, /* SOCK_PACKET, which libc marks as obsolete */
      .bit = TYPE_PACKET,
      .unit = UNIT_MESSAGES,
      .help = "whole frames of a network device, the old way" },
    { .name = NULL },
};

const struct type *
type_find(const char *name)
{
    static const char *const prefixes[] = { "SOCK_", NULL };
    for (const struct type *type = type_rows; type->name; type++) {
        if (name_matches(name, prefixes, type->name, "", type->value))
            return type;
    }
    return NULL;
}

const struct type *
type_of(enum type_bit bit)
{
    for (const struct type *type = type_rows; type->name; type++) {
        if (type->bit == bit)
            return type;
    }
    return NULL;
}
