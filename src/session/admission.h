/*
 * Who may connect to a listener: the lists of --allow and the like, in force from the start on and read again when a
 * hangup asks for it (SIGHUP), in a helper thread, so that no session waits for a name server. New lists take the place
 * of the old ones when all of them are good; sessions that are on stay.
 */
#ifndef SKT_SESSION_ADMISSION_H
#define SKT_SESSION_ADMISSION_H

#include "base/loop.h"
#include "dial/open.h"
#include "observe/log.h"
#include "request/request.h"
#include <stdbool.h>
#include <stdint.h>

struct admission;

/*
 * Load the lists that the request names, by the deadline (monotonic ms); both are lent, and outlive the door. With
 * lists from files, SIGHUP has them read again from now on.
 * Returns NULL with fault as access_load has it, or STATUS_TIMEOUT, or a signal.
 */
struct admission *admission_open(struct loop *loop, const struct request *request, const struct log *log,
                                 int64_t deadline, struct fault *fault);
void admission_close(struct admission *admission);

/* Lists that are being read again: wait until they are in force, or turn out to be bad. Returns 0, or -1: a signal. */
int admission_wait(struct admission *admission, struct fault *fault);

/*
 * May this client come in? Otherwise *fd is closed, TCP being reset: nothing that it takes for an answer.
 * A NULL admission is an open door.
 */
bool admission_takes(struct admission *admission, const struct socket_plan *plan, const struct address *peer,
                     int *fd);

/* The same of the sender of a datagram. */
bool admission_hears(struct admission *admission, const struct socket_plan *plan,
                     const struct address *sender);

#endif
