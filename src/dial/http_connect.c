/*
 * The method CONNECT of HTTP/1.1 (RFC 9110 section 9.3.6), with Basic authentication (RFC 7617), and Digest (RFC 7616) for a
 * proxy that takes no Basic: on a second connection, as many end the first. The answer is read strictly where it decides
 * anything (RFC 9112 section 4); a line may end without a CR, as section 2.2 there allows.
 */
#include "dial/proxy.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/text.h"
#include "domain/host.h"
#include "observe/escape.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum { STAGE_STATUS, STAGE_HEADERS };

static void
put_text(struct proxy_talk *talk, const char *text)
{
    proxy_put(talk, text, strlen(text));
}

enum {
    AUTHORITY_MAX = HOST_LENGTH_MAX + sizeof ":65535",
    NONCE_SIZE = 16,
};

/* HOST:PORT, an IPv6 address in brackets. */
static const char *
authority(const struct proxy_talk *talk, char text[static AUTHORITY_MAX])
{
    struct host host;
    char address[INET6_ADDRSTRLEN];
    host_read(talk->host, &host);
    bool is_ipv6 = host.kind == HOST_IPV6;
    (void)snprintf(text, AUTHORITY_MAX, "%s%s%s:%u", is_ipv6 ? "[" : "",
                   is_ipv6 ? inet_ntop(AF_INET6, &host.ipv6, address, sizeof address) : talk->host,
                   is_ipv6 ? "]" : "", (unsigned)talk->port);
    return text;
}

static void
put_basic(struct proxy_talk *talk)
{
    char plain[PROXY_USER_MAX + 1 + PROXY_PASSWORD_MAX + 1], text[BASE64_SIZE(sizeof plain)];
    int size = snprintf(plain, sizeof plain, "%s:%s", talk->user, talk->password);
    put_text(talk, "Proxy-Authorization: Basic ");
    put_text(talk, base64_write(plain, (size_t)size, text));
    put_text(talk, "\r\n");
    explicit_bzero(plain, sizeof plain);
    explicit_bzero(text, sizeof text);
}

static void
put_proof(struct proxy_talk *talk)
{
    put_text(talk, "Proxy-Authorization: ");
    put_text(talk, talk->proof);
    put_text(talk, "\r\n");
}

static void
http_begin(struct proxy_talk *talk)
{
    char target[AUTHORITY_MAX];
    put_text(talk, "CONNECT ");
    put_text(talk, authority(talk, target));
    put_text(talk, " HTTP/1.1\r\nHost: ");
    put_text(talk, target);
    put_text(talk, "\r\n");
    if (talk->proofs > 0)
        put_proof(talk);
    else if (talk->password)
        put_basic(talk);
    put_text(talk, "\r\n");
}

static bool
is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* Can the line so far be the begin of "HTTP/1.x NNN", with a blank behind it if there is more? */
static bool
fits_status(const unsigned char *line, size_t size)
{
    static const char form[] = "HTTP/1.# ### ";
    for (size_t i = 0; i < size && i < sizeof form - 1; i++) {
        bool fits = form[i] == '#' ? is_digit(line[i]) : line[i] == (unsigned char)form[i];
        if (!fits || (i == 7 && line[i] > '1'))
            return false;
    }
    return true;
}

static enum proxy_state
is_no_http(struct proxy_talk *talk)
{
    char shown[80];
    return proxy_fail(talk, EPROTO, "the answer is not one of HTTP/1: it begins with %s",
                      escape_bytes(talk->in, talk->in_size, shown, sizeof shown));
}

static enum proxy_state
take_status(struct proxy_talk *talk)
{
    enum { STATUS_SIZE = sizeof "HTTP/1.1 200" - 1 };
    if (talk->in_size < STATUS_SIZE || !fits_status(talk->in, talk->in_size))
        return is_no_http(talk);
    const unsigned char *digits = talk->in + STATUS_SIZE - 3;
    talk->code = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0';
    talk->stage = STAGE_HEADERS;
    (void)escape_bytes(talk->in, talk->in_size, talk->why, sizeof talk->why);
    return PROXY_GOES_ON;
}

/* Proxy-Authenticate: remember the first word, which is the scheme, and what Digest asks. */
static void
take_header(struct proxy_talk *talk)
{
    static const char name[] = "proxy-authenticate:";
    const char *line = (const char *)talk->in;
    if (talk->in_size < sizeof name - 1 || strncasecmp(line, name, sizeof name - 1) != 0)
        return;
    char scheme[32];
    size_t from = sizeof name - 1, size = 0;
    while (from < talk->in_size && (line[from] == ' ' || line[from] == '\t'))
        from++;
    while (from + size < talk->in_size && line[from + size] > ' ' && line[from + size] != ',')
        size++;
    digest_read(line + from, talk->in_size - from, &talk->challenge);
    talk->takes_basic =
        talk->takes_basic || (size == sizeof "basic" - 1 && strncasecmp(line + from, "basic", size) == 0);
    if (size > 0)
        text_add(talk->schemes, sizeof talk->schemes, "%s%s", talk->schemes[0] != '\0' ? ", " : "",
                 escape_bytes(line + from, size, scheme, sizeof scheme));
}

/* Only what is the proxy's trouble of the moment, or that of whom it connects to, may get better. */
static int
error_of(int code)
{
    return code == 408 || code == 429 || (code >= 500 && code != 501 && code != 505) ? EHOSTUNREACH : EACCES;
}

/* Who refuses Basic, though he takes it, refuses the password; a second time only a nonce was too old. */
static bool
is_to_prove(const struct proxy_talk *talk)
{
    return talk->password && talk->challenge.is_usable && !talk->takes_basic &&
           (talk->proofs == 0 || (talk->challenge.is_stale && talk->proofs < PROXY_PROOFS_MAX));
}

static enum proxy_state
prove(struct proxy_talk *talk)
{
    unsigned char bytes[NONCE_SIZE];
    char own[2 * sizeof bytes + 1], target[AUTHORITY_MAX];
    struct fault fault;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return proxy_fail(talk, errno, "no random bytes: %s", strerror(errno));
    (void)hex_write(bytes, sizeof bytes, own, sizeof own);
    talk->proofs++;
    if (digest_answer(&talk->challenge, talk->user, talk->password, own, "CONNECT", authority(talk, target),
                      talk->proof, &fault) == 0)
        return PROXY_AGAIN;
    return proxy_fail(talk, EACCES, "the proxy wants Digest: %s: %s", fault.what, fault.why);
}

/* The blank line. RFC 9110 section 15.2: what comes before the answer proper is not it. */
static enum proxy_state
take_head(struct proxy_talk *talk)
{
    char line[PROXY_WHY_MAX];
    if (talk->code >= 200 && talk->code < 300)
        return PROXY_CONNECTED;
    talk->stage = STAGE_STATUS;
    if (talk->code >= 100 && talk->code < 200 && talk->code != 101)
        return PROXY_GOES_ON;
    (void)snprintf(line, sizeof line, "%s", talk->why);
    if (talk->code == 407 && is_to_prove(talk))
        return prove(talk);
    if (talk->code != 407)
        return proxy_fail(talk, error_of(talk->code), "the proxy refused: %s", line);
    return proxy_fail(
        talk, EACCES, "the proxy %s: %s%s%s%s",
        talk->password ? "did not accept the user's name and password" : "wants a user's name and password",
        line, talk->schemes[0] != '\0' ? " (by " : "", talk->schemes, talk->schemes[0] != '\0' ? ")" : "");
}

/* A line without its end. */
static enum proxy_state
take_line(struct proxy_talk *talk)
{
    enum proxy_state state = PROXY_GOES_ON;
    if (talk->in_size > 0 && talk->in[talk->in_size - 1] == '\r')
        talk->in_size--;
    if (talk->stage == STAGE_STATUS)
        state = take_status(talk);
    else if (talk->in_size == 0)
        state = take_head(talk);
    else if (talk->code == 407)
        take_header(talk);
    talk->in_size = 0;
    return state;
}

/* Of a long line the rest is left out. */
static enum proxy_state
http_take(struct proxy_talk *talk, unsigned char byte)
{
    if (talk->taken > PROXY_HEAD_MAX)
        return proxy_fail(talk, EPROTO, "the answer's head is longer than %d bytes", (int)PROXY_HEAD_MAX);
    if (byte == '\n')
        return take_line(talk);
    if (talk->in_size < sizeof talk->in)
        talk->in[talk->in_size++] = byte;
    bool ends_line = byte == '\r' && talk->in_size > sizeof "HTTP/1.1 200" - 1;
    if (talk->stage == STAGE_STATUS && !ends_line && !fits_status(talk->in, talk->in_size))
        return is_no_http(talk);
    return PROXY_GOES_ON;
}

const struct proxy_kind proxy_http = {
    .name = "http",
    .port = "3128",
    .password_max = PROXY_PASSWORD_MAX,
    .begin = http_begin,
    .take = http_take,
};
