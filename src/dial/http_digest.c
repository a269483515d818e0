#include "dial/http_digest.h"

#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- reading (RFC 9110 section 11.3) ------------------------------------------------------------------------------ */

/* What is left of a value. */
struct rest {
    const char *at, *end;
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void
skip_blanks(struct rest *rest)
{
    while (rest->at < rest->end && is_blank(*rest->at))
        rest->at++;
}

static void
skip_separators(struct rest *rest)
{
    while (rest->at < rest->end && (is_blank(*rest->at) || *rest->at == ','))
        rest->at++;
}

/* Blanks and control characters end a word, and what has a meaning. Letters of other alphabets are told as they are. */
static bool
is_of_word(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f && c != ',' && c != '=' && c != '"' && c != '\\';
}

/* Returns the size of a word. */
static size_t
take_word(struct rest *rest, const char **word)
{
    *word = rest->at;
    while (rest->at < rest->end && is_of_word(*rest->at))
        rest->at++;
    return (size_t)(rest->at - *word);
}

/* The text between quotes, whose backslashes stay. Returns false: it does not end, or has what no header has. */
static bool
take_quoted(struct rest *rest, const char **text, size_t *size)
{
    *text = ++rest->at;
    for (; rest->at < rest->end && *rest->at != '"'; rest->at++) {
        if (*rest->at == '\\')
            rest->at++;
        if (rest->at == rest->end || ((unsigned char)*rest->at < ' ' && *rest->at != '\t') ||
            *rest->at == 0x7f)
            return false;
    }
    if (rest->at >= rest->end)
        return false;
    *size = (size_t)(rest->at++ - *text);
    return true;
}

struct parameter {
    const char *name, *value;
    size_t name_size, size;
};

enum part { PART_PARAMETER, PART_SCHEME, PART_END, PART_BROKEN };

/* The next name=value, or a word that begins another challenge: then it is still to be read. */
static enum part
take_part(struct rest *rest, struct parameter *parameter)
{
    skip_separators(rest);
    if (rest->at == rest->end)
        return PART_END;
    const char *begin = rest->at;
    parameter->name_size = take_word(rest, &parameter->name);
    skip_blanks(rest);
    if (rest->at == rest->end || *rest->at != '=') {
        rest->at = begin;
        return parameter->name_size > 0 ? PART_SCHEME : PART_BROKEN;
    }
    rest->at++;
    skip_blanks(rest);
    if (rest->at < rest->end && *rest->at == '"')
        return take_quoted(rest, &parameter->value, &parameter->size) ? PART_PARAMETER : PART_BROKEN;
    parameter->size = take_word(rest, &parameter->value);
    while (rest->at < rest->end && *rest->at == '=') /* what pads base64 */
        rest->at++;
    return PART_PARAMETER;
}

static bool
is_word(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

static bool
keep_text(const struct parameter *parameter, char *text, size_t room)
{
    if (parameter->size >= room)
        return false;
    memcpy(text, parameter->value, parameter->size);
    text[parameter->size] = '\0';
    return true;
}

static const struct {
    const char *name;
    enum hash hash;
    bool is_session;
} algorithms[] = {
    { "MD5", HASH_MD5, false },
    { "MD5-sess", HASH_MD5, true },
    { "SHA-256", HASH_SHA256, false },
    { "SHA-256-sess", HASH_SHA256, true },
};

enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0] };

static bool
keep_algorithm(const struct parameter *parameter, struct digest_challenge *challenge)
{
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (is_word(parameter->value, parameter->size, algorithms[i].name)) {
            challenge->hash = algorithms[i].hash;
            challenge->is_session = algorithms[i].is_session;
            challenge->names_algorithm = true;
            return true;
        }
    return false;
}

/* A list, of which we do "auth". */
static bool
keep_quality(const struct parameter *parameter, struct digest_challenge *challenge)
{
    struct rest rest = { parameter->value, parameter->value + parameter->size };
    const char *word;
    while (skip_separators(&rest), rest.at < rest.end) {
        size_t size = take_word(&rest, &word);
        challenge->has_quality = challenge->has_quality || is_word(word, size, "auth");
        if (size == 0)
            return false;
    }
    return challenge->has_quality;
}

/* Returns false: with this one it cannot be answered. Those that nobody knows do not matter. */
static bool
keep(const struct parameter *parameter, struct digest_challenge *challenge)
{
    const char *name = parameter->name;
    size_t size = parameter->name_size;
    if (is_word(name, size, "realm"))
        return keep_text(parameter, challenge->realm, sizeof challenge->realm);
    if (is_word(name, size, "nonce"))
        return keep_text(parameter, challenge->nonce, sizeof challenge->nonce);
    if (is_word(name, size, "opaque"))
        return (challenge->has_opaque = keep_text(parameter, challenge->opaque, sizeof challenge->opaque));
    if (is_word(name, size, "algorithm"))
        return keep_algorithm(parameter, challenge);
    if (is_word(name, size, "qop"))
        return keep_quality(parameter, challenge);
    if (is_word(name, size, "stale"))
        challenge->is_stale = is_word(parameter->value, parameter->size, "true");
    return true;
}

/* The parameters of one challenge, behind its scheme. */
static enum part
read_challenge(struct rest *rest, struct digest_challenge *challenge)
{
    struct parameter parameter;
    enum part part;
    *challenge = (struct digest_challenge){ .is_usable = true };
    while ((part = take_part(rest, &parameter)) == PART_PARAMETER)
        challenge->is_usable = keep(&parameter, challenge) && challenge->is_usable;
    challenge->is_usable = challenge->is_usable && part != PART_BROKEN && challenge->nonce[0] != '\0';
    return part;
}

void
digest_read(const char *value, size_t size, struct digest_challenge *challenge)
{
    struct rest rest = { value, value + size };
    enum part part = PART_SCHEME;
    while (part == PART_SCHEME) {
        const char *scheme;
        struct digest_challenge found;
        skip_separators(&rest);
        size_t length = take_word(&rest, &scheme);
        if (length == 0)
            return;
        part = read_challenge(&rest, &found);
        if (is_word(scheme, length, "Digest") && found.is_usable &&
            (!challenge->is_usable || found.hash > challenge->hash))
            *challenge = found;
    }
}

/* --- answering (RFC 7616 section 3.4) ------------------------------------------------------------------------------ */

enum { JOINED_MAX = 2048 }; /* a user's name, a realm, a password */

static const char first_use[] = "00000001";

/* Without the backslashes of a text in quotes. */
static void
unquote(const char *quoted, char *text)
{
    for (; *quoted; quoted++) {
        if (*quoted == '\\' && quoted[1])
            quoted++;
        *text++ = *quoted;
    }
    *text = '\0';
}

/* The digest of what was joined, which is wiped out. */
static int
hash_joined(enum hash hash, char joined[static JOINED_MAX], char *digits, struct fault *fault)
{
    int result = hash_text(hash, joined, digits, fault);
    explicit_bzero(joined, JOINED_MAX);
    return result;
}

/* A1: who we are, and in a session once more with both nonces. proxy.h has how long a name and a password may be. */
static int
hash_secret(const struct digest_challenge *challenge, const char *user, const char *password,
            const char *nonces, char *digits, struct fault *fault)
{
    char joined[JOINED_MAX], realm[sizeof challenge->realm];
    unquote(challenge->realm, realm);
    (void)snprintf(joined, sizeof joined, "%s:%s:%s", user, realm, password);
    if (hash_joined(challenge->hash, joined, digits, fault) != 0)
        return -1;
    if (!challenge->is_session)
        return 0;
    (void)snprintf(joined, sizeof joined, "%s:%s", digits, nonces);
    return hash_joined(challenge->hash, joined, digits, fault);
}

/* KD: the secret, the nonces and how often they were used, and A2: what is asked for. */
static int
hash_response(const struct digest_challenge *challenge, const char *secret, const char *nonce,
              const char *own, const char *method, const char *uri, char *digits, struct fault *fault)
{
    char joined[JOINED_MAX], request[HASH_DIGITS];
    (void)snprintf(joined, sizeof joined, "%s:%s", method, uri);
    if (hash_joined(challenge->hash, joined, request, fault) != 0)
        return -1;
    if (challenge->has_quality)
        (void)snprintf(joined, sizeof joined, "%s:%s:%s:%s:auth:%s", secret, nonce, first_use, own, request);
    else
        (void)snprintf(joined, sizeof joined, "%s:%s:%s", secret, nonce, request);
    return hash_joined(challenge->hash, joined, digits, fault);
}

static void
add_quoted(char *answer, const char *text)
{
    for (; *text; text++)
        text_add(answer, DIGEST_ANSWER_MAX, "%s%c", strchr("\"\\", *text) ? "\\" : "", *text);
}

static const char *
algorithm_name(const struct digest_challenge *challenge)
{
    size_t i = 0;
    while (algorithms[i].hash != challenge->hash || algorithms[i].is_session != challenge->is_session)
        i++;
    return algorithms[i].name;
}

int
digest_answer(const struct digest_challenge *challenge, const char *user, const char *password,
              const char *own, const char *method, const char *uri, char answer[static DIGEST_ANSWER_MAX],
              struct fault *fault)
{
    char nonce[sizeof challenge->nonce], nonces[sizeof nonce + DIGEST_NONCE_MAX];
    char secret[HASH_DIGITS], response[HASH_DIGITS];
    unquote(challenge->nonce, nonce);
    (void)snprintf(nonces, sizeof nonces, "%s:%s", nonce, own);
    int result = hash_secret(challenge, user, password, nonces, secret, fault);
    if (result == 0)
        result = hash_response(challenge, secret, nonce, own, method, uri, response, fault);
    explicit_bzero(secret, sizeof secret);
    if (result != 0)
        return -1;
    answer[0] = '\0';
    text_add(answer, DIGEST_ANSWER_MAX, "Digest username=\"");
    add_quoted(answer, user);
    text_add(answer, DIGEST_ANSWER_MAX, "\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\"",
             challenge->realm, challenge->nonce, uri, response);
    if (challenge->names_algorithm)
        text_add(answer, DIGEST_ANSWER_MAX, ", algorithm=%s", algorithm_name(challenge));
    if (challenge->has_opaque)
        text_add(answer, DIGEST_ANSWER_MAX, ", opaque=\"%s\"", challenge->opaque);
    if (challenge->has_quality)
        text_add(answer, DIGEST_ANSWER_MAX, ", qop=auth, nc=%s, cnonce=\"%s\"", first_use, own);
    return 0;
}
