#include "session/scan_report.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "base/hex.h"
#include "observe/escape.h"
#include "observe/json.h"
#include "session/report.h"
#include <errno.h>
#include <unistd.h>

enum {
    BANNER_MAX = 256,
    LINE_SIZE = 4096, /* a line is written at once: PIPE_BUF of Linux */
    TAKING_MS = 1000, /* when all time is over, who still takes lines gets the rest of them */
};

static const char *const state_words[] = {
    [SCAN_OPEN] = "open",         [SCAN_SILENT] = "open|filtered",    [SCAN_CLOSED] = "closed",
    [SCAN_FILTERED] = "filtered", [SCAN_UNREACHABLE] = "unreachable", [SCAN_FAILED] = "error",
    [SCAN_UNTRIED] = "untried",
};

int
scan_fault(const struct scan *scan, size_t target, struct fault *fault)
{
    const struct scan_target *found = &scan->targets[target];
    const struct scan_host *host = scan_host(scan, target);
    char port[SCAN_PORT_SIZE], words[OPEN_WORDS_MAX];
    if (host->addresses.count == 0) {
        *fault = host->fault;
        return -1;
    }
    if (found->state == SCAN_FAILED && found->error == scan->failure.error) {
        *fault = scan->failure;
        return -1;
    }
    const struct address address = scan_address(scan, target, found->address);
    const struct socket_plan plan = scan_plan(scan, target, port);
    bool is_late = found->error == 0;
    open_words(&plan, is_late ? NULL : &address, words, sizeof words);
    errno = found->error;
    if (is_late)
        (void)fault_say(fault, STATUS_TIMEOUT,
                        found->state == SCAN_UNTRIED ? "not tried: the time was over" : "timed out",
                        "connect to %s", words);
    else
        (void)fault_set(fault, found->error == ETIMEDOUT ? STATUS_TIMEOUT : STATUS_CONNECT,
                        "connect to %s failed", words);
    domain_explain(plan.domain, &address, true, is_late ? ETIMEDOUT : found->error, fault);
    return -1;
}

/* A line on standard output. */
static int
write_line(const struct scan *scan, const char *line, size_t size, struct fault *fault)
{
    struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
    int64_t limit = deadline_after(deadline_now(), TAKING_MS);
    if (limit < scan->run->deadline)
        limit = scan->run->deadline;
    int ready = loop_wait(scan->run->loop, &output, 1, limit, fault);
    if (ready < 0)
        return -1;
    if (ready == 0)
        return fault_say(fault, STATUS_TIMEOUT, "timed out: nobody takes it", "write to standard output");
    if (fd_write_all(STDOUT_FILENO, line, size) == 0)
        return 0;
    return fault_set(fault, STATUS_LOCAL, "write to standard output");
}

static void
write_banner(struct json *json, const void *banner, size_t size)
{
    char text[4 * BANNER_MAX + 1], hex[2 * BANNER_MAX + 1];
    if (size == 0)
        return;
    json_text(json, "banner", escape_bytes(banner, size, text, sizeof text));
    json_text(json, "banner_hex", hex_write(banner, size, hex, sizeof hex));
}

static int
report_json(const struct scan *scan, size_t target, const void *banner, size_t size, struct fault *fault)
{
    const struct scan_target *found = &scan->targets[target];
    const struct scan_host *host = scan_host(scan, target);
    char port[SCAN_PORT_SIZE], line[LINE_SIZE], name[64];
    const struct socket_plan plan = scan_plan(scan, target, port);
    struct json json;
    json_begin(&json, line, sizeof line);
    json_text(&json, "host", host->name);
    if (host->addresses.count > 0) {
        struct address_text text;
        const struct address address = scan_address(scan, target, found->address);
        open_format(&plan, &address, &text);
        json_text(&json, "address", text.host);
    }
    if (plan.remote.port && host->addresses.count > 0)
        json_number(&json, "port", scan_port(scan, target));
    json_text(&json, "protocol", domain_protocol_name(plan.domain, plan.type, plan.protocol));
    if (plan.remote.port && scan_answered(found) && report_service(&plan, port, name, sizeof name))
        json_text(&json, "service", name);
    json_text(&json, "state", state_words[found->state]);
    json_number(&json, "ms", found->took_ms);
    write_banner(&json, banner, size);
    struct fault why;
    if (!scan_answered(found) && scan_fault(scan, target, &why) < 0)
        json_text(&json, "reason", why.why);
    return write_line(scan, line, json_end(&json), fault);
}

/* But for a failure that ends the scan as it is. */
static void
tell_failure(const struct scan *scan, size_t target)
{
    struct fault why;
    if (scan->target_count == 1 || (scan->host_count == 1 && scan->hosts[0].addresses.count == 0))
        return;
    (void)scan_fault(scan, target, &why);
    log_fault(scan->run->log, &why);
}

static void
report_words(const struct scan *scan, size_t target)
{
    const struct log *log = scan->run->log;
    const struct scan_target *found = &scan->targets[target];
    char port[SCAN_PORT_SIZE], words[OPEN_WORDS_MAX];
    if (!scan_answered(found)) {
        tell_failure(scan, target);
        return;
    }
    const struct address address = scan_address(scan, target, found->address);
    const struct socket_plan plan = scan_plan(scan, target, port);
    if (found->state == SCAN_OPEN) {
        report_connected(log, &plan, &address);
        return;
    }
    open_words(&plan, &address, words, sizeof words);
    log_line(log, LOG_TALK, "No answer from %s: open or filtered", words);
}

static void
report_banner(const struct scan *scan, size_t target, const void *banner, size_t size)
{
    char text[4 * BANNER_MAX + 1], port[SCAN_PORT_SIZE], words[OPEN_WORDS_MAX];
    const struct socket_plan plan = scan_plan(scan, target, port);
    open_words(&plan, NULL, words, sizeof words);
    log_line(scan->run->log, LOG_ERROR, "%s says: %s", words, escape_bytes(banner, size, text, sizeof text));
}

int
scan_report(const struct scan *scan, size_t target, const void *banner, size_t size, struct fault *fault)
{
    bool is_json = scan->run->request->scan.json;
    if (scan->run->log->level >= LOG_TALK)
        report_words(scan, target);
    if (size > 0 && !is_json)
        report_banner(scan, target, banner, size);
    return is_json ? report_json(scan, target, banner, size, fault) : 0;
}
