#include "dial/proxy.h"

#include "domain/host.h"
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct sockopt_word proxy_words[] = {
    { "socks5", PROXY_SOCKS5 },   { "socks5h", PROXY_SOCKS5 },
    { "socks4a", PROXY_SOCKS4A }, { "socks4", PROXY_SOCKS4 },
    { "http", PROXY_HTTP },       { "5", PROXY_SOCKS5 },
    { "4A", PROXY_SOCKS4A },      { "4", PROXY_SOCKS4 },
    { "connect", PROXY_HTTP },    { NULL, 0 },
};

const struct proxy_kind *
proxy_kind_of(int number)
{
    static const struct proxy_kind *const kinds[] = {
        [PROXY_SOCKS5] = &proxy_socks5,
        [PROXY_SOCKS4A] = &proxy_socks4a,
        [PROXY_SOCKS4] = &proxy_socks4,
        [PROXY_HTTP] = &proxy_http,
    };
    return kinds[number];
}

/* A zero would end SOCKS4's names, and a line end HTTP's headers. */
static bool
has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    }
    return false;
}

const char *
proxy_auth_problem(const struct proxy_kind *kind, const char *user, const char *password)
{
    if (user && (has_control(user) || (password && has_control(password))))
        return "a user's name or password has no control characters";
    if (user && strlen(user) > PROXY_USER_MAX)
        return "a user's name has at most 255 bytes";
    if (user && strlen(user) < kind->user_min)
        return "the user's name is empty";
    if (password && kind->password_max == 0)
        return "SOCKS4 has no passwords, only a user's name";
    if (password && strlen(password) > kind->password_max)
        return kind->password_max == PROXY_PASSWORD_MAX ? "a password has at most 1023 bytes"
                                                        : "a password of SOCKS has at most 255 bytes";
    if (user && !password && kind->password_max > 0)
        return "USER:PASSWORD is needed";
    return NULL;
}

const char *
proxy_host_problem(const struct proxy_kind *kind, bool resolves_here, const char *text)
{
    struct host host;
    host_read(text, &host);
    bool is_none = host.kind == HOST_IPV4 && (ntohl(host.ipv4.s_addr) >> 8) == 0;
    if (host.kind == HOST_IPV6 && host.scope[0] != '\0')
        return "an interface of this host means nothing to a proxy";
    if (kind->only_ipv4 && host.kind == HOST_IPV6)
        return "SOCKS4 has no IPv6: use socks5 or http";
    if (kind->only_ipv4 && host.kind == HOST_NAME && !resolves_here)
        return "SOCKS4 has no names: use socks4a, socks5 or http, or look it up here";
    if (kind->only_ipv4 && is_none)
        return "no address, and to SOCKS4 the mark of a name";
    return NULL;
}

void
proxy_put(struct proxy_talk *talk, const void *bytes, size_t count)
{
    assert(count <= sizeof talk->out - talk->out_size);
    memcpy(talk->out + talk->out_size, bytes, count);
    talk->out_size += count;
}

enum proxy_state
proxy_fail(struct proxy_talk *talk, int error, const char *words, ...)
{
    va_list list;
    va_start(list, words);
    (void)vsnprintf(talk->why, sizeof talk->why, words, list); /* cut if too long: only a message */
    va_end(list);
    talk->error = error;
    return PROXY_FAILED;
}

static void
begin(struct proxy_talk *talk)
{
    talk->out_size = talk->in_size = talk->wanted = talk->taken = 0;
    talk->stage = talk->code = talk->error = 0;
    talk->schemes[0] = talk->why[0] = '\0';
    talk->takes_basic = talk->challenge.is_usable = false;
    talk->kind->begin(talk);
}

void
proxy_begin(struct proxy_talk *talk, const struct proxy_kind *kind, const char *host, uint16_t port,
            const char *user, const char *password)
{
    talk->kind = kind;
    talk->host = host;
    talk->port = port;
    talk->user = user;
    talk->password = password;
    talk->proofs = 0;
    begin(talk);
}

void
proxy_again(struct proxy_talk *talk)
{
    begin(talk);
}

enum proxy_state
proxy_take(struct proxy_talk *talk, const unsigned char *bytes, size_t count, size_t *used)
{
    enum proxy_state state = PROXY_GOES_ON;
    *used = 0;
    while (*used < count && state == PROXY_GOES_ON && talk->out_size == 0) {
        talk->taken++;
        state = talk->kind->take(talk, bytes[(*used)++]);
    }
    return state;
}

enum proxy_state
proxy_take_end(struct proxy_talk *talk)
{
    return proxy_fail(talk, ECONNRESET, "the proxy ended the connection %s",
                      talk->taken == 0 ? "without an answer" : "before it had answered");
}
