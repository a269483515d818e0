#include "session/handshake.h"

#include "base/deadline.h"
#include "base/text.h"
#include "endpoint/tls.h"

int64_t
handshake_deadline(const struct run *run, const struct tls_choice *choice)
{
    return deadline_sooner(run->deadline, deadline_after(deadline_now(), choice->handshake_ms));
}

int64_t
handshake_deadline_of_client(const struct run *run)
{
    const struct request *request = run->request;
    int64_t waits_until = deadline_after(deadline_now(), request->connect_ms);
    return deadline_sooner(waits_until, handshake_deadline(run, &request->tls));
}

size_t
handshake_interest(const struct handshake *handshake, struct pollfd *polls, int64_t *deadline)
{
    bool at_once = false;
    struct endpoint *endpoint = handshake->endpoint;
    size_t count = endpoint->ops->interest(endpoint, WANT_READ, polls, &at_once);
    *deadline = at_once ? 0 : handshake->deadline;
    return count;
}

struct words {
    char text[1024];
};

static void
add(void *context, const char *name, const char *value)
{
    struct words *words = context;
    text_add(words->text, sizeof words->text, "%s%s %s", *words->text ? ", " : "", name, value);
}

/* "TLS with 127.0.0.1 port 443: VERSION TLSv1.3, CIPHER TLS_AES_256_GCM_SHA384, ..." */
static void
tell(const struct handshake *handshake)
{
    const struct log *log = handshake->run->log;
    const struct endpoint *endpoint = handshake->endpoint;
    struct words words = { .text = "" };
    if (log->level < LOG_TALK || !endpoint->tls)
        return;
    tls_tell(endpoint->tls, add, &words);
    log_line(log, LOG_TALK, "TLS with %s: %s", endpoint->name, words.text);
}

enum io
handshake_step(const struct handshake *handshake, struct fault *fault)
{
    struct endpoint *endpoint = handshake->endpoint;
    enum io result = endpoint->ops->begin(endpoint, fault);
    if (result == IO_DONE)
        tell(handshake);
    if (result != IO_AGAIN || !deadline_passed(handshake->deadline, deadline_now()))
        return result;
    (void)fault_say(fault, STATUS_TIMEOUT, "timed out within the TLS handshake", "%s", endpoint->name);
    return IO_FAILED;
}

void
handshake_tell_stalled(const struct run *run, const struct endpoint *endpoint)
{
    log_line(run->log, LOG_ERROR, "%s: makes room for others, who wait for a TLS handshake", endpoint->name);
}

int
handshake_wait(const struct run *run, struct endpoint *endpoint, int64_t deadline, struct fault *fault)
{
    const struct handshake handshake = { .run = run, .endpoint = endpoint, .deadline = deadline };
    while (endpoint->begins) {
        struct pollfd polls[ENDPOINT_POLLS_MAX];
        int64_t next;
        enum io result = handshake_step(&handshake, fault);
        if (result != IO_AGAIN)
            return result == IO_DONE ? 0 : -1;
        size_t count = handshake_interest(&handshake, polls, &next);
        if (loop_wait(run->loop, polls, count, next, fault) < 0)
            return -1;
    }
    return 0;
}
