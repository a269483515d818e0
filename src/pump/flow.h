/*
 * One direction of a session as a pure state machine: no I/O, no clock, no memory of its own.
 */
#ifndef SKT_PUMP_FLOW_H
#define SKT_PUMP_FLOW_H

enum flow_state {
    FLOW_OPEN,     /* reading and writing */
    FLOW_DRAINING, /* the source has ended; what is buffered still has to go out */
    FLOW_ENDING,   /* all is out; the sink has to be told that no more comes */
    FLOW_CLOSED,
};

enum flow_event {
    FLOW_SOURCE_ENDED, /* nothing more will be read, for whatever reason */
    FLOW_EMPTIED,      /* nothing is buffered */
    FLOW_SINK_TOLD,    /* half-closed */
    FLOW_SINK_LOST,    /* nobody takes what we write */
};

/* The state after an event. An event that means nothing in a state leaves it as it is. */
enum flow_state flow_next(enum flow_state state, enum flow_event event);

/* Words for -vv: "open", "source ended". */
const char *flow_state_name(enum flow_state state);
const char *flow_event_name(enum flow_event event);

enum { FLOW_STATES = FLOW_CLOSED + 1, FLOW_EVENTS = FLOW_SINK_LOST + 1 };

#endif
