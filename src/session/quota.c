#include "session/quota.h"

#include "base/deadline.h"
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* One peer and how many there are of it. */
struct quota_place {
    uint64_t count;
    char words[];
};

struct quota {
    const struct request *request;
    void *places;   /* of tsearch(3), which has no bad cases that somebody could send us */
    int64_t due_us; /* when the next one would come if they came evenly */
};

struct quota *
quota_open(const struct request *request, struct fault *fault)
{
    struct quota *quota = calloc(1, sizeof *quota);
    if (!quota)
        (void)fault_set(fault, STATUS_LOCAL, "limits of clients");
    else
        quota->request = request;
    return quota;
}

void
quota_close(struct quota *quota)
{
    free(quota); /* who has left has taken its place along */
}

/* --- of each peer ------------------------------------------------------------------------------------------------ */

static int
compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static struct quota_place *
place_of(const char *words)
{
    return (struct quota_place *)(void *)((uintptr_t)words - offsetof(struct quota_place, words));
}

/* Who a peer is. */
static void
name_peer(const struct socket_plan *plan, const struct address *peer, int fd, struct address_text *text)
{
    struct ucred owner;
    socklen_t size = sizeof owner;
    bool has_owner =
        fd >= 0 && plan->domain->who && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &size) == 0;
    open_format(plan, peer, text);
    if (has_owner)
        (void)snprintf(text->host, sizeof text->host, "uid %ld", (long)owner.uid);
}

bool
quota_has_place(const struct quota *quota, const struct socket_plan *plan, const struct address *peer, int fd)
{
    if (quota->request->max_per_peer == 0)
        return true;
    struct address_text text;
    name_peer(plan, peer, fd, &text);
    char *const *found = tfind(text.host, &quota->places, compare);
    return !found || place_of(*found)->count < (uint64_t)quota->request->max_per_peer;
}

static struct quota_place *
new_place(struct quota *quota, const char *words)
{
    size_t size = strlen(words) + 1;
    struct quota_place *place = malloc(sizeof *place + size);
    if (!place)
        return NULL;
    place->count = 0;
    memcpy(place->words, words, size);
    if (tsearch(place->words, &quota->places, compare))
        return place;
    free(place);
    return NULL;
}

int
quota_take(struct quota *quota, const struct socket_plan *plan, const struct address *peer, int fd,
           struct quota_place **place, struct fault *fault)
{
    *place = NULL;
    if (quota->request->max_per_peer == 0)
        return 0;
    struct address_text text;
    name_peer(plan, peer, fd, &text);
    char *const *found = tfind(text.host, &quota->places, compare);
    *place = found ? place_of(*found) : new_place(quota, text.host);
    if (!*place)
        return fault_set(fault, STATUS_LOCAL, "%s", text.host);
    (*place)->count++;
    return 0;
}

void
quota_leave(struct quota *quota, struct quota_place *place)
{
    if (!place || --place->count > 0)
        return;
    (void)tdelete(place->words, &quota->places, compare);
    free(place);
}

/* --- of all in a time -------------------------------------------------------------------------------------------- */

int64_t
quota_next(const struct quota *quota)
{
    const struct conn_rate *rate = &quota->request->rate;
    int64_t ahead_us = (rate->burst - 1) * rate->interval_us;
    return rate->burst == 0 ? 0 : (quota->due_us - ahead_us + 999) / 1000;
}

void
quota_spend(struct quota *quota)
{
    const struct conn_rate *rate = &quota->request->rate;
    if (rate->burst == 0)
        return;
    int64_t now_us = deadline_now() * 1000;
    quota->due_us = (quota->due_us > now_us ? quota->due_us : now_us) + rate->interval_us;
}
