#include "domain/type.h"

#include "domain/name.h"
#include <sys/socket.h>

const struct type stream_type = {
    .name = "stream",
    .value = SOCK_STREAM,
    .accepts = true,
    .urgent = true,
    .half_closes = true,
    .reconnects = true,
    .help = "a connection that carries bytes in order",
};

const struct type dgram_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .help = "messages without a connection",
};

const struct type seqpacket_type = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .accepts = true,
    .half_closes = true,
    .help = "a connection that carries messages in order",
};

const struct type raw_type = {
    .name = "raw",
    .value = SOCK_RAW,
    .unit = UNIT_MESSAGES,
    .help = "packets of one protocol, with or without their headers",
};

const struct type rdm_type = {
    .name = "rdm",
    .value = SOCK_RDM,
    .unit = UNIT_MESSAGES,
    .help = "messages that arrive, in any order, without a connection",
};

const struct type dccp_type = {
    .name = "dccp",
    .value = 6, /* SOCK_DCCP, which not every libc has */
    .unit = UNIT_MESSAGES,
    .accepts = true,
    .no_empty = true, /* one reads as the end does */
    .has_service = true,
    .help = "a connection that carries messages, some of which may be lost",
};

const struct type packet_type = {
    .name = "packet",
    .value = 10, /* SOCK_PACKET, which libc marks as obsolete */
    .unit = UNIT_MESSAGES,
    .help = "whole frames of a network device, the old way",
};

const struct type bare_dgram_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .no_flags = MSG_NOSIGNAL,
    .help = "messages without a connection",
};

const struct type bare_raw_type = {
    .name = "raw",
    .value = SOCK_RAW,
    .unit = UNIT_MESSAGES,
    .no_flags = MSG_NOSIGNAL,
    .help = "messages with their headers",
};

const struct type *const type_rows[] = {
    &stream_type, &dgram_type, &seqpacket_type, &raw_type, &rdm_type, &dccp_type, &packet_type, NULL,
};

const struct type *
type_find(const char *name)
{
    static const char *const prefixes[] = { "SOCK_", NULL };
    for (const struct type *const *type = type_rows; *type; type++) {
        if (name_matches(name, prefixes, (*type)->name, "", (*type)->value))
            return *type;
    }
    return NULL;
}

bool
type_is_plain(const struct type *type)
{
    return type->unit == UNIT_BYTES && type->half_closes && type->end_error == 0;
}

bool
type_closes_plainly(const struct type *type)
{
    return type_is_plain(type) && !type->shuts_both && !type->unread_lost;
}
