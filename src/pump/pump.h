/*
 * The pump: joins two endpoints with two flows, one a direction, until both have ended.
 *
 * near is this side (the standard streams), far the socket. Neither direction waits for the other; nothing
 * blocks; memory is one fixed buffer a direction.
 */
#ifndef SKT_PUMP_PUMP_H
#define SKT_PUMP_PUMP_H

#include "base/loop.h"
#include "endpoint/endpoint.h"
#include "observe/log.h"
#include "observe/observer.h"
#include "pump/buffer.h"
#include "pump/record.h"
#include <stdint.h>

/* What the user decided about a session. Times in ms; -1: no limit. */
struct pump_policy {
    int64_t idle_ms;      /* no byte in either direction for so long: STATUS_TIMEOUT */
    int64_t quit_ms;      /* so long after our input has ended: stop */
    int64_t delay_ms;     /* between two lines or messages that we send; 0: none */
    int64_t linger_ms;    /* far end that cannot be told of our end: this long after the last message, once
                                 our input has ended, the session is over; -1: never */
    uint64_t receive_max; /* stop after so many reads or messages; 0: no limit */
    int64_t block_size;   /* a stream's bytes go to this side in pieces of this size; 0: as they come */
    bool no_splice;       /* have every byte pass through our own memory */
    bool crlf;            /* send LF as CR LF */
    bool ends_with_peer;  /* when the peer has ended, do not wait for input that is not there yet */
    bool input_answers;   /* input is what this side says to what it receives: receive_max does not end it */
    bool ends_with_input; /* --send-only: our input's end, delivered, is the end of the session */
    bool
        joins_sockets; /* near is a socket, too: it is told of an end only if that was orderly, and a failure of one
                             is one of both */
    struct record_format records;
};

/* What came of it. */
struct outcome {
    struct totals sent, received;
    int64_t started, ended; /* monotonic ms */
    bool input_ended;       /* standard input has reached its end */
    bool untouched;         /* nothing was read on either side */
    bool peer_left;         /* the peer has ended or broken the connection: it was not our policy */
};

/*
 * One session under way. It never waits: whoever runs it waits for what pump_interest names, and then calls pump_step,
 * so that one thread can run one or thousands.
 */
struct pump;

enum { PUMP_POLLS_MAX = 2 * ENDPOINT_POLLS_MAX };

/* What all sessions of a run share. */
struct pump_setting {
    const struct pump_policy *policy;
    int64_t deadline;           /* monotonic ms for all of it */
    struct observer *observers; /* a list, or NULL */
    const char *who;            /* for them: whose session it is (observer.h); outlives it */
    uint64_t shown;             /* for them: bytes that were sent, and shown, before */
    struct buffer_shelf *shelf; /* of all sessions that one thread runs (buffer.h), or NULL */
    const struct log *log;
};

/* Join two endpoints, which stay the caller's, and outlive the pump. now: monotonic ms. Returns NULL with STATUS_LOCAL. */
struct pump *pump_start(struct endpoint *near, struct endpoint *far, const struct pump_setting *setting,
                        int64_t now, struct fault *fault);

/*
 * Fill polls (room for PUMP_POLLS_MAX) with what to wait for. Returns how many. *deadline: when to go on though nothing
 * is ready; it may have passed already. To be called once before each step.
 */
size_t pump_interest(struct pump *pump, struct pollfd *polls, int64_t *deadline);

/*
 * Go on, with the revents of the same polls. now: monotonic ms. scratch: room for what goes wrong on the way, which the
 * pump keeps by itself; it is large, and whoever runs many steps has one for all. Returns true when the session is over.
 */
bool pump_step(struct pump *pump, const struct pollfd *polls, int64_t now, struct fault *scratch);

/*
 * The source of a direction has something at hand: write it to the other end now if nothing is before it. Returns true if
 * all of it is on its way; *put is how much; now: monotonic ms. What is not, pump_step reads from the source. What goes
 * wrong, pump_step tells.
 */
bool pump_offer(struct pump *pump, enum direction direction, const void *data, size_t size, size_t *put,
                int64_t now);

/* Has the far end said something, and not so much that more of it is likely? */
bool pump_has_heard(const struct pump *pump);

/* Has the near end failed, and nothing of it is left to be sent? The other direction may go on. */
bool pump_has_failed_reading(const struct pump *pump);

/* Give back memory that is not in use, for when there are many. */
void pump_rest(struct pump *pump);

/*
 * End the session, over or not (then nothing is waited for), and free it.
 *
 * Returns 0 when every byte read on each side was accepted by the other and both ended in order, or when the
 * policy ended it and all that was sent has arrived. Otherwise -1 with one fault that names the side and the
 * counts. *outcome is filled either way.
 */
int pump_end(struct pump *pump, struct outcome *outcome, struct fault *fault);

/* Run a session from its start to its end, waiting in the loop. Returns as pump_end, or -1 when a signal came. */
int pump_run(struct loop *loop, struct endpoint *near, struct endpoint *far,
             const struct pump_setting *setting, struct outcome *outcome, struct fault *fault);

#endif
