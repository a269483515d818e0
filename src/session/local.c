#include "session/local.h"

#include "endpoint/echo.h"
#include "endpoint/intake.h"
#include "endpoint/stdio.h"
#include "endpoint/supply.h"
#include "session/program.h"
#include "session/report.h"
#include <stdio.h>
#include <string.h>

static struct endpoint *
standard_streams(const struct request *request, struct fault *fault)
{
    bool has_borders = request->socket.type->unit == UNIT_MESSAGES;
    const struct stdio_choice choice = {
        .no_input = request->no_input,
        .discards = request->send_only,
        .has_borders = has_borders,
        .reads_messages = has_borders && request->pump.records.kind == RECORD_NONE,
        .output_end = request->keeps_open ? OUTPUT_KEPT
                      : request->listens  ? OUTPUT_CLOSED_IF_USED
                                          : OUTPUT_CLOSED,
    };
    return stdio_open(&choice, fault);
}

/* A file for what far sends, named after it: "127.0.0.1 port 80" without the word. */
static struct endpoint *
new_file(const struct run *run, const struct endpoint *far, struct fault *fault)
{
    static const char word[] = " port ";
    char peer[REPORT_NAME_SIZE];
    const char *port = strstr(far->name, word);
    if (port)
        (void)snprintf(peer, sizeof peer, "%.*s-%s", (int)(port - far->name), far->name, port + strlen(word));
    return intake_file(run->intake, port ? peer : far->name, fault);
}

struct endpoint *
local_open(const struct run *run, const struct endpoint *far, struct fault *fault)
{
    const struct request *request = run->request;
    enum unit unit = request->socket.type->unit;
    switch (request->local) {
    case LOCAL_STREAMS:
    case LOCAL_BROKER: /* clients have seats in its place */
    case LOCAL_CHAT:
    case LOCAL_RELAY: /* or a socket that is to be connected first (relay.h) */
        break;
    case LOCAL_ECHO:
        return echo_open(unit, fault);
    case LOCAL_DISCARD:
        return supply_nothing(unit, fault);
    case LOCAL_CHARGEN:
        return supply_pattern(fault);
    case LOCAL_FILE:
        return supply_file(request->send_file, fault);
    case LOCAL_FOLDER:
        return new_file(run, far, fault);
    }
    return standard_streams(request, fault);
}

bool
local_is_in_turn(const struct request *request)
{
    bool shares = request->local == LOCAL_STREAMS && !request->program;
    return request->serial || request->urgent_text || (shares && request->pump.block_size > 0);
}

bool
local_is_each_ones(const struct request *request)
{
    bool is_addressed = !request->socket.type->paired; /* a circuit has its only peer */
    return is_addressed &&
           (request->local != LOCAL_STREAMS || request->program != NULL || request->tells_apart);
}

unsigned
local_descriptors(const struct run *run)
{
    switch (run->request->local) {
    case LOCAL_STREAMS:
        return run->request->program ? program_descriptors(run) : 0;
    case LOCAL_FILE:
    case LOCAL_RELAY:
        return 1;
    case LOCAL_FOLDER:
        return INTAKE_DESCRIPTORS;
    case LOCAL_ECHO:
    case LOCAL_DISCARD:
    case LOCAL_CHARGEN:
    case LOCAL_BROKER:
    case LOCAL_CHAT:
        break;
    }
    return 0;
}

struct hub *
local_hub(const struct request *request, const struct hub_calls *calls, bool *none, struct fault *fault)
{
    enum local local = request->local;
    const struct hub_choice choice = {
        .kind = local == LOCAL_BROKER ? HUB_BROKER
                : local == LOCAL_CHAT ? HUB_CHAT
                                      : HUB_STREAMS,
        .unit = request->socket.type->unit,
        .slow = request->slow,
        .by_bytes = request->merges_bytes,
        .labels = request->labels,
        .queue_size = request->queue_size,
    };
    *none = request->program || session_hands_over(request) ||
            (local != LOCAL_STREAMS && local != LOCAL_BROKER && local != LOCAL_CHAT);
    return *none ? NULL : hub_open(&choice, calls, fault);
}
