#include "domain/vsock.h"
#include "tap.h"

#include <sys/socket.h>

#include <linux/vm_sockets.h>
#include <string.h>

static int
reads(const char *host, const char *port, enum purpose purpose, struct address *address, struct fault *fault)
{
    const struct resolve_query query = {
        .family = AF_VSOCK,
        .target = { .host = host, .port = port },
        .purpose = purpose,
        .type = &stream_type,
    };
    return vsock_domain.read(&query, address, fault);
}

static void
is_address(const char *host, const char *port, enum purpose purpose, unsigned cid, unsigned number)
{
    struct address address = { .length = 0 };
    struct fault fault;
    struct sockaddr_vm name = { .svm_family = 0 };
    is_int(reads(host, port, purpose, &address, &fault), 0, "%s port %s is an address", host ? host : "none",
           port ? port : "none");
    is_int((long)address.length, sizeof name, "of its size");
    memcpy(&name, &address.name, sizeof name);
    is_int(name.svm_family, AF_VSOCK, "of vsock");
    ok(name.svm_cid == cid, "with CID %u", cid);
    ok(name.svm_port == number, "and port %u", number);
}

static void
is_refused(const char *host, const char *port, enum purpose purpose, const char *what, const char *why)
{
    struct address address;
    struct fault fault;
    is_int(reads(host, port, purpose, &address, &fault), -1, "%s port %s is refused", host ? host : "none",
           port ? port : "none");
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.what, what, "which names the word");
    is_text(fault.why, why, "and says why");
}

static void
is_printed(const char *host, const char *port, const char *want)
{
    struct address address, again;
    struct fault fault;
    struct address_text text;
    char word[64] = "";
    if (reads(host, port, PURPOSE_LISTEN, &address, &fault) == 0)
        domain_spell(&vsock_domain, &address, &stream_type, word, sizeof word);
    is_text(word, want, "%s port %s is spelled", host, port);
    vsock_domain.format(&address, &text);
    ok(reads(text.host, text.port, PURPOSE_LISTEN, &again, &fault) == 0 &&
           domain_same(&vsock_domain, &address, &again),
       "and taken back as the same");
}

int
main(void)
{
    static const char cids[] = "a CID is 0 to 4294967294, local, host or hypervisor";
    static const char ports[] = "a port is 0 to 4294967294";
    is_address("3", "1024", PURPOSE_CONNECT, 3, 1024);
    is_address("local", "70000", PURPOSE_CONNECT, 1, 70000);
    is_address("Host", "4294967294", PURPOSE_CONNECT, 2, 4294967294U);
    is_address("hypervisor", "1", PURPOSE_CONNECT, 0, 1);
    is_address("4294967294", "0x10", PURPOSE_CONNECT, 4294967294U, 16);
    is_address(NULL, "1024", PURPOSE_LISTEN, VMADDR_CID_ANY, 1024);
    is_address("any", "0", PURPOSE_LISTEN, VMADDR_CID_ANY, VMADDR_PORT_ANY);
    is_address("4294967295", "5", PURPOSE_LISTEN, VMADDR_CID_ANY, 5);
    is_address(NULL, NULL, PURPOSE_SOURCE, VMADDR_CID_ANY, VMADDR_PORT_ANY);
    is_address(NULL, "900", PURPOSE_SOURCE, VMADDR_CID_ANY, 900);

    is_refused("guest", "1", PURPOSE_CONNECT, "host guest", cids);
    is_refused("-1", "1", PURPOSE_CONNECT, "host -1", cids);
    is_refused("4294967296", "1", PURPOSE_CONNECT, "host 4294967296", cids);
    is_refused("", "1", PURPOSE_CONNECT, "host \"\"", cids);
    is_refused("x", "1", PURPOSE_LISTEN, "host x",
               "a CID is 0 to 4294967294, any, local, host or hypervisor");
    is_refused("any", "1", PURPOSE_CONNECT, "host any", "stands for every CID of ours, and needs -l");
    is_refused("1", "0", PURPOSE_CONNECT, "port 0", "can only be listened on");
    is_refused("1", "4294967295", PURPOSE_LISTEN, "port 4294967295", ports);
    is_refused("1", "http", PURPOSE_CONNECT, "port http", ports);
    is_refused("1", "", PURPOSE_LISTEN, "port \"\"", ports);
    is_refused("1", NULL, PURPOSE_LISTEN, "port \"\"", ports);

    is_printed("any", "1024", "vsock:any:1024");
    is_printed("local", "4294967294", "vsock:1:4294967294");
    is_printed("2", "0", "vsock:2:0");
    return tap_done();
}
