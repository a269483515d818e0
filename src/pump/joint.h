/*
 * Inside the pump: what it knows of a session, and what befalls a flow. Only files of this folder include it.
 */
#ifndef SKT_PUMP_JOINT_H
#define SKT_PUMP_JOINT_H

#include "pump/flow.h"
#include "pump/gather.h"
#include "pump/pump.h"
#include "pump/transfer.h"
#include <stdbool.h>

/* One direction: the state that flow_next changes, and what carries the bytes. */
struct flow {
    const char *name; /* "sent", "received": for -vv */
    enum flow_state state;
    struct transfer carrier;
    struct gather *gather;    /* NULL: nothing has been spliced yet */
    int64_t write_not_before; /* pauses: --delay, a full interface queue */
};

struct joint {
    struct endpoint *near, *far;
    const struct pump_policy *policy;
    const struct log *log;
    struct flow sent, received;
    int64_t now;
    int64_t deadline;       /* of it all */
    int64_t moved_at;       /* the last byte in either direction */
    int64_t sent_at;        /* the last write to the far end, our own end included */
    int64_t input_ended_at; /* -1: it has not */
    int64_t hurry_until;    /* DEADLINE_NEVER: no hurry */
    bool input_ended;       /* by itself, not by our policy */
    bool moved_on;          /* a state has changed: look at everything again before waiting */
    bool failed;
    bool interrupted; /* a signal came while an observer waited */
    bool near_left;   /* a program that takes no more input, in order; what still comes in is thrown away */
    bool far_is_dead; /* nothing more can be said over the socket, or no time is left for it */
    struct fault *fault; /* the first; NULL: none yet, or no memory for it */
};

static inline bool
joint_is_sent(const struct joint *joint, const struct flow *flow)
{
    return flow == &joint->sent;
}

/*
 * Is closing the far end all that is left to do there? It has ended and was never sent a byte: then there is nothing that
 * could still have to arrive, and nothing to half-close for if it is closed next.
 */
static inline bool
joint_close_tells(const struct joint *joint)
{
    return joint->far->close_tells && joint->far->peer_ended && joint->sent.carrier.given.bytes == 0 &&
           !joint->failed && !joint->policy->joins_sockets;
}

/* Move a flow on by an event; says so under -vv. */
void joint_advance(struct joint *joint, struct flow *flow, enum flow_event event);

/* Remember a fault. The first is the one that is told; what follows from it is not. */
void joint_fail(struct joint *joint, const struct fault *fault);

/* The status of what has failed. */
enum status joint_status(const struct joint *joint);

/*
 * Has this side failed with something that the other has sent? That may be acknowledged, and who has sent it must not take our
 * end for an orderly one. But a reader that has left had what it wanted; and a reset would be the end of what we have sent, too.
 */
bool joint_has_lost(const struct joint *joint);

/* At the end: 0, or -1 with what has failed. Frees what joint_fail has kept. */
int joint_verdict(struct joint *joint, struct fault *fault);

/* Fail with STATUS_TIMEOUT, and leave the far end alone from here on. */
void joint_time_out(struct joint *joint, const char *why);

/* The source is at its end, by itself or by our policy: what is held goes out, then the sink is told. */
void joint_end_source(struct joint *joint, struct flow *flow);

/* The source has failed. What was read before still goes out. */
void joint_fail_source(struct joint *joint, struct flow *flow, const struct fault *why);

/*
 * Nobody takes what we write. why: the fault, or NULL for an orderly close: then only what was read and cannot
 * go out any more is a loss, and not even that where this side wants no more of it.
 */
void joint_lose_sink(struct joint *joint, struct flow *flow, const struct fault *why);

#endif
