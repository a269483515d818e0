/*
 * A secret that is one line: of a file, of a descriptor, or asked for at the terminal, which shows nothing of it. Nothing
 * behind the line is read, so that a descriptor may go on to be used.
 */
#ifndef SKT_SESSION_SECRET_H
#define SKT_SESSION_SECRET_H

#include "base/loop.h"
#include <stddef.h>
#include <stdint.h>

struct secret_wish {
    struct loop *loop;
    int64_t deadline;   /* monotonic ms */
    size_t max;         /* bytes, without the line's end and the zero behind it */
    const char *misfit; /* what is said of a line that is empty, longer, or has a zero in it */
    const char *late;   /* and when the deadline has passed */
    const char
        *instead; /* what there is where there is no terminal: "--tcp-md5-key FILE says where the key is" */
};

/*
 * Read it into text, which has room for wish->max bytes and a zero. Both return 0, or -1: STATUS_LOCAL, STATUS_TIMEOUT or a
 * signal.
 */
int secret_ask(const struct secret_wish *wish, const char *prompt, char *text, struct fault *fault);
int secret_read(const struct secret_wish *wish, const char *path, char *text,
                struct fault *fault); /* or fd:N */

#endif
