/*
 * Inside the crowd: a member, which is one client with its session, or the standard streams with theirs, and what it goes
 * through. Only crowd.c and the files of its name include it.
 *
 * Its near end may have to come first: what the client says is peeked at, or another socket is dialled. Then a pump joins
 * it with the far end, unless a program has the far end itself. A program outlives its session until nothing is left of it.
 * Or there is no session, and the far end is handed over to whoever is at standard output.
 */
#ifndef SKT_SESSION_MEMBER_H
#define SKT_SESSION_MEMBER_H

#include "base/poller.h"
#include "endpoint/hub.h"
#include "session/caller.h"
#include "session/crowd.h"
#include "session/door.h"
#include "session/exchange.h"
#include "session/handshake.h"
#include "session/peek.h"
#include "session/program.h"
#include "session/relay.h"
#include "session/report.h"

/* What comes before all else, where there is TLS; and what is to be known after it. */
struct greeting {
    struct handshake handshake;
    int64_t since;
    char label[REPORT_NAME_SIZE];
};

struct member {
    struct watch watch; /* first: a watch that is neither the entrance nor the clock is a member's */
    struct member *next, *before;
    struct caller *caller;     /* what it is until it speaks; NULL: no more, or it never was */
    struct greeting *greeting; /* NULL: none, or no more */
    struct peek *peek;         /* comes before a program, which is told of it for as long as it is there */
    struct relay *relay;       /* makes the near end; has gone when that is all */
    struct program *program;   /* runs, or is at the near end, or is waited for */
    struct pump *pump;         /* NULL: not yet, or no more, or none is needed */
    struct endpoint *near, *far;
    struct quota_place *place; /* of a client */
    char *label;               /* whose session it is, where that is shown or told; otherwise NULL */
    bool is_streams;           /* joins the standard streams with the hub */
};

struct crowd {
    const struct run *run;
    struct listener *listener;
    struct pump_policy policy, streams_policy;
    struct poller *poller;
    struct door *door;
    bool knows_callers;    /* caller.h: who says nothing needs no session */
    struct watch entrance; /* the door's */
    struct watch clock;    /* the hub's */
    struct exchange exchange;
    struct watch answer;  /* the exchange's */
    struct hub *hub;      /* NULL: each client has an end for itself */
    int64_t hub_deadline; /* that the clock is set to */
    struct member *members;
    uint64_t count;  /* clients */
    uint64_t number; /* of the last one */
    bool is_over;    /* this side has failed, by the fault */
    struct fault fault;
    struct fault scratch;      /* the pumps' */
    struct buffer_shelf shelf; /* and their buffers' */
};

/* A member of which nothing is there yet. Returns NULL with STATUS_LOCAL. */
struct member *member_new(struct crowd *crowd, bool is_streams, struct fault *fault);

/*
 * A client has connected and speaks: make its far end, and begin. Or it waits, without one, until it does (caller.h).
 * fd is the callee's. What goes wrong is said, and it goes.
 */
void member_meet(struct crowd *crowd, struct member *member, int fd, const struct address *peer);
void member_wait(struct crowd *crowd, struct member *member, int fd, const struct address *peer);

/* A client has come, and has its far end: begin with what its near end needs. What is missing for it is said, and it goes. */
void member_begin(struct crowd *crowd, struct member *member, const struct address *peer);

/* Have it do what it can without waiting, then say what it waits for. Without memory for that it ends. */
void member_watch(struct crowd *crowd, struct member *member);

/* It has been told: go on. Ends it when it is over. */
void member_step(struct crowd *crowd, struct member *member);

/* Both ends are there: a pump joins them. Returns 0, or -1 with STATUS_LOCAL. */
int member_join(struct crowd *crowd, struct member *member, struct fault *fault);

/*
 * --- one whose near end is another socket: member_relay.c ---
 *
 * Begin with that, and go on when it has been told.
 */
void member_begin_relay(struct crowd *crowd, struct member *member);
void member_step_relay(struct crowd *crowd, struct member *member);

/* The exchange may have an answer: members that wait for it go on. Returns 0, or -1 with STATUS_LOCAL. */
int member_take_answer(struct crowd *crowd, struct fault *fault);

/* Is its near end, another socket, still being made? */
static inline bool
member_dials(const struct member *member)
{
    return member->relay && !member->pump;
}

/*
 * --- the end of one: member_end.c ---
 *
 * What has gone wrong with one ends that one. What all share are the standard streams, and copies of the traffic.
 */
void member_note_failure(struct crowd *crowd, const struct member *member, const struct fault *fault);

/* The program's part after its session, which came to result and fault: the client needs not wait for it. */
void member_leave_program(struct member *member, const struct outcome *outcome, int result,
                          const struct fault *fault);

/* End its session, and tell of it. */
void member_end_session(struct crowd *crowd, struct member *member);

/* End all that there is of it, and free it. */
void member_end(struct crowd *crowd, struct member *member);

/* Tell of the fault, and end it. */
void member_fail(struct crowd *crowd, struct member *member, const struct fault *fault);

/* End all: first the sessions, and then what programs are left, all in the same time. */
void member_end_all(struct crowd *crowd);

#endif
