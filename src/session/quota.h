/* How many clients one peer may have at once, and how many may come in a time: --max-per-peer, --rate-conns. */
#ifndef SKT_SESSION_QUOTA_H
#define SKT_SESSION_QUOTA_H

#include "dial/open.h"
#include "request/request.h"
#include <stdbool.h>
#include <stdint.h>

struct quota;

/* A client's place among those of its peer. */
struct quota_place;

/* request is lent. Returns a quota to close once all have left, or NULL with STATUS_LOCAL. */
struct quota *quota_open(const struct request *request, struct fault *fault);
void quota_close(struct quota *quota);

/*
 * May its peer have one more client? A peer is an address without the port; where there are no ports, the word by which
 * the address is known; at a local socket the user, of whom `fd` is asked (-1: there is no connection).
 */
bool quota_has_place(const struct quota *quota, const struct socket_plan *plan, const struct address *peer,
                     int fd);

/* Count one that has come. *place is what to give back, NULL without a limit. Returns 0, or -1 with STATUS_LOCAL. */
int quota_take(struct quota *quota, const struct socket_plan *plan, const struct address *peer, int fd,
               struct quota_place **place, struct fault *fault);
void quota_leave(struct quota *quota, struct quota_place *place);

/* When the next one may come, in monotonic ms: 0, or a time that has passed, if it may at once. */
int64_t quota_next(const struct quota *quota);

/* One has come. */
void quota_spend(struct quota *quota);

#endif
