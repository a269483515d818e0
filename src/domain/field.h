/* Numbers within an address of one word: what stands before each separator. */
#ifndef SKT_DOMAIN_FIELD_H
#define SKT_DOMAIN_FIELD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Read the number at *text that ends before one of the characters in `ends`, or at the end of the text, and move
 * *text to where it ends. base: as for number_whole (base/number.h), or 16 for digits without 0x. False, with *text
 * where it was, if that is no number from 0 to max.
 */
bool field_number(const char **text, const char *ends, unsigned base, int64_t max, int64_t *number);

/* Move *text behind one of the characters in `marks`, if one stands there. */
bool field_mark(const char **text, const char *marks);

#endif
