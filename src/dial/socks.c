/*
 * SOCKS 4 and 4A (Ying-Da Lee's two papers; there is no RFC), and SOCKS 5 (RFC 1928) with a user's name and password (RFC
 * 1929). A refusal counts as soon as its code is there: not every proxy sends the rest, and none of it is needed.
 */
#include "dial/proxy.h"

#include "domain/host.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum {
    SOCKS4_VERSION = 4,
    SOCKS4_GRANTED = 90,
    SOCKS5_VERSION = 5,
    SOCKS5_AUTH_VERSION = 1,
    SOCKS_CONNECT = 1,
    METHOD_NONE = 0,
    METHOD_PASSWORD = 2,
    METHOD_NO_ACCEPTABLE = 0xff,
    ATYP_IPV4 = 1,
    ATYP_NAME = 3,
    ATYP_IPV6 = 4,
};

/* A refusal in words, and whether it may get better: an errno that says so. */
struct refusal {
    int code;
    int error;
    const char *words;
};

static void
put_byte(struct proxy_talk *talk, int byte)
{
    const unsigned char one = (unsigned char)byte;
    proxy_put(talk, &one, 1);
}

static void
put_port(struct proxy_talk *talk)
{
    put_byte(talk, talk->port >> 8);
    put_byte(talk, talk->port & 0xff);
}

/* With the byte of its length before it. */
static void
put_counted(struct proxy_talk *talk, const char *text)
{
    size_t length = strlen(text);
    put_byte(talk, (int)length);
    proxy_put(talk, text, length);
}

static enum proxy_state
refuse(struct proxy_talk *talk, const struct refusal *refusals, size_t count, int code)
{
    for (size_t i = 0; i < count; i++)
        if (refusals[i].code == code)
            return proxy_fail(talk, refusals[i].error, "the proxy refused: %s", refusals[i].words);
    return proxy_fail(talk, EPROTO, "the proxy refused with code %d, which means nothing", code);
}

/* Its first byte tells. */
static enum proxy_state
is_no_socks(struct proxy_talk *talk)
{
    return proxy_fail(talk, EPROTO, "the answer is not one of %s: it begins with 0x%02x%s", talk->kind->name,
                      talk->in[0], talk->in[0] == 'H' ? ", as that of an HTTP proxy does" : "");
}

/* --- 4 and 4A ---------------------------------------------------------------------------------------------------- */

/* 4A: an address 0.0.0.x says that a name follows. */
static void
socks4_begin(struct proxy_talk *talk)
{
    static const unsigned char name_follows[] = { 0, 0, 0, 1 };
    struct host host;
    host_read(talk->host, &host);
    bool is_address = host.kind == HOST_IPV4 && (ntohl(host.ipv4.s_addr) >> 8) != 0;
    put_byte(talk, SOCKS4_VERSION);
    put_byte(talk, SOCKS_CONNECT);
    put_port(talk);
    proxy_put(talk, is_address ? (const void *)&host.ipv4 : name_follows, sizeof name_follows);
    if (talk->user)
        proxy_put(talk, talk->user, strlen(talk->user));
    put_byte(talk, '\0');
    if (is_address)
        return;
    size_t brackets = talk->host[0] == '[' ? 1 : 0;
    proxy_put(talk, talk->host + brackets, strlen(talk->host) - 2 * brackets);
    put_byte(talk, '\0');
}

static const struct refusal socks4_refusals[] = {
    { 91, EHOSTUNREACH, "rejected or failed" },
    { 92, EACCES, "it cannot reach an identd of ours" },
    { 93, EACCES, "identd says another user" },
};

/* Version 0, the code, and six bytes without a meaning. */
static enum proxy_state
socks4_take(struct proxy_talk *talk, unsigned char byte)
{
    enum { REPLY_SIZE = 8 };
    talk->in[talk->in_size++] = byte;
    if (talk->in[0] != 0)
        return is_no_socks(talk);
    if (talk->in_size >= 2 && talk->in[1] != SOCKS4_GRANTED)
        return refuse(talk, socks4_refusals, sizeof socks4_refusals / sizeof socks4_refusals[0], talk->in[1]);
    return talk->in_size < REPLY_SIZE ? PROXY_GOES_ON : PROXY_CONNECTED;
}

const struct proxy_kind proxy_socks4 = {
    .name = "socks4",
    .port = "1080",
    .only_ipv4 = true,
    .begin = socks4_begin,
    .take = socks4_take,
};

const struct proxy_kind proxy_socks4a = {
    .name = "socks4a",
    .port = "1080",
    .begin = socks4_begin,
    .take = socks4_take,
};

/* --- 5 ----------------------------------------------------------------------------------------------------------- */

enum { STAGE_METHOD, STAGE_PASSWORD, STAGE_CONNECT };

/* The next answer has so many bytes, as far as one knows. */
static enum proxy_state
next_stage(struct proxy_talk *talk, int stage, size_t wanted)
{
    talk->stage = stage;
    talk->in_size = 0;
    talk->wanted = wanted;
    return PROXY_GOES_ON;
}

static void
socks5_begin(struct proxy_talk *talk)
{
    put_byte(talk, SOCKS5_VERSION);
    put_byte(talk, talk->password ? 2 : 1);
    put_byte(talk, METHOD_NONE);
    if (talk->password)
        put_byte(talk, METHOD_PASSWORD);
    (void)next_stage(talk, STAGE_METHOD, 2);
}

static enum proxy_state
ask_to_connect(struct proxy_talk *talk)
{
    struct host host;
    host_read(talk->host, &host);
    put_byte(talk, SOCKS5_VERSION);
    put_byte(talk, SOCKS_CONNECT);
    put_byte(talk, 0);
    put_byte(talk, host.kind == HOST_IPV4 ? ATYP_IPV4 : host.kind == HOST_IPV6 ? ATYP_IPV6 : ATYP_NAME);
    if (host.kind == HOST_IPV4)
        proxy_put(talk, &host.ipv4, sizeof host.ipv4);
    else if (host.kind == HOST_IPV6)
        proxy_put(talk, &host.ipv6, sizeof host.ipv6);
    else
        put_counted(talk, talk->host);
    put_port(talk);
    return next_stage(talk, STAGE_CONNECT, 5);
}

static enum proxy_state
send_password(struct proxy_talk *talk)
{
    put_byte(talk, SOCKS5_AUTH_VERSION);
    put_counted(talk, talk->user);
    put_counted(talk, talk->password);
    return next_stage(talk, STAGE_PASSWORD, 2);
}

static enum proxy_state
take_method(struct proxy_talk *talk)
{
    int method = talk->in[1];
    if (method == METHOD_NONE)
        return ask_to_connect(talk);
    if (method == METHOD_PASSWORD && talk->password)
        return send_password(talk);
    if (method == METHOD_NO_ACCEPTABLE && !talk->password)
        return proxy_fail(talk, EACCES, "the proxy lets nobody in who does not authenticate (--proxy-auth)");
    if (method == METHOD_NO_ACCEPTABLE)
        return proxy_fail(talk, EACCES,
                          "the proxy knows no way to authenticate by a user's name and password");
    return proxy_fail(talk, EPROTO, "the proxy chose way %d to authenticate, which was not offered", method);
}

static const struct refusal socks5_refusals[] = {
    { 1, EHOSTUNREACH, "general failure" },
    { 2, EACCES, "not allowed by its rules" },
    { 3, ENETUNREACH, "network unreachable" },
    { 4, EHOSTUNREACH, "host unreachable" },
    { 5, ECONNREFUSED, "connection refused" },
    { 6, EHOSTUNREACH, "TTL expired" },
    { 7, EOPNOTSUPP, "it does not know how to connect" },
    { 8, EOPNOTSUPP, "it does not know this type of address" },
};

/* The address that the proxy connects from is of any type, and of no use to us; but we have to know where it ends. */
static enum proxy_state
take_address(struct proxy_talk *talk)
{
    enum { BEFORE = 4, AFTER = 2 };
    switch (talk->in[3]) {
    case ATYP_IPV4:
        talk->wanted = BEFORE + sizeof(struct in_addr) + AFTER;
        break;
    case ATYP_IPV6:
        talk->wanted = BEFORE + sizeof(struct in6_addr) + AFTER;
        break;
    case ATYP_NAME:
        talk->wanted = BEFORE + 1 + (size_t)talk->in[4] + AFTER;
        break;
    default:
        return proxy_fail(talk, EPROTO, "the proxy answered with an address of type %d, which there is not",
                          talk->in[3]);
    }
    return talk->in_size < talk->wanted ? PROXY_GOES_ON : PROXY_CONNECTED;
}

static enum proxy_state
socks5_take(struct proxy_talk *talk, unsigned char byte)
{
    talk->in[talk->in_size++] = byte;
    if (talk->stage != STAGE_PASSWORD && talk->in[0] != SOCKS5_VERSION)
        return is_no_socks(talk);
    if (talk->stage == STAGE_CONNECT && talk->in_size >= 2 && talk->in[1] != 0)
        return refuse(talk, socks5_refusals, sizeof socks5_refusals / sizeof socks5_refusals[0], talk->in[1]);
    if (talk->in_size < talk->wanted)
        return PROXY_GOES_ON;
    if (talk->stage == STAGE_METHOD)
        return take_method(talk);
    if (talk->stage == STAGE_CONNECT)
        return take_address(talk);
    /* of the version before it, there are two opinions among proxies */
    return talk->in[1] == 0
               ? ask_to_connect(talk)
               : proxy_fail(talk, EACCES, "the proxy did not accept the user's name and password");
}

const struct proxy_kind proxy_socks5 = {
    .name = "socks5",
    .port = "1080",
    .user_min = 1,
    .password_max = 255,
    .begin = socks5_begin,
    .take = socks5_take,
};
