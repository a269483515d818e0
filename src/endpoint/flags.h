/*
 * Flags of send(2) and recv(2) by name: which ones make sense for every call of a session, and why the others
 * do not. Pure.
 */
#ifndef SKT_ENDPOINT_FLAGS_H
#define SKT_ENDPOINT_FLAGS_H

#include "domain/type.h"
#include <stdbool.h>
#include <stddef.h>

enum flags_place { FLAGS_SEND, FLAGS_RECEIVE };

struct flag_row {
    const char *name; /* "dontroute" */
    int value;        /* MSG_DONTROUTE */
    enum flags_place place;
    const char *why;          /* not NULL: it makes no sense here, for this reason */
    const char *bytes_why;    /* the same for streams of bytes only */
    const char *messages_why; /* the same for types that keep messages apart only */
};

/* All rows, ended by one with name NULL. */
extern const struct flag_row flag_rows[];

/*
 * Read names, separated by commas, in any case, with or without MSG_; a number stands for the bits in it. Returns
 * 0, or -1 with the word that is wrong and the reason in `why`.
 */
int flags_parse(const char *list, enum flags_place place, int *flags, char *why, size_t size);

/* The first of these flags that makes no sense for a unit, with the reason in *why; NULL: there is none. */
const struct flag_row *flags_misfit(int flags, enum flags_place place, enum unit unit, const char **why);

#endif
