#include "pump/flow.h"

enum flow_state
flow_next(enum flow_state state, enum flow_event event)
{
    if (event == FLOW_SINK_LOST)
        return FLOW_CLOSED;
    switch (state) {
    case FLOW_OPEN:
        return event == FLOW_SOURCE_ENDED ? FLOW_DRAINING : FLOW_OPEN;
    case FLOW_DRAINING:
        return event == FLOW_EMPTIED ? FLOW_ENDING : FLOW_DRAINING;
    case FLOW_ENDING:
        return event == FLOW_SINK_TOLD ? FLOW_CLOSED : FLOW_ENDING;
    case FLOW_CLOSED:
        break;
    }
    return FLOW_CLOSED;
}

const char *
flow_state_name(enum flow_state state)
{
    static const char *const names[] = {
        [FLOW_OPEN] = "open",
        [FLOW_DRAINING] = "draining",
        [FLOW_ENDING] = "ending",
        [FLOW_CLOSED] = "closed",
    };
    return names[state];
}

const char *
flow_event_name(enum flow_event event)
{
    static const char *const names[] = {
        [FLOW_SOURCE_ENDED] = "source ended",
        [FLOW_EMPTIED] = "emptied",
        [FLOW_SINK_TOLD] = "sink told",
        [FLOW_SINK_LOST] = "sink lost",
    };
    return names[event];
}
