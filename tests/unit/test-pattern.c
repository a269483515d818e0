#include "domain/domain.h"
#include "tap.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>
#include <string.h>
#include <sys/un.h>

/* An address of IPv4 or IPv6 out of its text. */
static struct address
address_of(const char *text)
{
    struct address address = { .length = 0 };
    struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(4000) };
    struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(4000) };
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
        memcpy(&address.name, &ipv4, sizeof ipv4);
        address.length = sizeof ipv4;
    } else {
        char plain[64];
        size_t size = strcspn(text, "%");
        memcpy(plain, text, size);
        plain[size] = '\0';
        if (text[size] == '%')
            ipv6.sin6_scope_id = (uint32_t)(text[size + 1] - '0');
        (void)inet_pton(AF_INET6, plain, &ipv6.sin6_addr);
        memcpy(&address.name, &ipv6, sizeof ipv6);
        address.length = sizeof ipv6;
    }
    return address;
}

/* Does the list that these words are match a peer? -1: they are no patterns. */
static int
matches(const char *words, const char *peer)
{
    struct pattern_list list = { .items = NULL };
    struct fault fault;
    if (pattern_read_all(words, false, "--allow", &list, &fault) < 0) {
        pattern_list_free(&list);
        return -1;
    }
    const struct address address = address_of(peer);
    int found = pattern_list_matches(&list, domain_of(AF_UNSPEC), &address, -1);
    pattern_list_free(&list);
    return found;
}

static void
internet(void)
{
    static const struct {
        const char *words, *peer;
        int want;
    } cases[] = {
        { "10.0.0.1", "10.0.0.1", 1 },
        { "10.0.0.1", "10.0.0.2", 0 },
        { "10.0.0.1", "::ffff:10.0.0.1", 1 },
        { "::ffff:10.0.0.1", "10.0.0.1", 1 },
        { "::ffff:10.0.0.1", "::ffff:10.0.0.1", 1 },
        { "::ffff:10.0.0.0/104", "10.255.0.1", 1 },
        { "::ffff:10.0.0.0/104", "11.0.0.1", 0 },
        { "::ffff:0:0/96", "192.0.2.1", 1 },
        { "10.0.0.0/8", "10.255.255.255", 1 },
        { "10.0.0.0/8", "11.0.0.0", 0 },
        { "10.0.0.0/8", "9.255.255.255", 0 },
        { "10.9.8.7/8", "10.0.0.0", 1 },
        { "10.0.0.0/31", "10.0.0.1", 1 },
        { "10.0.0.0/31", "10.0.0.2", 0 },
        { "10.0.0.128/25", "10.0.0.127", 0 },
        { "10.0.0.128/25", "::ffff:10.0.0.200", 1 },
        { "10.0.0.1/32", "10.0.0.1", 1 },
        { "10.0.0.1/32", "10.0.0.0", 0 },
        { "0.0.0.0/0", "192.0.2.1", 1 },
        { "0.0.0.0/0", "::1", 0 },
        { "0.0.0.0", "127.0.0.1", 0 },
        { "::", "::1", 0 },
        { "::/0", "fd00::1", 1 },
        { "::/0", "10.0.0.1", 0 },
        { "::/0", "::ffff:10.0.0.1", 0 },
        { "10.0.0.5-10.0.1.4", "10.0.0.5", 1 },
        { "10.0.0.5-10.0.1.4", "10.0.0.255", 1 },
        { "10.0.0.5-10.0.1.4", "10.0.1.4", 1 },
        { "10.0.0.5-10.0.1.4", "10.0.1.5", 0 },
        { "10.0.0.5-10.0.1.4", "10.0.0.4", 0 },
        { "10.0.0.1-9", "10.0.0.9", 1 },
        { "10.0.0.1-9", "10.0.0.10", 0 },
        { "10.0-3.*.1", "10.2.77.1", 1 },
        { "10.0-3.*.1", "::ffff:10.2.77.1", 1 },
        { "10.0-3.*.1", "10.4.77.1", 0 },
        { "10.0-3.*.1", "10.2.77.2", 0 },
        { "10.0-3.*.1", "fd00::1", 0 },
        { "*.*.*.*", "255.255.255.255", 1 },
        { "*.*.*.*", "::1", 0 },
        { "fd00::1", "fd00:0:0::1", 1 },
        { "[fd00::1]", "fd00::1", 1 },
        { "FD00::1", "fd00::1", 1 },
        { "fd00::/8", "fdff::1", 1 },
        { "fd00::/8", "fe00::1", 0 },
        { "fd00::/9", "fd7f::1", 1 },
        { "fd00::/9", "fd80::1", 0 },
        { "fd00::/128", "fd00::", 1 },
        { "fd00::/128", "fd00::1", 0 },
        { "fd00::5-fd00::1:0", "fd00::ffff", 1 },
        { "fd00::5-fd00::1:0", "fd00::4", 0 },
        { "::ffff:10.0.0.1-::ffff:10.0.0.9", "10.0.0.5", 1 },
        { "fe80::1", "fe80::1%3", 1 },
        { "fe80::/10", "fe80::1%3", 1 },
        { "fe80::1%3", "fe80::1%3", 1 },
        { "fe80::1%3", "fe80::1%2", 0 },
        { "10.0.0.1,fd00::1,192.0.2.0/24", "192.0.2.9", 1 },
        { "10.0.0.1,fd00::1,192.0.2.0/24", "192.0.3.9", 0 },
        { "unix:uid=0", "10.0.0.1", 0 },
        { "vsock:1,10.0.0.1", "10.0.0.1", 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        is_int(matches(cases[i].words, cases[i].peer), cases[i].want, "%s %s %s", cases[i].words,
               cases[i].want ? "means" : "does not mean", cases[i].peer);
}

static void
refused(void)
{
    static const char *const words[] = {
        "",
        ",",
        "10.0.0.1,",
        ",10.0.0.1",
        "10.0.0.1,,10.0.0.2",
        /* other ways to write IPv4, of which programs make different addresses */
        "010.0.0.1",
        "0177.0.0.1",
        "10.0.0.01",
        "10.0.0.010-12",
        "0x7f.0.0.1",
        "0x7f000001",
        "2130706433",
        "127.1",
        "127",
        "10.0.0",
        "10.0.0.0.0",
        "10.0.0.1.",
        ".10.0.0.1",
        "::ffff:010.0.0.1",
        "1.2.3.4.example.7",
        "10.0.0.256",
        "10.0.0.1-256",
        "10.0.0.9-1",
        "10.0.0.-",
        "10.0.0.1-",
        "10.0.0.-9",
        "10.0.0.1-2-3",
        "10.0.0.**",
        "10.*",
        "*",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.0/8-9",
        "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/ 8",
        "10.0.0-3.0/24",
        "10.0.0.9-10.0.0.1",
        "10.0.0.1-fd00::1",
        "10.0.0.1-10.0.0.2/8",
        "10.0.0.1-10.0.0.2-10.0.0.3",
        "fd00::9-fd00::1",
        "fd00::1-",
        "fd00::1-10.0.0.1",
        "fd00::1/129",
        "fd00::1/",
        "fd00:::1",
        "fd00::1/8/8",
        "fd00::12345",
        "fe80::1%eth0/64",
        "[fd00::1",
        "fd00::1]",
        "a-name/24",
        "a name",
        "-name",
        ".name",
        "!10.0.0.1",
        "10.0.0.1;",
        "na/me",
        "name:80",
        "http://name",
        "na\tme",
        "unix:",
        "unix:0",
        "unix:uid",
        "unix:uid=",
        "unix:uid=-1",
        "unix:uid=00",
        "unix:uid=0x0",
        "unix:uid=2-1",
        "unix:uid=4294967295",
        "unix:uid=root",
        "unix:user=",
        "unix:/tmp/x",
        "unix:pid=1",
        "vsock:",
        "vsock:any",
        "vsock:4294967295",
        "vsock:-1",
        "vsock:3:4",
        "vsock:03",
        "vsock:5-3",
        "tipc:1",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        is_int(matches(words[i], "10.0.0.1"), -1, "'%s' is refused", words[i]);
}

static void
told(void)
{
    struct fault fault;
    is_int(pattern_read_all("10.0.0.1,10.0.0.300", false, "--deny", NULL, &fault), -1,
           "one bad pattern is refused");
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.what, "--deny 10.0.0.300", "which is named");
    is_int(pattern_read_all("a.name", false, "--allow", NULL, &fault), 0, "a name is well-formed");
    is_int(pattern_read_all("a.name", true, "--allow", NULL, &fault), -1, "but with -n it is forbidden");
    is_text(fault.what, "--allow a.name", "which names it");
    is_int(pattern_read_all("unix:user=root", true, "--allow", NULL, &fault), 0,
           "a user is no name of a host");
    struct pattern_list list = { .items = NULL };
    is_int(pattern_read_all("unix:user=no-such-user-here", false, "--allow", &list, &fault), -1,
           "nobody has that name");
    is_int(fault.status, STATUS_LOOKUP, "which is a lookup that failed");
    is_text(fault.what, "--allow unix:user=no-such-user-here", "which names it");
    is_text(fault.why, "no such user", "and says so");
    pattern_list_free(&list);
}

static void
vsock(void)
{
    static const struct {
        const char *words;
        unsigned cid;
        bool want;
    } cases[] = {
        { "vsock:3", 3, true },    { "vsock:3", 4, false },    { "VSOCK:3-5", 4, true },
        { "vsock:3-5", 6, false }, { "vsock:host", 2, true },  { "vsock:local", 1, true },
        { "10.0.0.1", 3, false },  { "unix:uid=3", 3, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = cases[i].cid, .svm_port = 1024 };
        struct address peer = { .length = sizeof name };
        struct pattern_list list = { .items = NULL };
        struct fault fault;
        memcpy(&peer.name, &name, sizeof name);
        if (!is_int(pattern_read_all(cases[i].words, false, "", &list, &fault), 0, "%s is read",
                    cases[i].words))
            continue;
        ok(pattern_list_matches(&list, domain_of(AF_VSOCK), &peer, -1) == cases[i].want, "%s and CID %u",
           cases[i].words, cases[i].cid);
        pattern_list_free(&list);
    }
}

int
main(void)
{
    internet();
    refused();
    told();
    vsock();
    return tap_done();
}
