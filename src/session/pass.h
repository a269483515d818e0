/* --pass-fd: give the connected descriptor to the program at the other end of standard output (SCM_RIGHTS). */
#ifndef SKT_SESSION_PASS_H
#define SKT_SESSION_PASS_H

#include "base/fault.h"
#include "base/loop.h"
#include <stdint.h>

/* Could a descriptor be passed at all? Ask before connecting. Returns 0, or -1 with STATUS_LOCAL. */
int pass_check(struct fault *fault);

/*
 * Send the descriptor with one zero byte, as OpenBSD's nc -F does and ssh(1) expects (ProxyUseFdpass). It stays
 * the caller's to close. Returns 0, or -1: STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int pass_descriptor(struct loop *loop, int fd, int64_t deadline, struct fault *fault);

#endif
