/*
 * Patterns: words that say which peers are meant, such as 10.0.0.0/8, host.example or unix:uid=0. A pattern is of one
 * domain, whose row says how its words are read and how a peer matches. Reading and matching are pure, but for what
 * the kernel knows of a connection; names are asked for in between.
 */
#ifndef SKT_DOMAIN_PATTERN_H
#define SKT_DOMAIN_PATTERN_H

#include "base/fault.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;
struct domain;

enum { PATTERN_BYTES = 16, PATTERN_WORD_MAX = 320 };

/* What the bounds are of is the domain's own matter, and told by `kind`. */
struct pattern {
    const struct domain *domain;
    const char *name; /* has to be asked for first, and is in the word that was read; NULL: nothing has */
    int kind;
    uint32_t scope; /* of the addresses; 0: any */
    unsigned char low[PATTERN_BYTES], high[PATTERN_BYTES];
};

/* Owned by whoever filled it; free with pattern_list_free. */
struct pattern_list {
    struct pattern *items;
    size_t count, room;
};

/*
 * Read one pattern: DOMAIN:WORDS, or the words of IPv4 and IPv6 as they are. Asks nobody. The pattern points into the
 * word as long as it has a name. Returns NULL, or what would be right.
 */
const char *pattern_read(const char *word, struct pattern *pattern);

/*
 * Read patterns with commas between them, and add them to the list (NULL: only look whether they are well-formed).
 * Names are asked for, which may block; `numeric` forbids that.
 * Returns 0, or -1: STATUS_USAGE, with the pattern at the end of `where` ("--allow"); STATUS_LOOKUP for a name that
 * there is not; STATUS_LOCAL without memory.
 */
int pattern_read_all(const char *words, bool numeric, const char *where, struct pattern_list *list,
                     struct fault *fault);

/* Add a pattern. Returns 0, or -1 (no memory, errno set). */
int pattern_list_add(struct pattern_list *list, const struct pattern *pattern);
void pattern_list_free(struct pattern_list *list);

/*
 * Does a pattern of the list match a peer whose address is of `domain`? fd: its connection, or -1 for datagrams.
 */
bool pattern_list_matches(const struct pattern_list *list, const struct domain *domain,
                          const struct address *peer, int fd);

/* Numbers as bounds: LOW or LOW-HIGH in decimal digits, without more zeros than they need. False: not that. */
bool pattern_read_range(const char *text, uint32_t most, uint32_t *low, uint32_t *high);
void pattern_set_bounds(struct pattern *pattern, uint32_t low, uint32_t high);
bool pattern_bounds_have(const struct pattern *pattern, uint32_t number);

#endif
