/* Every state with every event. */
#include "pump/flow.h"
#include "tap.h"

static const enum flow_state expected[FLOW_STATES][FLOW_EVENTS] = {
    /*                  source ended    emptied       sink told     sink lost */
    [FLOW_OPEN] = { FLOW_DRAINING, FLOW_OPEN, FLOW_OPEN, FLOW_CLOSED },
    [FLOW_DRAINING] = { FLOW_DRAINING, FLOW_ENDING, FLOW_DRAINING, FLOW_CLOSED },
    [FLOW_ENDING] = { FLOW_ENDING, FLOW_ENDING, FLOW_CLOSED, FLOW_CLOSED },
    [FLOW_CLOSED] = { FLOW_CLOSED, FLOW_CLOSED, FLOW_CLOSED, FLOW_CLOSED },
};

static void
check_each(void)
{
    for (int state = 0; state < FLOW_STATES; state++)
        for (int event = 0; event < FLOW_EVENTS; event++)
            is_int(flow_next((enum flow_state)state, (enum flow_event)event), expected[state][event],
                   "%s, %s", flow_state_name((enum flow_state)state),
                   flow_event_name((enum flow_event)event));
}

/* Every declared state is reached from the first one. */
static void
check_reachable(void)
{
    bool reached[FLOW_STATES] = { [FLOW_OPEN] = true };
    for (int round = 0; round < FLOW_STATES; round++)
        for (int state = 0; state < FLOW_STATES; state++)
            for (int event = 0; reached[state] && event < FLOW_EVENTS; event++)
                reached[flow_next((enum flow_state)state, (enum flow_event)event)] = true;
    for (int state = 0; state < FLOW_STATES; state++)
        ok(reached[state], "the state %s can be reached", flow_state_name((enum flow_state)state));
}

int
main(void)
{
    check_each();
    check_reachable();
    return tap_done();
}
