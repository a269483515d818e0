/* What a scan tells of each target: with -v in nc's words, with --json on a line of JSON, and its banner. */
#ifndef SKT_SESSION_SCAN_REPORT_H
#define SKT_SESSION_SCAN_REPORT_H

#include "session/scan.h"

/*
 * Tell the finding of a target.
 *
 * banner  what the service said first, `size` bytes of it
 *
 * Returns 0, or -1: standard output failed (STATUS_LOCAL), took nothing for as long as all may take (STATUS_TIMEOUT), or a
 * signal.
 */
int scan_report(const struct scan *scan, size_t target, const void *banner, size_t size, struct fault *fault);

/* Why a target has not answered, as it would be said of a connection. Fills in *fault, and returns -1. */
int scan_fault(const struct scan *scan, size_t target, struct fault *fault);

#endif
