/* Names of rows as people type them: in any case, with or without the C prefix, or as a number. */
#ifndef SKT_DOMAIN_NAME_H
#define SKT_DOMAIN_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does `typed` mean the row called `name`, one of the blank-separated `aliases`, or numbered `number`?
 * prefixes: "PF_", "AF_", ...; ended by NULL. One of them may stand before a name.
 */
bool name_matches(const char *typed, const char *const *prefixes, const char *name, const char *aliases,
                  int number);

/* Are `length` characters this name (in small letters, with dashes), in any case and with _ for -? */
bool name_equals(const char *typed, size_t length, const char *name);

#endif
