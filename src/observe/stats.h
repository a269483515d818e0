/* --stats: what each direction moved, in one line each on standard error. */
#ifndef SKT_OBSERVE_STATS_H
#define SKT_OBSERVE_STATS_H

#include "observe/log.h"
#include "observe/observer.h"
#include <stdbool.h>

/*
 * "skt: sent 1048576 bytes, 0.250 s, 4.0 MiB/s"; for message types "... bytes in 3 messages, 0.250 s, ...".
 * who: whose session it was, which stands in front; NULL: there is only one. of_messages: the counts of messages mean something. ms: how long the session took.
 */
void stats_print(const struct log *log, const char *who, const struct totals *sent,
                 const struct totals *received, bool of_messages, int64_t ms);

/* "skt: at least 12 messages dropped by the kernel: they came faster than they were taken" */
void stats_dropped(const struct log *log, enum log_level level, uint64_t dropped);

#endif
