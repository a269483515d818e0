#include "dial/http_digest.h"
#include "tap.h"
#include <stdint.h>
#include <string.h>

static struct digest_challenge
read_value(const char *value)
{
    struct digest_challenge challenge = { .is_usable = false };
    digest_read(value, strlen(value), &challenge);
    return challenge;
}

/* The examples of RFC 7616 section 3.9.1 and RFC 2617 section 3.5. */
static void
test_answers(void)
{
    static const struct {
        const char *value, *password, *own, *response;
    } rows[] = {
        { "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
          "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
          "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
          "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
          "response=\"8ca523f5e9506fed4657c9700eebdbec\"" },
        { "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
          "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
          "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
          "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
          "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"" },
        { "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
          "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
          "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
          "Circle Of Life", "0a4f113b", "response=\"6629fae49393a05397450978507c4ef1\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct digest_challenge challenge = read_value(rows[i].value);
        char answer[DIGEST_ANSWER_MAX];
        struct fault fault;
        ok(challenge.is_usable && challenge.has_quality && challenge.has_opaque, "challenge %zu is read", i);
        if (digest_answer(&challenge, "Mufasa", rows[i].password, rows[i].own, "GET", "/dir/index.html",
                          answer, &fault) == 0)
            ok(strstr(answer, rows[i].response) != NULL, "and answered: %s", answer);
        else
            ok(strcmp(fault.what, "OpenSSL") == 0, "or OpenSSL is not there");
    }
}

static void
test_longest(void)
{
    struct digest_challenge challenge = { .is_usable = true,
                                          .is_session = true,
                                          .names_algorithm = true,
                                          .has_quality = true,
                                          .has_opaque = true,
                                          .hash = HASH_SHA256 };
    char user[256], password[1024], own[DIGEST_NONCE_MAX], uri[263], answer[DIGEST_ANSWER_MAX];
    struct fault fault;
    memset(challenge.realm, 'r', sizeof challenge.realm - 1);
    memset(challenge.nonce, 'n', sizeof challenge.nonce - 1);
    memset(challenge.opaque, 'o', sizeof challenge.opaque - 1);
    memset(user, '"', sizeof user);
    memset(password, 'p', sizeof password);
    memset(own, 'c', sizeof own);
    memset(uri, 'h', sizeof uri);
    user[sizeof user - 1] = password[sizeof password - 1] = own[sizeof own - 1] = uri[sizeof uri - 1] = '\0';
    if (digest_answer(&challenge, user, password, own, "CONNECT", uri, answer, &fault) == 0)
        ok(strcmp(answer + strlen(answer) - 3, "cc\"") == 0, "the longest answer is whole: %zu bytes",
           strlen(answer));
    else
        ok(strcmp(fault.what, "OpenSSL") == 0, "or OpenSSL is not there");
}

static void
test_challenges(void)
{
    static const struct {
        const char *value;
        bool is_usable;
    } rows[] = {
        { "Digest realm=\"r\", nonce=\"n\"", true },
        { "digest nonce=n", true },
        { "Digest nonce = \"n\" ,, realm=r,", true },
        { "Basic realm=\"Digest nonce=x\"", false },
        { "Basic realm=\"a\", Digest nonce=\"n\", qop=auth", true },
        { "Negotiate, Digest nonce=\"n\"", true },
        { "Negotiate YII==, Digest nonce=\"n\"", true },
        { "Digest nonce=\"n\", Basic realm=\"a\"", true },
        { "Digest realm=\"r\"", false },
        { "Digest nonce=\"\"", false },
        { "Digest nonce=\"n", false },
        { "Digest nonce=\"n\\", false },
        { "Digest nonce=\"n\\\"", false },
        { "Digest nonce=\"n\\\"\"", true },
        { "Digest nonce=\"a\x01\"", false },
        { "Digest nonce=a\x01", false },
        { "Digest nonce=a\x7f", false },
        { "Digest nonce=a\\b", false },
        { "Digest nonce=\"n\", qop=\"auth-int\"", false },
        { "Digest nonce=\"n\", qop=\"\"", false },
        { "Digest nonce=\"n\", qop=\"auth-int,auth\"", true },
        { "Digest nonce=\"n\", algorithm=SHA-512-256", false },
        { "Digest nonce=\"n\", algorithm=\"md5-SESS\"", true },
        { "Digest nonce=\"n\", unknown=\"x, y\", other", true },
        { "Digest nonce=\"n\" \"", false },
        { "Digest", false },
        { "", false },
        { "=", false },
        { "\"", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        is_int(read_value(rows[i].value).is_usable, rows[i].is_usable, "whether challenge %zu can be used",
               i);
    struct digest_challenge challenge =
        read_value("Digest nonce=a, Digest algorithm=SHA-256, nonce=b, Digest nonce=c, stale=TRUE");
    ok(challenge.hash == HASH_SHA256 && strcmp(challenge.nonce, "b") == 0 && !challenge.is_stale,
       "of several the best is taken");
    ok(read_value("Digest nonce=c, stale=TRUE").is_stale, "a nonce that was too old is told as one");
}

/* Whatever comes, it ends, and stays inside. */
static void
test_anything(void)
{
    static const char parts[] = "Digest nonce=n Basic nonce=\"\\\",qop=auth realm== algorithm=MD5 \t\x7f\xff";
    uint32_t random = 1;
    size_t usable = 0;
    for (size_t round = 0; round < 20000; round++) {
        char value[96];
        size_t size = 0;
        while (size < sizeof value) {
            random = random * 1664525 + 1013904223;
            size_t from = (random >> 8) % (sizeof parts - 1), length = 1 + (random >> 24) % 12;
            while (length-- > 0 && size < sizeof value && from < sizeof parts - 1)
                value[size++] = parts[from++];
        }
        struct digest_challenge challenge = { .is_usable = false };
        digest_read(value, size, &challenge);
        usable += challenge.is_usable;
    }
    ok(usable > 0, "of what is put together at random %zu can be used", usable);
}

int
main(void)
{
    test_answers();
    test_longest();
    test_challenges();
    test_anything();
    return tap_done();
}
