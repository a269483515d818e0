#include "session/scan.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "dial/dial.h"
#include "session/retry.h"
#include "session/scan_report.h"
#include "session/scan_sweep.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* --- what it consists of ----------------------------------------------------------------------------------------- */

bool
scan_answered(const struct scan_target *target)
{
    return target->state == SCAN_OPEN || target->state == SCAN_SILENT;
}

const struct scan_host *
scan_host(const struct scan *scan, size_t target)
{
    return &scan->hosts[target / scan->port_count];
}

uint16_t
scan_port(const struct scan *scan, size_t target)
{
    const struct port_list *ports = &scan->run->request->scan.ports;
    return ports->count > 0 ? ports->items[target % scan->port_count] : 0;
}

struct address
scan_address(const struct scan *scan, size_t target, size_t index)
{
    const struct address_list *addresses = &scan_host(scan, target)->addresses;
    /* a name may have had more addresses when it was looked up before */
    struct address address = addresses->items[index < addresses->count ? index : 0];
    if (scan->run->request->scan.ports.count > 0)
        scan->plan.domain->set_port(&address, scan_port(scan, target));
    return address;
}

struct socket_plan
scan_plan(const struct scan *scan, size_t target, char *port)
{
    struct socket_plan plan = scan->plan;
    uint16_t number = scan_port(scan, target);
    (void)snprintf(port, SCAN_PORT_SIZE, "%u", (unsigned)number);
    plan.remote = (struct target){ .host = scan_host(scan, target)->name, .port = number > 0 ? port : NULL };
    return plan;
}

bool
scan_asks(const struct scan *scan)
{
    return !scan->plan.type->accepts && !scan->plan.type->listens && open_has_port(&scan->plan);
}

/* --- before the first try ---------------------------------------------------------------------------------------- */

/* Without this the kernel keeps most of what ICMP says of a datagram to itself (ip(7), IP_RECVERR). */
static int
hear_refusals(struct scan *scan, struct fault *fault)
{
    enum sockopt_level level;
    struct sockopt_settings *options = &scan->plan.options;
    const struct sockopt_setting setting = { .row = sockopt_find("recverr", &level), .number = 1 };
    for (size_t i = 0; i < options->count; i++)
        if (options->items[i].row == setting.row)
            return 0; /* who has said something about it may want to see the difference */
    if (!setting.row || sockopt_add(options, &setting) == 0)
        return 0;
    return fault_set(fault, STATUS_LOCAL, "scan");
}

static int
scan_open(struct scan *scan, const struct run *run, struct fault *fault)
{
    const struct scan_choice *choice = &run->request->scan;
    *scan = (struct scan){
        .run = run,
        .plan = run->request->socket,
        .hosts = calloc(choice->host_count, sizeof *scan->hosts),
        .host_count = choice->host_count,
        .port_count = choice->ports.count > 0 ? choice->ports.count : 1,
        .holds_back = run->request->retry.times != 0,
        .spare_fd = -1,
    };
    scan->target_count = scan->host_count * scan->port_count;
    scan->targets = calloc(scan->target_count, sizeof *scan->targets);
    if (sockopt_copy(&scan->plan.options, &run->request->socket.options) != 0 || !scan->hosts ||
        !scan->targets)
        return fault_set(fault, STATUS_LOCAL, "room for %zu ports", scan->target_count);
    for (size_t i = 0; i < scan->host_count; i++)
        scan->hosts[i].name = choice->hosts ? choice->hosts[i] : scan->plan.remote.host;
    for (size_t i = 0; i < scan->target_count; i++)
        scan->targets[i].state = SCAN_UNTRIED;
    return scan_asks(scan) ? hear_refusals(scan, fault) : 0;
}

static void
scan_close(struct scan *scan)
{
    for (size_t i = 0; i < scan->host_count && scan->hosts; i++)
        address_list_free(&scan->hosts[i].addresses);
    address_list_free(&scan->sources);
    sockopt_free(&scan->plan.options);
    (void)fd_close(&scan->spare_fd); /* it was refused */
    free(scan->hosts);
    free(scan->targets);
}

/* Put the targets in a random order (Fisher and Yates). */
static void
shuffle(size_t *order, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        uint32_t random = 0;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return; /* no random order is no reason not to look */
        size_t j = random % i;
        size_t other = order[i - 1];
        order[i - 1] = order[j];
        order[j] = other;
    }
}

/* --- one round --------------------------------------------------------------------------------------------------- */

static int
tell_failure(struct scan *scan, size_t target, struct fault *fault)
{
    return scan->holds_back ? 0 : scan_report(scan, target, NULL, 0, fault);
}

/* The first target of a host that has not answered, or where those of the next host begin. */
static size_t
first_unanswered(const struct scan *scan, size_t host)
{
    size_t target = host * scan->port_count, end = target + scan->port_count;
    while (target < end && scan_answered(&scan->targets[target]))
        target++;
    return target;
}

static bool
has_open_targets(const struct scan *scan, size_t host)
{
    return first_unanswered(scan, host) < (host + 1) * scan->port_count;
}

/* A host was not found: none of its ports is tried. Those that have answered before have done so. */
static int
host_lost(struct scan *scan, size_t host, struct fault *fault)
{
    size_t first = first_unanswered(scan, host);
    for (size_t i = first; i < (host + 1) * scan->port_count; i++)
        if (!scan_answered(&scan->targets[i]))
            scan->targets[i].state = SCAN_FAILED;
    return tell_failure(scan, first, fault);
}

/* Look up where targets are that have not answered yet: a name may have come, or moved, since the last round. */
static int
look_up(struct scan *scan, int64_t deadline, struct fault *fault)
{
    const struct run *run = scan->run;
    if (scan->sources.count == 0 && dial_sources(run->loop, &scan->plan, deadline, &scan->sources, fault) < 0)
        return -1;
    for (size_t i = 0; i < scan->host_count; i++) {
        struct scan_host *host = &scan->hosts[i];
        if (!has_open_targets(scan, i))
            continue;
        address_list_free(&host->addresses);
        char port[SCAN_PORT_SIZE];
        const struct socket_plan plan = scan_plan(scan, i * scan->port_count, port);
        int64_t limit = deadline_sooner(deadline, deadline_after(deadline_now(), run->request->connect_ms));
        if (dial_remotes(run->loop, &plan, limit, &host->addresses, &host->fault) == 0)
            continue;
        if (host->fault.signal) {
            *fault = host->fault;
            return -1;
        }
        if (host_lost(scan, i, fault) < 0)
            return -1;
    }
    return 0;
}

/* Try what has not answered yet. Returns 0, or -1: no use to go on. */
static int
try_all(struct scan *scan, int64_t deadline, struct fault *fault)
{
    if (look_up(scan, deadline, fault) < 0)
        return -1;
    size_t *order = malloc(scan->target_count * sizeof *order);
    if (!order)
        return fault_set(fault, STATUS_LOCAL, "room for %zu ports", scan->target_count);
    size_t count = 0;
    for (size_t i = 0; i < scan->target_count; i++)
        if (!scan_answered(&scan->targets[i]) && scan_host(scan, i)->addresses.count > 0)
            order[count++] = i;
    if (scan->plan.random_source_port)
        shuffle(order, count);
    int result = scan_sweep(scan, order, count, deadline, fault);
    free(order);
    return result;
}

/* --- what it means ----------------------------------------------------------------------------------------------- */

/* "127.0.0.1 port 22,80", "2 hosts port 22", "2 paths" */
static void
scan_words(const struct scan *scan, char *words, size_t size)
{
    const struct target *remote = &scan->plan.remote;
    const char *port = remote->port;
    if (scan->host_count == 1)
        (void)snprintf(words, size, "%s%s%s", remote->host, port ? " port " : "", port ? port : "");
    else
        (void)snprintf(words, size, "%zu %s%s%s", scan->host_count, port ? "hosts" : "addresses",
                       port ? " port " : "", port ? port : "");
}

/* Why most of them have not answered, in this order: refused, silent, this side, not found. */
static enum status
status_of(const struct scan *scan, const struct fault *failure)
{
    enum status status = failure->status;
    for (size_t i = 0; i < scan->target_count; i++) {
        const struct scan_target *target = &scan->targets[i];
        if (target->state == SCAN_CLOSED || target->state == SCAN_UNREACHABLE)
            return STATUS_CONNECT;
        if (target->state == SCAN_FILTERED || target->state == SCAN_UNTRIED)
            status = STATUS_TIMEOUT;
    }
    return status;
}

/* Returns 0 if enough have answered, or -1 with fault. */
static int
judge(const struct scan *scan, struct fault *fault)
{
    bool all = scan->run->request->scan.all, only_failed = true;
    size_t answered = 0, last = 0;
    for (size_t i = 0; i < scan->target_count; i++) {
        if (scan_answered(&scan->targets[i])) {
            answered++;
            continue;
        }
        last = i;
        only_failed = only_failed && scan->targets[i].state == SCAN_FAILED;
    }
    bool is_cut = scan->is_cut && scan->run->request->retry.times == 0;
    if (answered == scan->target_count || (answered > 0 && !all && !is_cut))
        return 0;
    (void)scan_fault(scan, last, fault);
    if (scan->target_count == 1 || (only_failed && (answered == 0 || scan->host_count == 1)))
        return -1;
    char words[OPEN_WORDS_MAX], why[64] = "no port answered";
    scan_words(scan, words, sizeof words);
    if (is_cut)
        return fault_say(fault, STATUS_TIMEOUT, "timed out", "scan of %s", words);
    if (scan->run->request->scan.ports.count == 0)
        (void)snprintf(why, sizeof why, "none answered");
    if (answered > 0)
        (void)snprintf(why, sizeof why, "%zu of %zu did not answer", scan->target_count - answered,
                       scan->target_count);
    return fault_say(fault, status_of(scan, fault), why, "scan of %s", words);
}

/* Those failures that were held back. */
static int
tell_failures(const struct scan *scan, struct fault *fault)
{
    for (size_t i = 0; i < scan->target_count; i++) {
        bool is_told =
            scan_host(scan, i)->addresses.count == 0 && i != first_unanswered(scan, i / scan->port_count);
        if (!is_told && !scan_answered(&scan->targets[i]) && scan_report(scan, i, NULL, 0, fault) < 0)
            return -1;
    }
    return 0;
}

/* Round by round, until enough have answered. Returns 0, or -1 with fault. */
static int
try_again(struct scan *scan, struct fault *fault)
{
    struct retry retry;
    retry_start(&retry, scan->run);
    for (;;) {
        if (try_all(scan, retry.deadline, fault) < 0)
            return -1;
        if (judge(scan, fault) == 0)
            return 0;
        if (retry_wait(&retry, scan->run, fault) < 0)
            return -1;
    }
}

int
scan_run(const struct run *run, struct fault *fault)
{
    struct scan scan;
    struct fault telling;
    int result = scan_open(&scan, run, fault);
    if (result == 0)
        result = try_again(&scan, fault);
    bool is_over = result == 0 || (!fault->signal && fault->status != STATUS_LOCAL);
    if (scan.holds_back && is_over && tell_failures(&scan, &telling) < 0) {
        *fault = telling;
        result = -1;
    }
    scan_close(&scan);
    return result;
}
