#include "domain/qipcrtr.h"
#include "tap.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/qrtr.h>

static int
reads(const char *node, const char *port, enum purpose purpose, struct address *address, struct fault *fault)
{
    const struct resolve_query query = { .target = { .host = node, .port = port },
                                         .purpose = purpose,
                                         .type = &dgram_type };
    return qipcrtr_domain.read(&query, address, fault);
}

static void
is_refused(const char *node, const char *port, enum purpose purpose, const char *what, const char *why)
{
    struct address address;
    struct fault fault;
    is_int(reads(node, port, purpose, &address, &fault), -1, "%s port %s is refused", node, port);
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.what, what, "which names the word");
    is_text(fault.why, why, "and says why");
}

static void
is_spelled(const char *node, const char *port, enum purpose purpose, const char *want)
{
    struct address address = { .length = 0 };
    struct fault fault;
    char word[64] = "";
    is_int(reads(node, port, purpose, &address, &fault), 0, "%s is an address", want);
    is_int((long)address.length, sizeof(struct sockaddr_qrtr), "of its size");
    domain_spell(&qipcrtr_domain, &address, &dgram_type, word, sizeof word);
    is_text(word, want, "and spelled so");
}

int
main(void)
{
    is_spelled("1", "20000", PURPOSE_CONNECT, "qipcrtr:1:20000");
    is_spelled("0", "0xfffffffe", PURPOSE_CONNECT, "qipcrtr:0:4294967294");
    is_spelled("3", "0", PURPOSE_LISTEN, "qipcrtr:3:0");
    is_spelled(NULL, "5", PURPOSE_LISTEN, "qipcrtr:4294967295:5");
    is_refused("", "1", PURPOSE_CONNECT, "node \"\"", "a node is 0 to 4294967295");
    is_refused("4294967296", "1", PURPOSE_CONNECT, "node 4294967296", "a node is 0 to 4294967295");
    is_refused("1", "-1", PURPOSE_LISTEN, "port -1", "a port is 0 to 4294967295");
    is_refused("1", "http", PURPOSE_CONNECT, "port http", "a port is 0 to 4294967295");
    is_refused("1", "0", PURPOSE_CONNECT, "port 0", "can only be listened on");
    return tap_done();
}
