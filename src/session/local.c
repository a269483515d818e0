#include "session/local.h"

#include "endpoint/echo.h"
#include "endpoint/stdio.h"
#include "endpoint/supply.h"

static struct endpoint *
standard_streams(const struct request *request, struct fault *fault)
{
    const struct stdio_choice choice = {
        .no_input = request->no_input,
        .discards = request->send_only,
        .output_end = request->keeps_open ? OUTPUT_KEPT
                      : request->listens  ? OUTPUT_CLOSED_IF_USED
                                          : OUTPUT_CLOSED,
    };
    return stdio_open(&choice, fault);
}

struct endpoint *
local_open(const struct run *run, struct fault *fault)
{
    const struct request *request = run->request;
    enum unit unit = request->socket.type->unit;
    switch (request->local) {
    case LOCAL_STREAMS:
        break;
    case LOCAL_ECHO:
        return echo_open(unit, fault);
    case LOCAL_DISCARD:
        return supply_nothing(unit, fault);
    case LOCAL_CHARGEN:
        return supply_pattern(fault);
    case LOCAL_FILE:
        return supply_file(request->send_file, fault);
    }
    return standard_streams(request, fault);
}
