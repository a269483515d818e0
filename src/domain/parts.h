/* Addresses of one word that are numbers with marks between them, as 1000.42:128. Pure. */
#ifndef SKT_DOMAIN_PARTS_H
#define SKT_DOMAIN_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Take the number that *text begins with, up to a character in `marks` or the end of the text, and move *text behind
 * it. base: 10, which also takes hexadecimal after 0x, or 16. False, with *text where it was: no number from 0 to max.
 */
bool parts_number(const char **text, const char *marks, unsigned base, uint64_t max, uint64_t *number);

/* Move *text behind one of the marks, if one stands there. */
bool parts_mark(const char **text, const char *marks);

#endif
