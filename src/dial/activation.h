/*
 * Sockets that a service manager has opened for us, as sd_listen_fds(3) has it: LISTEN_FDS of them from descriptor 3 on,
 * meant for the process LISTEN_PID, with LISTEN_FDNAMES. The variables are looked at only where the user says
 * fd:systemd.
 */
#ifndef SKT_DIAL_ACTIVATION_H
#define SKT_DIAL_ACTIVATION_H

#include "base/fault.h"
#include <stdbool.h>
#include <stddef.h>

/* Is the word fd:systemd or fd:systemd:NAME? */
bool activation_is_word(const char *word);

/*
 * Find the descriptors that the word means: all, or those of that name. All that were passed become close-on-exec, and
 * the variables are removed, so that no child takes them for its own.
 *
 * Returns how many there are, at least 1 and at most `most`, or -1 with STATUS_USAGE and the word: nothing was passed, or
 * to another process, or there is none of that name.
 */
int activation_take(const char *word, int *fds, size_t most, struct fault *fault);

#endif
