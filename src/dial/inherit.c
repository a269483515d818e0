#include "dial/inherit.h"

#include "base/deadline.h"
#include "base/fd.h"
#include "base/number.h"
#include "domain/other.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECEIVED_MAX = 253 }; /* SCM_MAX_FD: so that the kernel drops none of them */

int
inherit_number(const char *word)
{
    int64_t number = 0;
    if (strncmp(word, "fd:", 3) != 0 || number_whole(word + 3, NUMBER_DECIMAL, &number) != NUMBER_FOUND)
        return -1;
    return number <= INT_MAX ? (int)number : -1;
}

static int
ask(int fd, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

static const struct type *
type_numbered(int value)
{
    for (const struct type *const *type = type_rows; *type; type++)
        if ((*type)->value == value)
            return *type;
    return NULL;
}

static bool
is_connected(int fd)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
}

/* Sockets of netlink always have a peer: the kernel, whose address is all zeros, unless they chose another. */
static bool
chose_peer(int fd)
{
    union {
        struct sockaddr_storage name;
        unsigned char bytes[sizeof(struct sockaddr_storage)];
    } peer = { .bytes = { 0 } };
    socklen_t size = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer.name, &size) < 0)
        return false;
    socklen_t at = sizeof peer.name.ss_family;
    while (at < size && peer.bytes[at] == 0)
        at++;
    return size <= sizeof peer.name.ss_family || at < size;
}

/* Is it in the state that its role needs? */
static int
check_role(int fd, const char *word, const struct type *type, bool listens, enum status status,
           struct fault *fault)
{
    bool can_listen = type->accepts || type->listens;
    if (can_listen && listens && ask(fd, SO_ACCEPTCONN) != 1)
        return fault_say(fault, status, "is a socket that does not listen: leave out -l", "%s", word);
    if (can_listen && !listens && ask(fd, SO_ACCEPTCONN) == 1)
        return fault_say(fault, status, "is a socket that listens: that needs -l", "%s", word);
    if (!can_listen && listens && chose_peer(fd))
        return fault_say(fault, status, "is a socket that is connected: leave out -l", "%s", word);
    if (!listens && !type->addressed && !is_connected(fd))
        return fault_say(fault, status, "is a socket that is not connected", "%s", word);
    return 0;
}

static int
differs(const char *word, const char *is, const char *wish, enum status status, struct fault *fault)
{
    char why[128];
    (void)snprintf(why, sizeof why, "is a socket of %s, not %s", is, wish);
    return fault_say(fault, status, why, "%s", word);
}

int
inherit_describe(int fd, const char *word, const struct inherit_wish *wish, struct socket_plan *plan,
                 enum status status, struct fault *fault)
{
    int family = ask(fd, SO_DOMAIN);
    if (family < 0 && errno == ENOTSOCK)
        return fault_say(fault, status, "is not a socket", "%s", word);
    if (family < 0 && errno == EBADF)
        return fault_say(fault, status, "is not open", "%s", word);
    if (family < 0)
        return fault_set(fault, status, "%s", word);
    const struct domain *domain = domain_of(family) ? domain_of(family) : &other_domain;
    const struct type *usual = type_numbered(ask(fd, SO_TYPE));
    int protocol = ask(fd, SO_PROTOCOL);
    const struct type *type = usual ? domain_type(domain, usual, protocol) : NULL;
    if (!type)
        return fault_say(fault, status, "is a socket of a type that is not known here", "%s", word);
    if (wish->domain && wish->domain != domain && wish->domain != domain->whole)
        return differs(word, domain->name, wish->domain->name, status, fault);
    if (wish->type && wish->type->value != type->value)
        return differs(word, type->name, wish->type->name, status, fault);
    if (check_role(fd, word, type, wish->listens, status, fault) < 0)
        return -1;
    plan->domain = domain;
    plan->family = family;
    plan->type = type;
    plan->protocol = protocol > 0 ? protocol : 0;
    return 0;
}

/* Put /dev/null in the place of the standard streams that are the socket: it is the far end now, not this one. */
static int
leave_standard(int fd, struct fault *fault)
{
    struct stat socket, stream;
    if (fd_stat(fd, &socket) < 0)
        return fault_set(fault, STATUS_LOCAL, "fd:%d", fd);
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++) {
        bool is_same = fd_stat(standard, &stream) == 0 && stream.st_dev == socket.st_dev &&
                       stream.st_ino == socket.st_ino;
        if (!is_same)
            continue;
        int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (nothing < 0 || dup2(nothing, standard) < 0)
            return fault_set(fault, STATUS_LOCAL, "/dev/null in place of descriptor %d", standard);
        (void)fd_close(&nothing); /* only a second name for it */
    }
    return 0;
}

int
inherit_take(int fd, struct fault *fault)
{
    int own = fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (own < 0 || fcntl(own, F_SETFD, FD_CLOEXEC) < 0)
        return fault_set(fault, STATUS_LOCAL, "fd:%d", fd);
    if (leave_standard(own, fault) == 0)
        return own;
    (void)fd_close(&own); /* not in use yet */
    return -1;
}

/* The one descriptor of a message; what is too much is closed. Returns -1 with fault if it is not one. */
static int
take_rights(struct msghdr *message, struct fault *fault)
{
    int found = -1;
    size_t count = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; at + CMSG_LEN(0) < part->cmsg_len; at += sizeof found) {
            (void)fd_close(&found); /* all but the last; with more than one, that too below */
            memcpy(&found, CMSG_DATA(part) + at, sizeof found);
            count++;
        }
    }
    if (count == 1)
        return found;
    (void)fd_close(&found);
    return fault_say(fault, STATUS_LOCAL,
                     count == 0 ? "no descriptor came with the first byte" : "more than one descriptor came",
                     "standard input");
}

int
inherit_receive(struct loop *loop, int64_t deadline, struct fault *fault)
{
    if (ask(STDIN_FILENO, SO_DOMAIN) != AF_UNIX)
        return fault_say(fault, STATUS_LOCAL, "is no Unix socket, over which a descriptor could come",
                         "standard input");
    for (;;) {
        union {
            struct cmsghdr aligned;
            char space[CMSG_SPACE(RECEIVED_MAX * sizeof(int))];
        } control;
        char byte;
        struct iovec vector = { .iov_base = &byte, .iov_len = sizeof byte };
        struct msghdr message = {
            .msg_iov = &vector,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof control,
        };
        ssize_t n = recvmsg(STDIN_FILENO, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n == 0 && message.msg_controllen == 0)
            return fault_say(fault, STATUS_LOCAL, "ended before a descriptor came", "standard input");
        if (n >= 0)
            return take_rights(&message, fault);
        if (errno != EAGAIN && errno != EINTR)
            return fault_set(fault, STATUS_LOCAL, "standard input");
        struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
        if (deadline_passed(deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: no descriptor came", "standard input");
        if (loop_wait(loop, &input, 1, deadline, fault) < 0)
            return -1;
    }
}

int
inherit_prepare(const struct socket_plan *plan, int fd, enum purpose purpose, enum status status,
                struct fault *fault)
{
    if (open_filter(plan, fd, status, fault) < 0 ||
        sockopt_apply(fd, &plan->options, PHASE_OPENED, status, fault) < 0 ||
        (plan->groups && open_join(plan, fd, purpose, status, fault) < 0)) /* whoever opened it has its own */
        return -1;
    return sockopt_apply(fd, &plan->options, PHASE_BOUND, status, fault);
}

int
inherit_finish(const struct socket_plan *plan, int fd, struct address *peer, struct fault *fault)
{
    *peer = (struct address){ .length = sizeof peer->name };
    if (getpeername(fd, (struct sockaddr *)&peer->name, &peer->length) < 0)
        *peer = (struct address){ .length = 0 }; /* a type without connect(2) */
    if (inherit_prepare(plan, fd, PURPOSE_CONNECT, STATUS_CONNECT, fault) < 0)
        return -1;
    return open_finish(plan, fd, false, STATUS_CONNECT, fault);
}
