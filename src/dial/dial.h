/* Addresses to a connected descriptor: look up, race, finish, and go through a proxy if the plan has one. */
#ifndef SKT_DIAL_DIAL_H
#define SKT_DIAL_DIAL_H

#include "base/loop.h"
#include "dial/names.h"
#include "dial/open.h"
#include "dial/race.h"
#include <stdint.h>

/* One under way, which never waits by itself, so that one thread can have many. */
struct dial;

enum dial_state { DIAL_RUNS, DIAL_CONNECTED, DIAL_FAILED };

enum { DIAL_POLLS_MAX = RACE_RUNNERS_MAX };

/*
 * Begin to open the socket of `plan` and to connect it to plan->remote, from plan->source. The plan is lent, and outlives
 * it. The deadline (monotonic ms) covers the lookups, the connection and what a proxy has to say together.
 *
 * names  of the plan, that others wait for, too: then whoever waits for names_fd goes on with all of them. NULL: its own
 *
 * Returns one to end, or NULL with STATUS_LOCAL.
 */
struct dial *dial_start(const struct socket_plan *plan, struct names *names, int64_t deadline,
                        struct fault *fault);

/* Fill polls (room for DIAL_POLLS_MAX) with what to wait for, until *deadline. Returns how many. */
size_t dial_interest(struct dial *dial, struct pollfd *polls, int64_t *deadline);

/*
 * Go on, with the revents of the same polls; there are none before the first step. DIAL_FAILED: STATUS_LOOKUP,
 * STATUS_CONNECT, STATUS_PROXY, STATUS_TIMEOUT ("connect to HOST port PORT (tcp)": "timed out") or STATUS_LOCAL.
 */
enum dial_state dial_step(struct dial *dial, const struct pollfd *polls, struct fault *fault);

/*
 * Free it, whatever it has come to. After DIAL_CONNECTED, returns a non-blocking descriptor for the caller to close,
 * finished (open_finish), the address in *peer (a proxy's, where the plan has one) and what was bound in *source, for dial_release. Otherwise -1, and there is
 * nothing to release.
 */
int dial_end(struct dial *dial, struct address *peer, struct binding *source);

/* All of it, waiting in the loop. Returns as dial_end, or -1 with fault as dial_step, or a signal. */
int dial(struct loop *loop, const struct socket_plan *plan, int64_t deadline, struct address *peer,
         struct binding *source, struct fault *fault);

/*
 * The two lookups by themselves: the addresses to connect to, in the order in which they are raced, and those to come
 * from, none if the plan has no source. Return 0, the lists the caller's to free, or -1 as above with none.
 */
int dial_remotes(struct loop *loop, const struct socket_plan *plan, int64_t deadline,
                 struct address_list *list, struct fault *fault);
int dial_sources(struct loop *loop, const struct socket_plan *plan, int64_t deadline,
                 struct address_list *list, struct fault *fault);

/* Once the descriptor is closed: remove the socket file that it came from, if there is one. */
void dial_release(const struct socket_plan *plan, struct binding *source);

#endif
