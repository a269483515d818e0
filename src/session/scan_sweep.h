/* Trying many targets at a time, with one poll(2) for all of them. */
#ifndef SKT_SESSION_SCAN_SWEEP_H
#define SKT_SESSION_SCAN_SWEEP_H

#include "session/scan.h"

/*
 * Try targets, in this order, each until it is known or -w has passed, and report each (scan_report.h). The addresses
 * of one host are raced as RFC 8305 says. With --delay one after the other, with that pause between.
 *
 * deadline  of all of it: what is not known by then has timed out, or stays SCAN_UNTRIED
 *
 * Returns 0, or -1: a signal, or this side failed (STATUS_LOCAL, STATUS_TIMEOUT).
 */
int scan_sweep(struct scan *scan, const size_t *order, size_t count, int64_t deadline, struct fault *fault);

#endif
