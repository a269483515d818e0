/* --oob and --oob-file: urgent data sent before the input, and where what comes in goes. */
#ifndef SKT_SESSION_URGENT_H
#define SKT_SESSION_URGENT_H

#include "endpoint/urgent.h"
#include "session/session.h"

/*
 * Open the file of --oob-file (fd_create), or take fd:N; *sink keeps the name. Returns 0, or -1 with STATUS_LOCAL,
 * STATUS_TIMEOUT or a signal. urgent_close closes what was opened.
 */
int urgent_open(struct loop *loop, const char *to, int64_t deadline, struct urgent_sink *sink,
                struct fault *fault);
void urgent_close(struct urgent_sink *sink);

/*
 * Send the text of --oob so that its last byte is urgent. name: of the far end. Returns 0, or -1:
 * STATUS_CONNECTION, STATUS_TIMEOUT or a signal.
 */
int urgent_send(const struct run *run, int fd, const char *name, struct fault *fault);

#endif
