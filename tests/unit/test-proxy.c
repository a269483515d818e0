#include "base/base64.h"
#include "dial/proxy.h"
#include "tap.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(text) text, sizeof(text) - 1

/* What is said at once and what is answered to it, in turns. The last answer decides. */
struct turn {
    const char *says;
    size_t says_size;
    const char *answer;
    size_t answer_size;
};

struct script {
    const struct proxy_kind *kind;
    const char *host;
    uint16_t port;
    const char *user, *password;
    struct turn turns[4];
};

static struct proxy_talk talk;

static bool
has_said(const struct turn *turn)
{
    return talk.out_size == turn->says_size && memcmp(talk.out, turn->says, turn->says_size) == 0;
}

/*
 * Play it, the answers in pieces of `piece` bytes, with `more` of the last one's bytes belonging to somebody else. Returns
 * the state, and how many bytes of the last answer were taken.
 */
static enum proxy_state
play(const struct script *script, size_t piece, size_t *taken)
{
    enum proxy_state state = PROXY_GOES_ON;
    proxy_begin(&talk, script->kind, script->host, script->port, script->user, script->password);
    for (const struct turn *turn = script->turns; turn->says && state == PROXY_GOES_ON; turn++) {
        if (!has_said(turn))
            ok(false, "%s says what it has to", script->kind->name);
        talk.out_size = 0;
        *taken = 0;
        while (*taken < turn->answer_size && state == PROXY_GOES_ON && talk.out_size == 0) {
            size_t left = turn->answer_size - *taken, used;
            state = proxy_take(&talk, (const unsigned char *)turn->answer + *taken,
                               left < piece ? left : piece, &used);
            *taken += used;
        }
    }
    return state;
}

static size_t
last_size(const struct script *script)
{
    size_t last = 0;
    while (script->turns[last + 1].says)
        last++;
    return script->turns[last].answer_size;
}

/* It connects, however the answers are cut up, and nothing of what follows them is taken. */
static void
connects(const struct script *script, size_t surplus, const char *words)
{
    size_t wrong = 0, size = last_size(script);
    for (size_t piece = 1; piece <= size; piece++) {
        size_t taken = 0;
        wrong += play(script, piece, &taken) != PROXY_CONNECTED || taken != size - surplus;
    }
    is_int((long)wrong, 0, "%s", words);
}

/* The last answer, cut at every offset, is no success and no failure yet; and a failure once the proxy has gone. */
static void
needs_all(const struct script *script, const char *words)
{
    size_t wrong = 0, last = 0;
    struct script cut = *script;
    while (cut.turns[last + 1].says)
        last++;
    for (size_t size = 0; size < script->turns[last].answer_size; size++) {
        size_t taken = 0;
        cut.turns[last].answer_size = size;
        wrong += play(&cut, 7, &taken) != PROXY_GOES_ON || proxy_take_end(&talk) != PROXY_FAILED ||
                 talk.error != ECONNRESET;
    }
    is_int((long)wrong, 0, "%s", words);
}

/* It fails with these words, however the answers are cut up. */
static void
fails(const struct script *script, int error, const char *why, const char *words)
{
    size_t wrong = 0, taken;
    for (size_t piece = 1; piece <= last_size(script); piece++)
        wrong += play(script, piece, &taken) != PROXY_FAILED || talk.error != error;
    is_int((long)wrong, 0, "%s", words);
    ok(strstr(talk.why, why) != NULL, "%s: %s", words, talk.why);
}

static void
test_socks4(void)
{
    struct script script = { .kind = &proxy_socks4,
                             .host = "10.1.2.3",
                             .port = 80,
                             .turns = { { BYTES("\4\1\0\120\12\1\2\3\0"), BYTES("\0\132\0\0\0\0\0\0") } } };
    connects(&script, 0, "SOCKS4: an address");
    needs_all(&script, "SOCKS4: all eight bytes are needed");
    script.turns[0].answer = "\0\132\7\7\7\7\7\7SSH-2.0";
    script.turns[0].answer_size += 7;
    connects(&script, 7, "SOCKS4: what follows stays");
    script.turns[0] = (struct turn){ BYTES("\4\1\0\120\12\1\2\3joe\0"), BYTES("\0\132\0\0\0\0\0\0") };
    script.user = "joe";
    connects(&script, 0, "SOCKS4: a user");
    script.kind = &proxy_socks4a;
    script.host = "example.org";
    script.turns[0].says = "\4\1\0\120\0\0\0\1joe\0example.org";
    script.turns[0].says_size = 8 + 4 + 12;
    connects(&script, 0, "SOCKS4A: a name");
    script.turns[0].answer = "\0\133\0\0\0\0\0\0";
    fails(&script, EHOSTUNREACH, "rejected or failed", "SOCKS4: 91");
    script.turns[0].answer = "\0\135\0\0\0\0\0\0";
    fails(&script, EACCES, "another user", "SOCKS4: 93");
    script.turns[0].answer = "\0\1\0\0\0\0\0\0";
    fails(&script, EPROTO, "code 1", "SOCKS4: a code without a meaning");
    script.turns[0].answer = "\4\132\0\0\0\0\0\0";
    fails(&script, EPROTO, "0x04", "SOCKS4: a version that is not there");
}

#define GREETING                                                                                             \
    {                                                                                                        \
        BYTES("\5\1\0"), BYTES("\5\0")                                                                       \
    }

static void
test_socks5_addresses(void)
{
    struct script script = {
        .kind = &proxy_socks5,
        .host = "10.1.2.3",
        .port = 8080,
        .turns = { GREETING, { BYTES("\5\1\0\1\12\1\2\3\037\220"), BYTES("\5\0\0\1\1\2\3\4\0\5") } }
    };
    connects(&script, 0, "SOCKS5: an address of IPv4");
    needs_all(&script, "SOCKS5: all of its answer is needed");
    script.host = "[::1]";
    script.turns[1] = (struct turn){ BYTES("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\037\220"),
                                     BYTES("\5\0\0\4ABCDEFGHIJKLMNOP\0\5banner") };
    connects(&script, 6, "SOCKS5: an address of IPv6, both ways");
    script.host = "example.org";
    script.turns[1] =
        (struct turn){ BYTES("\5\1\0\3\13example.org\037\220"), BYTES("\5\0\0\3\5proxy\0\5banner") };
    connects(&script, 6, "SOCKS5: a name, both ways");
    script.turns[1].answer = "\5\0\0\3\0\0\5banner";
    script.turns[1].answer_size = 13;
    connects(&script, 6, "SOCKS5: a name that is empty");
    script.turns[1].answer = "\5\0\0\2\0\0\0\0\0\0";
    script.turns[1].answer_size = 10;
    fails(&script, EPROTO, "type 2", "SOCKS5: an address of a type that there is not");
}

static void
test_socks5_long_name(void)
{
    char name[256], says[4 + 1 + 255 + 2 + 1], answer[4 + 1 + 255 + 2 + 1];
    memset(name, 'n', 255);
    name[255] = '\0';
    memcpy(says, "\5\1\0\3\377", 5);
    memcpy(says + 5, name, 255);
    memcpy(says + 5 + 255, "\0\1", 2);
    memcpy(answer, "\5\0\0\3\377", 5);
    memset(answer + 5, 'p', 255 + 2);
    const struct script script = { .kind = &proxy_socks5,
                                   .host = name,
                                   .port = 1,
                                   .turns = { GREETING,
                                              { says, 4 + 1 + 255 + 2, answer, 4 + 1 + 255 + 2 } } };
    connects(&script, 0, "SOCKS5: names of 255 bytes, both ways");
    needs_all(&script, "SOCKS5: all of such an answer is needed");
}

static void
test_socks5_refusals(void)
{
    static const struct {
        const char *answer;
        int error;
        const char *why;
    } cases[] = {
        { "\5\1", EHOSTUNREACH, "general failure" },
        { "\5\2", EACCES, "not allowed by its rules" },
        { "\5\3", ENETUNREACH, "network unreachable" },
        { "\5\4", EHOSTUNREACH, "host unreachable" },
        { "\5\5", ECONNREFUSED, "connection refused" },
        { "\5\6", EHOSTUNREACH, "TTL expired" },
        { "\5\7", EOPNOTSUPP, "does not know how to connect" },
        { "\5\10", EOPNOTSUPP, "this type of address" },
        { "\5\11", EPROTO, "code 9" },
        { "\5\377", EPROTO, "code 255" },
        { "HT", EPROTO, "as that of an HTTP proxy does" },
        { "\4\132", EPROTO, "begins with 0x04" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct script script = {
            .kind = &proxy_socks5,
            .host = "10.1.2.3",
            .port = 80,
            .turns = { GREETING, { BYTES("\5\1\0\1\12\1\2\3\0\120"), cases[i].answer, 2 } }
        };
        fails(&script, cases[i].error, cases[i].why, "SOCKS5: a refusal, without the rest of it");
    }
}

static void
test_socks5_password(void)
{
    struct script script = { .kind = &proxy_socks5,
                             .host = "10.1.2.3",
                             .port = 80,
                             .user = "joe",
                             .password = "secret",
                             .turns = {
                                 { BYTES("\5\2\0\2"), BYTES("\5\2") },
                                 { BYTES("\1\3joe\6secret"), BYTES("\1\0") },
                                 { BYTES("\5\1\0\1\12\1\2\3\0\120"), BYTES("\5\0\0\1\1\2\3\4\0\5") } } };
    connects(&script, 0, "SOCKS5: a password");
    script.turns[1].answer = "\1\1";
    script.turns[2].says = NULL;
    fails(&script, EACCES, "did not accept", "SOCKS5: a wrong password");
    needs_all(&script, "SOCKS5: the answer to a password is needed");
    script.turns[0] = (struct turn){ BYTES("\5\2\0\2"), BYTES("\5\377") };
    script.turns[1].says = NULL;
    fails(&script, EACCES, "knows no way", "SOCKS5: no way to authenticate");
    script.user = script.password = NULL;
    script.turns[0] = (struct turn){ BYTES("\5\1\0"), BYTES("\5\377") };
    fails(&script, EACCES, "does not authenticate", "SOCKS5: a password is wanted");
    script.turns[0] = (struct turn){ BYTES("\5\1\0"), BYTES("\5\2") };
    fails(&script, EPROTO, "not offered", "SOCKS5: a way that was not offered");
    script.turns[0] = (struct turn){ BYTES("\5\1\0"), BYTES("\5\1") };
    fails(&script, EPROTO, "way 1", "SOCKS5: GSSAPI");
}

#define REQUEST "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"

static struct script
http_script(const char *answer, size_t size)
{
    return (struct script){
        .kind = &proxy_http, .host = "example.org", .port = 443, .turns = { { BYTES(REQUEST), answer, size } }
    };
}

static void
test_http(void)
{
    struct script script = http_script(BYTES("HTTP/1.0 200 OK\r\n\r\n"));
    connects(&script, 0, "HTTP: the shortest answer");
    needs_all(&script, "HTTP: all of it is needed");
    script = http_script(BYTES("HTTP/1.1 200\r\nVia: x\r\nX:\r\n\r\n\r\nbanner"));
    connects(&script, 8, "HTTP: no reason, headers, and what follows stays");
    script = http_script(BYTES("HTTP/1.1 200 \n\nbanner"));
    connects(&script, 6, "HTTP: lines without a CR");
    script = http_script(BYTES("HTTP/1.1 204 fine\r\nContent-Length: 6\r\n\r\nbanner"));
    connects(&script, 6, "HTTP: any 2xx, and a length that means nothing");
    script = http_script(BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"));
    connects(&script, 0, "HTTP: an answer before the answer");
    script.host = "::1";
    script.turns[0].says = "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n";
    script.turns[0].says_size = strlen(script.turns[0].says);
    connects(&script, 0, "HTTP: brackets around IPv6");
    script = http_script(BYTES("HTTP/1.0 200 OK\r\n\r\n"));
    script.user = "joe";
    script.password = "secret";
    script.turns[0].says = "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n"
                           "Proxy-Authorization: Basic am9lOnNlY3JldA==\r\n\r\n";
    script.turns[0].says_size = strlen(script.turns[0].says);
    connects(&script, 0, "HTTP: a password");
}

static void
test_http_refusals(void)
{
    struct script script = http_script(BYTES("HTTP/1.1 403 No\033[1m way\r\n\r\n"));
    fails(&script, EACCES, "HTTP/1.1 403 No\\x1b[1m way", "HTTP: the status line is shown, made harmless");
    script = http_script(BYTES("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    fails(&script, EHOSTUNREACH, "502", "HTTP: what may get better");
    script = http_script(BYTES("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    fails(&script, EACCES, "101", "HTTP: another protocol");
    script = http_script(BYTES("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\nX: y\r\n"
                               "proxy-authenticate:\tDigest nonce=1\r\n\r\n"));
    fails(&script, EACCES, "wants a user's name and password: HTTP/1.1 407 Who (by Basic, Digest)",
          "HTTP: 407 with what there is");
    script = http_script(BYTES("HTTP/1.1 407 Who\r\nProxy-Authenticate:\r\n\r\n"));
    fails(&script, EACCES, "wants", "HTTP: 407 with nothing");
}

static void
test_http_garbage(void)
{
    static const char *const lines[] = {
        "HTTP/1.0 200poo\r\n\r\n",
        "HTTP/1.0 2000\r\n\r\n",
        "HTTP/1.0  200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1\t200 OK\r\n\r\n",
        " HTTP/1.1 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "SSH-2.0-x\r\n",
        "\5\377",
        "HTTP/1.1 200\rOK\n\n",
        "HTTP/1.1 200\r\r\n\r\n",
        "HTTP/1.1 \r\n\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct script script = http_script(lines[i], strlen(lines[i]));
        fails(&script, EPROTO, "begins with", "HTTP: what is no answer");
    }
    struct script script = http_script(BYTES("HTTP/1.1 200 OK\0\r\n\r\n"));
    connects(&script, 0, "HTTP: a zero in the reason");
}

static void
test_http_long(void)
{
    size_t size = PROXY_HEAD_MAX + 100, used;
    char *head = malloc(size);
    if (!head)
        return;
    memset(head, 'x', size);
    memcpy(head, "HTTP/1.1 200 OK\r\n", 17);
    proxy_begin(&talk, &proxy_http, "h", 1, NULL, NULL);
    talk.out_size = 0;
    is_int(proxy_take(&talk, (unsigned char *)head, size, &used), PROXY_FAILED, "a head without end");
    is_int((long)used, PROXY_HEAD_MAX + 1, "no more of it is taken than may be");
    memcpy(head + PROXY_HEAD_MAX - 4, "\r\n\r\n", 4);
    proxy_begin(&talk, &proxy_http, "h", 1, NULL, NULL);
    talk.out_size = 0;
    is_int(proxy_take(&talk, (unsigned char *)head, size, &used), PROXY_CONNECTED, "the longest head");
    is_int((long)used, PROXY_HEAD_MAX, "all of it is taken");
    free(head);
}

/* Bytes drawn by chance, always the same, and many of those that mean something. */
static size_t
any_bytes(uint64_t *chance, unsigned char *bytes, size_t size)
{
    static const char telling[] = "\0\1\3\4\5\132\377HTTP/1.1 200\r\n";
    for (size_t i = 0; i < size; i++) {
        *chance = *chance * 6364136223846793005u + 1442695040888963407u;
        unsigned draw = (unsigned)(*chance >> 33);
        bytes[i] = draw % 4 != 0 ? (unsigned char)telling[draw / 4 % (sizeof telling - 1)]
                                 : (unsigned char)(draw / 4);
    }
    return 1 + (size_t)(*chance >> 40) % size;
}

static void
test_any_bytes(void)
{
    static const struct proxy_kind *const kinds[] = { &proxy_socks4, &proxy_socks4a, &proxy_socks5,
                                                      &proxy_http };
    uint64_t chance = 7;
    size_t wrong = 0;
    for (size_t i = 0; i < 40000; i++) {
        unsigned char bytes[300];
        enum proxy_state state = PROXY_GOES_ON;
        proxy_begin(&talk, kinds[i % 4], "10.1.2.3", 80, i % 8 < 4 ? "joe" : NULL,
                    i % 8 < 4 ? "secret" : NULL);
        for (int turn = 0; turn < 10 && state == PROXY_GOES_ON; turn++) {
            size_t size = any_bytes(&chance, bytes, sizeof bytes), used = 0;
            talk.out_size = 0;
            state = proxy_take(&talk, bytes, size, &used);
            wrong += used > size || talk.in_size > sizeof talk.in;
        }
        wrong += state == PROXY_FAILED && talk.why[0] == '\0';
    }
    is_int((long)wrong, 0, "any bytes at all: no more is taken than there is, and a failure has its words");
}

static void
test_problems(void)
{
    char name[257], password[1025];
    memset(name, 'n', 256);
    memset(password, 'p', 1024);
    name[256] = password[1024] = '\0';
    is_text(proxy_auth_problem(&proxy_socks5, "joe", "secret"), NULL, "a user and a password");
    is_text(proxy_auth_problem(&proxy_socks5, "joe", ""), NULL, "an empty password");
    is_text(proxy_auth_problem(&proxy_socks4, "joe", NULL), NULL, "a user of SOCKS4");
    is_text(proxy_auth_problem(&proxy_socks4, NULL, NULL), NULL, "nobody");
    ok(proxy_auth_problem(&proxy_socks4, "joe", "secret") != NULL, "a password of SOCKS4");
    ok(proxy_auth_problem(&proxy_socks5, "joe", NULL) != NULL, "no password of SOCKS5");
    ok(proxy_auth_problem(&proxy_socks5, "", "secret") != NULL, "an empty user of SOCKS5");
    is_text(proxy_auth_problem(&proxy_http, "", "secret"), NULL, "an empty user of HTTP");
    ok(proxy_auth_problem(&proxy_http, name, "secret") != NULL, "a user of 256 bytes");
    ok(proxy_auth_problem(&proxy_socks5, "joe", name) != NULL, "a password of 256 bytes for SOCKS5");
    is_text(proxy_auth_problem(&proxy_http, "joe", name), NULL, "a password of 256 bytes for HTTP");
    ok(proxy_auth_problem(&proxy_http, "joe", password) != NULL, "a password of 1024 bytes for HTTP");
    ok(proxy_auth_problem(&proxy_http, "joe", "a\r\nX: y") != NULL, "a line end in a password");
    is_text(proxy_host_problem(&proxy_socks4, true, "example.org"), NULL, "a name that is looked up first");
    ok(proxy_host_problem(&proxy_socks4, false, "example.org") != NULL, "a name for SOCKS4");
    ok(proxy_host_problem(&proxy_socks4, true, "::1") != NULL, "IPv6 for SOCKS4");
    ok(proxy_host_problem(&proxy_socks4, true, "0.0.0.1") != NULL, "what SOCKS4 means no address by");
    ok(proxy_host_problem(&proxy_socks5, false, "fe80::1%eth0") != NULL, "an interface of ours");
    is_text(proxy_host_problem(&proxy_socks5, false, "[::1]"), NULL, "IPv6 for SOCKS5");
}

static void
test_base64(void)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
        { "\377\376\375\373", "//79+w==" },
    };
    char text[BASE64_SIZE(8)];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        is_text(base64_write(cases[i][0], strlen(cases[i][0]), text), cases[i][1], "base64 of RFC 4648");
}

int
main(void)
{
    test_socks4();
    test_socks5_addresses();
    test_socks5_long_name();
    test_socks5_refusals();
    test_socks5_password();
    test_http();
    test_http_refusals();
    test_http_garbage();
    test_http_long();
    test_any_bytes();
    test_problems();
    test_base64();
    return tap_done();
}
