#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int checks;
static int failures;

/* "ok 3 - WORDS", from a format and its values. A # in the words would begin a directive, so it is escaped. */
__attribute__((format(printf, 2, 0))) static bool
report(bool passed, const char *words, va_list list)
{
    char text[512];
    (void)vsnprintf(text, sizeof text, words, list);
    checks++;
    if (!passed)
        failures++;
    printf("%s %d - ", passed ? "ok" : "not ok", checks);
    for (const char *c = text; *c; c++) {
        if (*c == '#')
            (void)putchar('\\');
        (void)putchar(*c == '\n' ? ' ' : *c);
    }
    (void)putchar('\n');
    (void)fflush(stdout); /* what was checked before a crash is known */
    return passed;
}

bool
ok(bool condition, const char *words, ...)
{
    va_list list;
    va_start(list, words);
    (void)report(condition, words, list);
    va_end(list);
    return condition;
}

bool
is_int(long got, long want, const char *words, ...)
{
    va_list list;
    va_start(list, words);
    (void)report(got == want, words, list);
    va_end(list);
    if (got != want)
        tap_note("got %ld, want %ld", got, want);
    return got == want;
}

bool
is_text(const char *got, const char *want, const char *words, ...)
{
    bool same = got && want ? strcmp(got, want) == 0 : got == want;
    va_list list;
    va_start(list, words);
    (void)report(same, words, list);
    va_end(list);
    if (!same) {
        tap_note("got:  %s", got ? got : "(null)");
        tap_note("want: %s", want ? want : "(null)");
    }
    return same;
}

static void
note_data(const char *label, const unsigned char *data, size_t size)
{
    enum { SHOWN_MAX = 64 };
    char text[2 * SHOWN_MAX + 1] = "";
    for (size_t i = 0; i < size && i < SHOWN_MAX; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", data[i]);
    tap_note("%s %zu bytes: %s%s", label, size, text, size > SHOWN_MAX ? "..." : "");
}

bool
is_data(const void *got, size_t got_size, const void *want, size_t want_size, const char *words, ...)
{
    bool same = got_size == want_size && (got_size == 0 || memcmp(got, want, got_size) == 0);
    va_list list;
    va_start(list, words);
    (void)report(same, words, list);
    va_end(list);
    if (!same) {
        note_data("got ", got, got_size);
        note_data("want", want, want_size);
    }
    return same;
}

void
tap_note(const char *words, ...)
{
    char text[512];
    va_list list;
    va_start(list, words);
    (void)vsnprintf(text, sizeof text, words, list);
    va_end(list);
    for (const char *line = text; line;) {
        size_t length = strcspn(line, "\n");
        printf("# %.*s\n", (int)length, line);
        line = line[length] && line[length + 1] ? line + length + 1 : NULL;
    }
    (void)fflush(stdout);
}

void
tap_skip(int count, const char *words, ...)
{
    char text[512];
    va_list list;
    va_start(list, words);
    (void)vsnprintf(text, sizeof text, words, list);
    va_end(list);
    for (int i = 0; i < count; i++)
        printf("ok %d # SKIP %s\n", ++checks, text);
    (void)fflush(stdout);
}

int
tap_done(void)
{
    printf("1..%d\n", checks);
    return checks > 0 && failures == 0 ? 0 : 1;
}
