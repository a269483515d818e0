/*
 * Copies of the traffic in files: as it is (-o), or as a hexadecimal dump that shows direction and offset
 * (--hex-dump). Each is an observer.
 */
#ifndef SKT_OBSERVE_DUMP_H
#define SKT_OBSERVE_DUMP_H

#include "base/loop.h"
#include "observe/observer.h"
#include <stdbool.h>

enum dump_form {
    DUMP_RAW, /* both directions, one after the other */
    DUMP_HEX, /* "> 00000000  68 65 6c 6c 6f 0a  |hello.|": > sent, < received; offset within the direction; of many
                 sessions at once with a line "# 127.0.0.1 43210" before the rows of each */
};

/*
 * Open `path` (fd_create) and put an observer in front of *observers. A reader of it that is slow (a FIFO) is
 * waited for with `loop`: a copy is whole. But nothing is waited for beyond the deadline. is_shared: by processes that
 * write to it at once. Returns 0, or -1 with STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int dump_open(struct loop *loop, const char *path, enum dump_form form, bool append, bool is_shared,
              int64_t deadline, struct observer **observers, struct fault *fault);

/* Close and free all of a list; says what close(2) reports. Returns 0, or -1 with STATUS_LOCAL. */
int dump_close(struct observer **observers, struct fault *fault);

#endif
