/*
 * The addresses that a plan connects to, those that it comes from, and that of a target behind a proxy, on their way. Several dials may wait for the same,
 * so that many clients of one relay are one question to the name server, and one thread.
 */
#ifndef SKT_DIAL_NAMES_H
#define SKT_DIAL_NAMES_H

#include "dial/open.h"
#include <stdbool.h>

struct names;

/* Begin to ask. The plan is lent, and outlives it. Returns names to leave, or NULL with STATUS_LOCAL. */
struct names *names_start(const struct socket_plan *plan, struct fault *fault);

/* One more that has an interest in it. Returns names. */
struct names *names_hold(struct names *names);

/* No more interest in it. NULL is none. */
void names_leave(struct names *names);

/*
 * Go on. Is it over? While it is not, names_fd tells when to go on; it may be another one then. To be called only by the
 * one who waits for that descriptor; others ask whether it is over.
 */
bool names_step(struct names *names);
bool names_are_over(const struct names *names);
int names_fd(const struct names *names);

/*
 * Once it is over: the addresses to connect to, in the order in which they are raced, and those to come from, none if the
 * plan has no source. The lists are lent for as long as there is an interest.
 * Returns 0, or -1 with STATUS_LOOKUP, or STATUS_CONNECT where the kernel lacks the family.
 */
int names_result(const struct names *names, const struct address_list **remotes,
                 const struct address_list **sources, struct fault *fault);

/* The address of whom a proxy is to connect us to, if we are the ones who look that up; lent likewise. Otherwise NULL. */
const struct address *names_target(const struct names *names);

/* Say that it took too long: STATUS_TIMEOUT. Returns -1. */
int names_timed_out(const struct names *names, struct fault *fault);

#endif
