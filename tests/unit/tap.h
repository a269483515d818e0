/*
 * Unit tests that speak TAP (testanything.org): one line a check, and the plan at the end.
 *
 *     #include "pump/buffer.h"
 *     #include "tap.h"
 *
 *     int
 *     main(void)
 *     {
 *         struct buffer buffer;
 *         is_int(buffer_new(&buffer, 10, NULL), 0, "a buffer of 10 bytes is made");
 *         is_int((long)buffer_size(&buffer), 0, "it is empty");
 *         buffer_free(&buffer);
 *         return tap_done();
 *     }
 *
 * The words are the sentence that would be false if the check failed; a format as for printf(3). A failing
 * check says what it got and what it wanted, and the program goes on. Each returns whether it passed, for
 * `if (!ok(...)) return tap_done();` where nothing makes sense after it.
 */
#ifndef SKT_TESTS_UNIT_TAP_H
#define SKT_TESTS_UNIT_TAP_H

#include <stdbool.h>
#include <stddef.h>

/* The condition holds. */
bool ok(bool condition, const char *words, ...) __attribute__((format(printf, 2, 3)));

/* Two numbers are equal. */
bool is_int(long got, long want, const char *words, ...) __attribute__((format(printf, 3, 4)));

/* Two strings are equal. Either may be NULL, which equals only NULL. */
bool is_text(const char *got, const char *want, const char *words, ...) __attribute__((format(printf, 3, 4)));

/* Two pieces of memory have the same size and content. */
bool is_data(const void *got, size_t got_size, const void *want, size_t want_size, const char *words, ...)
    __attribute__((format(printf, 5, 6)));

/* A line of explanation, shown with the results. */
void tap_note(const char *words, ...) __attribute__((format(printf, 1, 2)));

/* Skip `count` checks, and say why. */
void tap_skip(int count, const char *words, ...) __attribute__((format(printf, 2, 3)));

/* Print the plan. Returns the program's exit status: 0 if every check passed and there was one, else 1. */
int tap_done(void);

#endif
