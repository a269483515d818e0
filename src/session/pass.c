#include "session/pass.h"

#include "base/deadline.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
pass_check(struct fault *fault)
{
    int family = 0;
    socklen_t size = sizeof family;
    if (getsockopt(STDOUT_FILENO, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX)
        return 0;
    return fault_say(fault, STATUS_LOCAL, "is no Unix socket, over which a descriptor could be passed",
                     "standard output");
}

int
pass_descriptor(struct loop *loop, int fd, int64_t deadline, struct fault *fault)
{
    union {
        struct cmsghdr aligned;
        char space[CMSG_SPACE(sizeof fd)];
    } control = { .space = { 0 } };
    char byte = '\0';
    struct iovec vector = { .iov_base = &byte, .iov_len = sizeof byte };
    struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control.space,
    };
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    while (sendmsg(STDOUT_FILENO, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN && errno != EINTR)
            return fault_set(fault, STATUS_LOCAL, "pass the descriptor over standard output");
        if (deadline_passed(deadline, deadline_now()))
            return fault_say(fault, STATUS_TIMEOUT, "timed out: nobody takes it",
                             "pass the descriptor over standard output");
        struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
        if (loop_wait(loop, &output, 1, deadline, fault) < 0)
            return -1;
    }
    return 0;
}
