#include "domain/inet_sctp.h"

#include <errno.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <string.h>

/* Where our end is told, what comes in is refused: so neither is told before the session is over. */
const struct type sctp_stream_type = {
    .name = "stream",
    .value = SOCK_STREAM,
    .only_protocol = IPPROTO_SCTP,
    .accepts = true,
    .end_error = ENOTCONN,
};

const struct type sctp_type = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .listens = true,
    .addressed = true,
    .no_empty = true,
    .marks_end = true,
    .help = "SCTP, one socket for many peers",
};

void
sctp_opened(int fd)
{
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on); /* without it, only slower */
}

int
sctp_prepare(int fd, enum status status, struct fault *fault)
{
    static const uint16_t events[] = { SCTP_ASSOC_CHANGE, SCTP_SHUTDOWN_EVENT, SCTP_SEND_FAILED };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        const struct sctp_event event = { .se_type = events[i], .se_on = 1 };
        if (setsockopt(fd, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event) < 0)
            return fault_set(fault, status, "socket option SCTP_EVENT");
    }
    sctp_opened(fd);
    return 0;
}

/* The state that a notice of a change tells, or -1 for another notice. */
static int
change_of(const void *message, size_t size)
{
    struct sctp_assoc_change change;
    if (size < sizeof change)
        return -1;
    memcpy(&change, message, sizeof change);
    return change.sac_type == SCTP_ASSOC_CHANGE ? change.sac_state : -1;
}

enum notice
sctp_notice(const void *message, size_t size)
{
    uint16_t type = 0;
    if (size >= sizeof type)
        memcpy(&type, message, sizeof type);
    int change = change_of(message, size);
    if (type == SCTP_SHUTDOWN_EVENT || change == SCTP_SHUTDOWN_COMP)
        return NOTICE_ENDED;
    return type == SCTP_SEND_FAILED || change == SCTP_COMM_LOST ? NOTICE_LOST : NOTICE_OTHER;
}

/* connect(2) on an association that has failed would begin another: its notice is looked for first. */
int
sctp_connect(int fd, const struct address *remote)
{
    union sctp_notification notice;
    ssize_t n = recv(fd, &notice, sizeof notice, MSG_DONTWAIT);
    int change = n > 0 ? change_of(&notice, (size_t)n) : -1;
    if (change == SCTP_COMM_UP)
        return 0;
    if (change >= 0) {
        errno = ECONNREFUSED;
        return -1;
    }
    int result = connect(fd, (const struct sockaddr *)&remote->name, remote->length);
    if (result < 0 && (errno == EINPROGRESS || errno == EALREADY))
        errno = EAGAIN;
    return result;
}
