/*
 * Messages to people: one line each on standard error, "skt: ..." for errors, nc's own words for -v.
 * Every byte that came from elsewhere is made harmless: control characters become \xNN.
 */
#ifndef SKT_OBSERVE_LOG_H
#define SKT_OBSERVE_LOG_H

#include "base/fault.h"

enum log_level {
    LOG_ERROR = 0,
    LOG_TALK = 1,  /* -v */
    LOG_STATE = 2, /* -vv */
};

struct log {
    enum log_level level; /* lines above it are not written */
};

/*
 * Write a line if the level asks for it. No newline in the format. LOG_TALK lines stand as they are, as nc
 * prints them; the others begin with "skt: ".
 */
void log_line(const struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "skt: WHAT: WHY" at LOG_ERROR; nothing for a fault without words (fault_status). */
void log_fault(const struct log *log, const struct fault *fault);

#endif
