/*
 * A session: one connected socket joined with its local end. A client is one session; a server is a loop that
 * makes sessions.
 */
#ifndef SKT_SESSION_SESSION_H
#define SKT_SESSION_SESSION_H

#include "base/loop.h"
#include "endpoint/endpoint.h"
#include "endpoint/intake.h"
#include "endpoint/socket.h"
#include "endpoint/tls.h"
#include "endpoint/urgent.h"
#include "observe/log.h"
#include "observe/observer.h"
#include "request/request.h"
#include "session/admission.h"

struct environment;
struct peek;

/* What all sessions of a run share. */
struct run {
    struct loop *loop;
    const struct request *request;
    const struct log *log;
    int64_t deadline;                /* of everything: --max-time */
    struct observer *observers;      /* -o, --hex-dump */
    struct urgent_sink urgent;       /* --oob-file */
    struct admission *admission;     /* who may connect; NULL: everybody */
    const char *program_path;        /* of request->program, once it has been found */
    struct environment *environment; /* of its connections */
    struct intake *intake;           /* --receive-dir */
    struct tls_context *tls;         /* NULL: the sockets speak no TLS */
    struct tls_context *relay_tls;   /* the same of --relay's */
};

/*
 * A session has ended: where the other side's input had to be kept whole and was not, it is told by a reset, also when we
 * are killed. Before its ends are closed.
 */
void session_part(const struct run *run, const struct endpoint *near, const struct endpoint *far);

/* Tell of a client that has come and gone without a byte. */
void session_tell_empty(const struct run *run);

/* The policy of a run's sessions. */
struct pump_policy session_policy(const struct run *run);

/*
 * Is a socket closed as soon as its session is over, as close(2) does it by itself, with nothing sent on it by anybody but
 * the pump?
 */
bool session_close_tells(const struct run *run);

/*
 * A connected socket as an endpoint, with what the request puts round it: it may have to begin (handshake.h). Closes fd on
 * failure. Returns NULL with STATUS_LOCAL then.
 */
struct endpoint *session_far(const struct run *run, const struct socket_plan *plan, int fd,
                             const struct address *peer, struct fault *fault);

/* Is there no session, but what is there is shown (--peek), or the descriptor given away (-F)? */
bool session_hands_over(const struct request *request);

/*
 * Do that: show what was peeked at (peek.h; NULL: nothing), which was enough if result is 0, and then give the descriptor
 * away; what stands before a descriptor is shown only if that follows. Waits in the loop while standard output takes nothing. far stays the caller's, to be closed.
 * Returns 0, or -1 with fault: the one of before, STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int session_hand_over(const struct run *run, const struct endpoint *far, struct peek *peek, int result,
                      struct fault *fault);

/*
 * Join `far`, which is a socket of `plan`, with the local end, or with a program, until both have ended, and print
 * --stats; or hand it over. Closes far.
 * Returns 0, or -1 with fault, which may be the program's status (program.h); *outcome is filled either way.
 */
int session_run(const struct run *run, const struct socket_plan *plan, struct endpoint *far,
                struct outcome *outcome, struct fault *fault);

/*
 * Do with a connected socket of `plan` what the request asks for: run a session, or hand the descriptor over. deadline:
 * for what comes before a session. Closes fd. Returns 0, or -1 with fault; *outcome is filled either way.
 */
int session_join(const struct run *run, const struct socket_plan *plan, int fd, const struct address *peer,
                 int64_t deadline, struct outcome *outcome, struct fault *fault);

/*
 * Closed or reset by the client without a byte in either direction: a port scan, a health check. Input that was
 * read and could not be sent is gone: then the next client would get less than all. Who only sends, and has
 * nothing to send, is done with any client.
 */
bool session_was_empty(const struct run *run, const struct outcome *outcome);

/* --stats: say what was moved; and what the kernel had no room for. */
void session_tell_stats(const struct run *run, struct endpoint *far, const struct outcome *outcome);

/* Say that messages were lost; the context is a struct run. */
on_loss session_tell_loss;

/* Say under -v that the kernel drops messages, which befalls datagrams; the context is a struct run. */
on_loss session_tell_drop;

/* Say under -v that a file that was received is safe; the context is a struct run. */
void session_tell_kept(const void *context, const char *name, uint64_t bytes);

/* Was the socket given to us, so that others may have it, too? */
bool session_is_shared(const struct request *request);

/* Connect and run one session. Returns 0, or -1 with fault. */
int client_run(const struct run *run, struct fault *fault);

/* Listen and run sessions. Returns 0, or -1 with fault. */
int server_run(const struct run *run, struct fault *fault);

/* -z: try each port of each host. Returns 0 if one answered, or all if all have to; -1 with the reason if not. */
int scan_run(const struct run *run, struct fault *fault);

#endif
