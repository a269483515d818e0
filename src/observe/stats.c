#include "observe/stats.h"

#include <inttypes.h>
#include <stdio.h>

/* "4.0 MiB/s" */
static const char *
format_rate(double bytes_per_second, char *text, size_t size)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    size_t unit = 0;
    for (; bytes_per_second >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        bytes_per_second /= 1024;
    (void)snprintf(text, size, "%.1f %s/s", bytes_per_second, units[unit]);
    return text;
}

static void
print_direction(const struct log *log, const char *who, const char *word, const struct totals *totals,
                bool of_messages, int64_t ms)
{
    char rate[32];
    const char *name = who ? who : "", *colon = who ? ": " : "";
    double seconds = (double)ms / 1000;
    (void)format_rate((double)totals->bytes / (ms > 0 ? seconds : 0.001), rate, sizeof rate);
    if (of_messages)
        log_line(log, LOG_ERROR, "%s%s%s %" PRIu64 " bytes in %" PRIu64 " messages, %.3f s, %s", name, colon,
                 word, totals->bytes, totals->messages, seconds, rate);
    else
        log_line(log, LOG_ERROR, "%s%s%s %" PRIu64 " bytes, %.3f s, %s", name, colon, word, totals->bytes,
                 seconds, rate);
}

void
stats_print(const struct log *log, const char *who, const struct totals *sent, const struct totals *received,
            bool of_messages, int64_t ms)
{
    print_direction(log, who, "sent", sent, of_messages, ms);
    print_direction(log, who, "received", received, of_messages, ms);
}

void
stats_dropped(const struct log *log, enum log_level level, uint64_t dropped)
{
    log_line(log, level,
             "at least %" PRIu64 " message%s dropped by the kernel: they came faster than they were taken",
             dropped, dropped == 1 ? "" : "s");
}
