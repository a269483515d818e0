#include "dial/probe.h"

#include "base/fd.h"
#include <errno.h>
#include <sys/socket.h>

static int
open_one(const struct domain *domain, const struct type *type)
{
    int protocol =
        domain->socket_protocol ? domain->socket_protocol(type, type->only_protocol) : type->only_protocol;
    int fd = socket(domain->family, type->value | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return errno;
    (void)fd_close(&fd); /* nothing was done with it */
    return 0;
}

int
probe_socket(const struct domain *domain, const struct type *type)
{
    int error = EAFNOSUPPORT;
    bool has_parts = false;
    for (const struct domain *const *part = domain_rows; *part && error != 0; part++) {
        if ((*part)->whole != domain)
            continue;
        has_parts = true;
        int answer = open_one(*part, type);
        if (!probe_needs_privilege(error))
            error = answer;
    }
    return has_parts ? error : open_one(domain, type);
}

bool
probe_needs_privilege(int error)
{
    return error == EPERM || error == EACCES;
}
