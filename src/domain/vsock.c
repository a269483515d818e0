#include "domain/vsock.h"

#include "base/fd.h"
#include "base/number.h"
#include <sys/socket.h> /* linux/vm_sockets.h needs sa_family_t */

#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    unsigned cid;
} cid_names[] = {
    { "any", VMADDR_CID_ANY },
    { "hypervisor", VMADDR_CID_HYPERVISOR },
    { "local", VMADDR_CID_LOCAL },
    { "host", VMADDR_CID_HOST },
};

/* A CID by its name or number. */
static bool
read_cid(const char *text, unsigned *cid)
{
    for (size_t i = 0; i < sizeof cid_names / sizeof cid_names[0]; i++) {
        if (strcasecmp(text, cid_names[i].name) == 0) {
            *cid = cid_names[i].cid;
            return true;
        }
    }
    int64_t number = 0;
    if (number_whole(text, NUMBER_DECIMAL_OR_HEX, &number) != NUMBER_FOUND || number > UINT32_MAX)
        return false;
    *cid = (unsigned)number;
    return true;
}

static int
check_cid(const struct resolve_query *query, unsigned *cid, struct fault *fault)
{
    const char *host = query->target.host;
    bool connects = query->purpose == PURPOSE_CONNECT;
    *cid = VMADDR_CID_ANY;
    if (host && !read_cid(host, cid))
        return fault_say(fault, STATUS_USAGE,
                         connects ? "a CID is 0 to 4294967294, local, host or hypervisor"
                                  : "a CID is 0 to 4294967294, any, local, host or hypervisor",
                         "host %s", *host ? host : "\"\"");
    if (connects && *cid == VMADDR_CID_ANY)
        return fault_say(fault, STATUS_USAGE, "stands for every CID of ours, and needs -l", "host %s",
                         host ? host : "any");
    return 0;
}

/* 0 is the kernel's choice, as elsewhere, though the kernel means all ones by that. */
static int
check_port(const struct resolve_query *query, unsigned *port, struct fault *fault)
{
    const char *text = query->target.port;
    int64_t number = 0;
    *port = VMADDR_PORT_ANY;
    if (!text && query->purpose == PURPOSE_SOURCE)
        return 0;
    if (!text || number_whole(text, NUMBER_DECIMAL_OR_HEX, &number) != NUMBER_FOUND ||
        number >= UINT32_MAX) /* which is VMADDR_PORT_ANY */
        return fault_say(fault, STATUS_USAGE, "a port is 0 to 4294967294", "port %s",
                         text && *text ? text : "\"\"");
    if (number == 0 && query->purpose == PURPOSE_CONNECT)
        return fault_say(fault, STATUS_USAGE, "can only be listened on", "port %s", text);
    if (number != 0)
        *port = (unsigned)number;
    return 0;
}

static int
vsock_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    struct sockaddr_vm name = { .svm_family = AF_VSOCK };
    if (check_cid(query, &name.svm_cid, fault) < 0 || check_port(query, &name.svm_port, fault) < 0)
        return -1;
    *address = (struct address){ .length = sizeof name };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

static void
vsock_format(const struct address *address, struct address_text *text)
{
    struct sockaddr_vm name = { .svm_family = AF_VSOCK };
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    if (name.svm_cid == VMADDR_CID_ANY)
        (void)snprintf(text->host, sizeof text->host, "any");
    else
        (void)snprintf(text->host, sizeof text->host, "%u", name.svm_cid);
    (void)snprintf(text->port, sizeof text->port, "%u", name.svm_port == VMADDR_PORT_ANY ? 0 : name.svm_port);
}

static void
vsock_spell(const struct address *address, const struct type *type, char *word, size_t size)
{
    (void)type;
    struct address_text text;
    vsock_format(address, &text);
    (void)snprintf(word, size, "vsock:%s:%s", text.host, text.port);
}

/*
 * A record has to fit into the peer's buffer, which is as large as ours unless somebody has changed it. Linux 6.1
 * answers a larger one with ENOMEM, as if there were room for it some day.
 */
static size_t
vsock_message_max(int fd, const struct type *type)
{
    (void)type;
    uint64_t bytes = 0;
    socklen_t size = sizeof bytes;
    if (getsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &bytes, &size) < 0 || bytes == 0)
        return SIZE_MAX;
    return bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

/*
 * Has this machine such a CID? Binding asks the transports (vsock_find_cid in the kernel): 1 is there with the one that
 * is a loop, 2 on a host of virtual machines.
 */
static bool
has_cid(unsigned cid)
{
    const struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = VMADDR_PORT_ANY };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound = fd >= 0 && bind(fd, (const struct sockaddr *)&name, sizeof name) == 0;
    (void)fd_close(&fd); /* it was only asked for */
    return is_bound;
}

static unsigned
cid_of(const struct address *address)
{
    struct sockaddr_vm name;
    memcpy(&name, &address->name, sizeof name);
    return name.svm_cid;
}

/* Without its loop, CID 1 would be asked for at the host, which gives no answer (vsock_assign_transport). */
static int
vsock_connect(int fd, const struct type *type, const struct address *remote)
{
    (void)type;
    if (cid_of(remote) == VMADDR_CID_LOCAL && !has_cid(VMADDR_CID_LOCAL)) {
        errno = ENODEV; /* as where there is no transport at all */
        return -1;
    }
    return connect(fd, (const struct sockaddr *)&remote->name, remote->length);
}

static const char *
vsock_no_way(const struct address *address, bool connects, int error)
{
    unsigned cid = cid_of(address);
    bool is_lacking = error == ENODEV || error == ETIMEDOUT || error == EADDRNOTAVAIL;
    if (!is_lacking || has_cid(cid))
        return NULL;
    if (cid == VMADDR_CID_LOCAL)
        return "CID 1 needs a kernel with CONFIG_VSOCKETS_LOOPBACK, module vsock_loopback";
    if (cid == VMADDR_CID_HOST && !connects)
        return "CID 2 is a host's, which needs a kernel with CONFIG_VHOST_VSOCK, module vhost_vsock";
    if (cid > VMADDR_CID_HOST && connects && !has_cid(VMADDR_CID_HOST))
        return "to reach a guest a kernel needs CONFIG_VHOST_VSOCK, module vhost_vsock";
    if (error == ENODEV)
        return "a guest needs a kernel with CONFIG_VIRTIO_VSOCKETS, module vmw_vsock_virtio_transport, or "
               "its "
               "hypervisor's";
    return NULL;
}

static const char *
vsock_read_pattern(const char *words, struct pattern *pattern)
{
    uint32_t low = VMADDR_CID_ANY, high;
    bool is_name = !strchr("0123456789", words[0]);
    if (is_name && read_cid(words, &low) && low != VMADDR_CID_ANY)
        high = low;
    else if (!pattern_read_range(words, VMADDR_CID_ANY - 1, &low, &high))
        return "not vsock:CID (also CID-CID): a CID is 0 to 4294967294, local, host or hypervisor";
    pattern_set_bounds(pattern, low, high);
    return NULL;
}

static bool
vsock_matches(const struct pattern *pattern, const struct address *peer, int fd)
{
    (void)fd;
    return pattern_bounds_have(pattern, cid_of(peer));
}

/* virtio_transport_seqpacket_enqueue in the kernel sends nothing for a message of no bytes, and says so to nobody. */
static const struct type vsock_seqpacket_type = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .accepts = true,
    .half_closes = true,
    .no_empty = true,
    .help = "a connection that carries messages in order",
};

static const struct type *const types[] = { &stream_type, &vsock_seqpacket_type, &dgram_type, NULL };

const struct domain vsock_domain = {
    .name = "vsock",
    .aliases = "",
    .family = AF_VSOCK,
    .kernel = "CONFIG_VSOCKETS and a module for the way: vsock_loopback, vhost_vsock on a host, "
              "vmw_vsock_virtio_transport in a guest (none but VMware's has datagrams)",
    .types = types,
    .has_port = true,
    .operands = "CID PORT",
    .help = "virtual machines and their host",
    .read = vsock_read,
    .format = vsock_format,
    .spell = vsock_spell,
    .connect = vsock_connect,
    .no_way = vsock_no_way,
    .read_pattern = vsock_read_pattern,
    .matches = vsock_matches,
    .message_max = vsock_message_max,
};
