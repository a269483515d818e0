#include "observe/log.h"

#include "observe/escape.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1200 };

/* One write(2) a line, so that lines of several programs do not mix. */
static void
write_line(const char *prefix, const char *text)
{
    char line[2 * LINE_MAX_BYTES];
    size_t used = (size_t)snprintf(line, sizeof line, "%s", prefix);
    (void)escape(text, line + used, sizeof line - used - 1);
    used = strlen(line);
    line[used++] = '\n';
    while (write(STDERR_FILENO, line, used) < 0 && errno == EINTR) /* nobody could be told of a failure */
        continue;
}

void
log_line(const struct log *log, enum log_level level, const char *format, ...)
{
    if (level > log->level)
        return;
    char text[LINE_MAX_BYTES];
    va_list words;
    va_start(words, format);
    (void)vsnprintf(text, sizeof text, format, words);
    va_end(words);
    write_line(level == LOG_TALK ? "" : "skt: ", text);
}

void
log_fault(const struct log *log, const struct fault *fault)
{
    if (*fault->what != '\0')
        log_line(log, LOG_ERROR, "%s: %s", fault->what, fault->why);
}
