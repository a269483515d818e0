#include "base/poller.h"

#include "base/deadline.h"
#include "base/fd.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { EVENTS_AT_ONCE = 256 };

/* So few are asked by poll(2) each time: that costs less than to tell epoll of one that comes and soon goes. */
enum { FEW_MAX = 8 };

/*
 * Whose a descriptor is. epoll knows open files, not descriptors: while a program that is just being started still has a
 * copy of one that we have closed, epoll goes on telling of it, under a number that may be another's by now. The turn says
 * which of the two is meant.
 */
struct owner {
    struct watch *watch;
    uint32_t turn; /* of its use */
};

struct poller {
    int epoll;
    bool has_many;              /* there were more than a few once: since then epoll has them all */
    struct watch *few[FEW_MAX]; /* until then: those that have descriptors */
    size_t few_count, few_descriptors;
    struct owner *owners; /* by descriptor */
    size_t owner_count;
    struct watch **heap; /* by deadline, the soonest at [1] */
    size_t heap_count, heap_capacity;
    struct watch *first, *last; /* to be told */
    struct epoll_event events[EVENTS_AT_ONCE];
};

struct poller *
poller_open(struct fault *fault)
{
    struct poller *poller = calloc(1, sizeof *poller);
    if (poller)
        poller->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (poller && poller->epoll >= 0)
        return poller;
    (void)fault_set(fault, STATUS_LOCAL, "epoll");
    free(poller);
    return NULL;
}

void
poller_close(struct poller *poller)
{
    (void)fd_close(&poller->epoll); /* nothing is written to it */
    free(poller->owners);
    free(poller->heap);
    free(poller);
}

/* --- those that are to be told ----------------------------------------------------------------------------------- */

void
poller_wake(struct poller *poller, struct watch *watch)
{
    if (watch->is_queued)
        return;
    watch->is_queued = true;
    watch->next = NULL;
    watch->before = poller->last;
    *(poller->last ? &poller->last->next : &poller->first) = watch;
    poller->last = watch;
}

bool
poller_is_busy(const struct poller *poller)
{
    return poller->first != NULL;
}

static void
unqueue(struct poller *poller, struct watch *watch)
{
    if (!watch->is_queued)
        return;
    *(watch->before ? &watch->before->next : &poller->first) = watch->next;
    *(watch->next ? &watch->next->before : &poller->last) = watch->before;
    watch->is_queued = false;
}

/* --- deadlines: a binary heap ------------------------------------------------------------------------------------ */

static void
put_at(struct poller *poller, size_t place, struct watch *watch)
{
    poller->heap[place] = watch;
    watch->place = place;
}

static void
sift(struct poller *poller, struct watch *watch, size_t place)
{
    while (place > 1 && poller->heap[place / 2]->deadline > watch->deadline) {
        put_at(poller, place, poller->heap[place / 2]);
        place /= 2;
    }
    for (size_t child; (child = 2 * place) <= poller->heap_count; place = child) {
        if (child < poller->heap_count && poller->heap[child + 1]->deadline < poller->heap[child]->deadline)
            child++;
        if (poller->heap[child]->deadline >= watch->deadline)
            break;
        put_at(poller, place, poller->heap[child]);
    }
    put_at(poller, place, watch);
}

static void
forget_deadline(struct poller *poller, struct watch *watch)
{
    size_t place = watch->place;
    if (place == 0)
        return;
    watch->place = 0;
    struct watch *last = poller->heap[poller->heap_count--];
    if (last != watch)
        sift(poller, last, place);
}

static int
note_deadline(struct poller *poller, struct watch *watch, int64_t deadline, struct fault *fault)
{
    watch->deadline = deadline;
    if (deadline == DEADLINE_NEVER) {
        forget_deadline(poller, watch);
        return 0;
    }
    if (watch->place == 0) {
        if (poller->heap_count + 2 > poller->heap_capacity) {
            size_t capacity = poller->heap_capacity ? 2 * poller->heap_capacity : 64;
            struct watch **heap = realloc(poller->heap, capacity * sizeof(struct watch *));
            if (!heap)
                return fault_set(fault, STATUS_LOCAL, "deadlines");
            poller->heap = heap;
            poller->heap_capacity = capacity;
        }
        watch->place = ++poller->heap_count;
        poller->heap[watch->place] = watch;
    }
    sift(poller, watch, watch->place);
    return 0;
}

static void
queue_passed(struct poller *poller, int64_t now)
{
    while (poller->heap_count > 0 && deadline_passed(poller->heap[1]->deadline, now)) {
        struct watch *watch = poller->heap[1];
        forget_deadline(poller, watch);
        poller_wake(poller, watch);
    }
}

/* --- descriptors ------------------------------------------------------------------------------------------------- */

static struct pollfd *
poll_of(const struct watch *watch, int fd)
{
    for (unsigned i = 0; i < watch->count; i++)
        if (watch->polls[i].fd == fd)
            return &watch->polls[i];
    return NULL;
}

static int
make_room(struct poller *poller, struct watch *watch, size_t count, int fd_max)
{
    if (count > (watch->capacity > 0 ? watch->capacity : 1)) {
        struct pollfd *polls = realloc(watch->capacity > 0 ? watch->polls : NULL, count * sizeof *polls);
        if (!polls)
            return -1;
        if (watch->capacity == 0 && watch->count > 0)
            *polls = watch->one;
        watch->polls = polls;
        watch->capacity = (unsigned)count;
    } else if (watch->capacity == 0) {
        watch->polls = &watch->one;
    }
    size_t needed = (size_t)fd_max + 1;
    if (fd_max < 0 || needed <= poller->owner_count)
        return 0;
    needed += needed / 2;
    struct owner *owners = realloc(poller->owners, needed * sizeof *owners);
    if (!owners)
        return -1;
    memset(owners + poller->owner_count, 0, (needed - poller->owner_count) * sizeof *owners);
    poller->owners = owners;
    poller->owner_count = needed;
    return 0;
}

/* One that was closed meanwhile is gone by itself, and its number may be another watch's by now. */
static void
forget_descriptor(struct poller *poller, const struct watch *watch, int fd)
{
    if (fd < 0 || poller->owners[fd].watch != watch)
        return;
    poller->owners[fd].watch = NULL;
    (void)epoll_ctl(poller->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* Returns 1 if it is always ready, 0, or -1 with errno. */
static int
watch_descriptor(struct poller *poller, struct watch *watch, const struct pollfd *poll, bool was_there)
{
    struct owner *owner = &poller->owners[poll->fd];
    struct epoll_event event = { .events = (uint16_t)poll->events, /* the same bits */
                                 .data.u64 = (uint64_t)++owner->turn << 32 | (unsigned)poll->fd };
    int how = was_there && owner->watch == watch ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int result = epoll_ctl(poller->epoll, how, poll->fd, &event);
    if (result != 0 && (errno == ENOENT || errno == EEXIST))
        result = epoll_ctl(poller->epoll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, poll->fd, &event);
    if (result == 0)
        owner->watch = watch;
    return result == 0 ? 0 : errno == EPERM ? poll->events != 0 : -1;
}

/* --- a few ------------------------------------------------------------------------------------------------------- */

static void
set_few(struct poller *poller, struct watch *watch, const struct pollfd *polls, size_t count)
{
    bool is_there = watch->count > 0;
    poller->few_descriptors = poller->few_descriptors - watch->count + count;
    watch->count = (unsigned)count;
    for (size_t i = 0; i < count; i++)
        watch->polls[i] = (struct pollfd){ .fd = polls[i].fd, .events = polls[i].events };
    if (is_there == (count > 0))
        return;
    size_t place = 0;
    while (place < poller->few_count && poller->few[place] != watch)
        place++;
    if (is_there)
        poller->few[place] = poller->few[--poller->few_count];
    else
        poller->few[poller->few_count++] = watch;
}

/* There are more than a few from here on. Returns 0, or -1 with errno and nothing changed. */
static int
give_to_epoll(struct poller *poller)
{
    int result = 0;
    for (size_t i = 0; i < poller->few_count && result >= 0; i++)
        for (unsigned j = 0; j < poller->few[i]->count && result >= 0; j++) {
            const struct pollfd *poll = &poller->few[i]->polls[j];
            result = poll->fd >= 0 ? watch_descriptor(poller, poller->few[i], poll, false) : 0;
            if (result < 0 && errno == EBADF) /* closed meanwhile: gone by itself, as with epoll */
                result = 0;
            if (result > 0) /* always ready: it hears so when it asks again */
                poller_wake(poller, poller->few[i]);
        }
    int error = errno;
    for (size_t i = 0; i < poller->few_count && result < 0; i++)
        for (unsigned j = 0; j < poller->few[i]->count; j++)
            forget_descriptor(poller, poller->few[i], poller->few[i]->polls[j].fd);
    errno = error;
    poller->has_many = result >= 0;
    return result < 0 ? -1 : 0;
}

static int
wait_for_few(struct poller *poller, struct loop *loop, int64_t deadline, struct fault *fault)
{
    struct pollfd polls[FEW_MAX];
    size_t count = 0;
    for (size_t i = 0; i < poller->few_count; i++)
        for (unsigned j = 0; j < poller->few[i]->count; j++)
            polls[count++] = poller->few[i]->polls[j];
    if (loop_wait(loop, polls, count, deadline, fault) < 0)
        return -1;
    for (size_t i = poller->few_count; i-- > 0;) /* the newest first, before one more comes in */
        for (unsigned j = poller->few[i]->count; j-- > 0;) {
            poller->few[i]->polls[j].revents = polls[--count].revents;
            if (polls[count].revents != 0)
                poller_wake(poller, poller->few[i]);
        }
    return 0;
}

/* --- all of them ------------------------------------------------------------------------------------------------- */

/* Tell epoll of what has changed. Returns 1 if one is always ready, 0, or -1 with errno. */
static int
set_many(struct poller *poller, struct watch *watch, const struct pollfd *polls, size_t count)
{
    bool at_once = false;
    for (size_t i = 0; i < count; i++) {
        const struct pollfd *known = polls[i].fd >= 0 ? poll_of(watch, polls[i].fd) : NULL;
        bool is_same = known && known->events == polls[i].events && poller->owners[known->fd].watch == watch;
        int result = polls[i].fd < 0 || is_same ? 0 : watch_descriptor(poller, watch, &polls[i], known);
        if (result < 0)
            return -1;
        at_once = at_once || result > 0;
    }
    for (unsigned i = 0; i < watch->count; i++) {
        bool stays = false;
        for (size_t j = 0; j < count; j++)
            stays = stays || polls[j].fd == watch->polls[i].fd;
        if (!stays)
            forget_descriptor(poller, watch, watch->polls[i].fd);
    }
    if (count > 0)
        memcpy(watch->polls, polls, count * sizeof *polls);
    watch->count = (unsigned)count;
    for (size_t i = 0; i < count; i++) /* what epoll refuses is always ready */
        watch->polls[i].revents =
            (short)(at_once && polls[i].fd >= 0 && poller->owners[polls[i].fd].watch != watch
                        ? polls[i].events
                        : 0);
    return at_once;
}

int
poller_set(struct poller *poller, struct watch *watch, const struct pollfd *polls, size_t count,
           int64_t deadline, struct fault *fault)
{
    int fd_max = -1;
    for (size_t i = 0; i < count; i++)
        fd_max = polls[i].fd > fd_max ? polls[i].fd : fd_max;
    if (make_room(poller, watch, count, fd_max) != 0)
        return fault_set(fault, STATUS_LOCAL, "what to wait for");
    if (!poller->has_many && poller->few_descriptors - watch->count + count <= FEW_MAX) {
        set_few(poller, watch, polls, count);
        return note_deadline(poller, watch, deadline, fault);
    }
    int always_ready = -1;
    if (poller->has_many || give_to_epoll(poller) == 0)
        always_ready = set_many(poller, watch, polls, count);
    if (always_ready < 0)
        return fault_set(fault, STATUS_LOCAL, "what to wait for");
    return note_deadline(poller, watch, always_ready ? 0 : deadline, fault);
}

void
poller_drop(struct poller *poller, struct watch *watch)
{
    if (!poller->has_many)
        set_few(poller, watch, NULL, 0);
    for (unsigned i = 0; i < watch->count; i++)
        forget_descriptor(poller, watch, watch->polls[i].fd);
    forget_deadline(poller, watch);
    unqueue(poller, watch);
    if (watch->capacity > 0)
        free(watch->polls);
    *watch = (struct watch){ 0 };
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

static void
queue_ready(struct poller *poller, int count)
{
    for (int i = 0; i < count; i++) {
        int fd = (int)(uint32_t)poller->events[i].data.u64;
        const struct owner *owner = &poller->owners[fd];
        bool is_meant = owner->turn == poller->events[i].data.u64 >> 32;
        struct watch *watch = is_meant ? owner->watch : NULL;
        struct pollfd *poll = watch ? poll_of(watch, fd) : NULL;
        if (!poll)
            continue;
        poll->revents = (short)poller->events[i].events;
        poller_wake(poller, watch);
    }
}

static int
wait_for_many(struct poller *poller, struct loop *loop, int64_t deadline, struct fault *fault)
{
    int ready = loop_wait_many(loop, poller->epoll, poller->events, EVENTS_AT_ONCE, deadline, fault);
    if (ready >= 0)
        queue_ready(poller, ready);
    return ready < 0 ? -1 : 0;
}

struct watch *
poller_next(struct poller *poller, struct loop *loop, struct fault *fault)
{
    if (poller->first)
        loop->now = deadline_now(); /* others have had their turn since */
    while (!poller->first) {
        int64_t deadline = poller->heap_count > 0 ? poller->heap[1]->deadline : DEADLINE_NEVER;
        int result = poller->has_many ? wait_for_many(poller, loop, deadline, fault)
                                      : wait_for_few(poller, loop, deadline, fault);
        if (result < 0)
            return NULL;
        queue_passed(poller, loop->now);
    }
    struct watch *watch = poller->first;
    unqueue(poller, watch);
    return watch;
}
