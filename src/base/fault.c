#include "base/fault.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
fault_begin(struct fault *fault, enum status status, int error)
{
    fault->status = status;
    fault->error = error;
    fault->signal = 0;
}

int
fault_set(struct fault *fault, enum status status, const char *what, ...)
{
    fault_begin(fault, status, errno);
    va_list words;
    va_start(words, what);
    (void)vsnprintf(fault->what, sizeof fault->what, what, words); /* cut if too long: only a message */
    va_end(words);
    (void)snprintf(fault->why, sizeof fault->why, "%s", strerror(fault->error));
    return -1;
}

int
fault_say(struct fault *fault, enum status status, const char *why, const char *what, ...)
{
    fault_begin(fault, status, 0);
    va_list words;
    va_start(words, what);
    (void)vsnprintf(fault->what, sizeof fault->what, what, words);
    va_end(words);
    (void)snprintf(fault->why, sizeof fault->why, "%s", why);
    return -1;
}

int
fault_status(struct fault *fault, int status)
{
    fault_begin(fault, (enum status)status, 0);
    fault->what[0] = fault->why[0] = '\0';
    return -1;
}

int
fault_signal(struct fault *fault, int signal)
{
    (void)fault_say(fault, STATUS_CONNECTION, strsignal(signal), "ended by a signal");
    fault->signal = signal;
    return -1;
}

struct fault *
fault_keep(const struct fault *fault)
{
    struct fault *kept = malloc(sizeof *kept);
    if (kept)
        *kept = *fault;
    return kept;
}

int
fault_recall(struct fault *kept, struct fault *fault)
{
    errno = ENOMEM;
    if (!kept)
        return fault_set(fault, STATUS_LOCAL, "a failure that cannot be told");
    *fault = *kept;
    free(kept);
    return -1;
}

void
fault_add(struct fault *fault, const char *words, ...)
{
    va_list list;
    va_start(list, words);
    text_add_list(fault->why, sizeof fault->why, words, list);
    va_end(list);
}
