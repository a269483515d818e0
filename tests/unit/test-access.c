#include "session/access.h"
#include "tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lists as they are on the command line; NULL: not given. */
struct lists {
    const char *allow, *deny;
};

static void
add(struct access_sources *sources, const char *text, bool denies)
{
    if (text)
        sources->items[sources->count++] = (struct access_source){ .denies = denies, .text = text };
}

static bool
may(const struct lists *lists, const char *peer)
{
    struct access_sources sources = { .count = 0 };
    struct access access;
    struct fault fault;
    struct sockaddr_in name = { .sin_family = AF_INET };
    struct address address = { .length = sizeof name };
    (void)inet_pton(AF_INET, peer, &name.sin_addr);
    memcpy(&address.name, &name, sizeof name);
    add(&sources, lists->allow, false);
    add(&sources, lists->deny, true);
    if (access_load(&access, &sources, false, NULL, &fault) < 0)
        return false;
    bool allows = access_allows(&access, domain_of(AF_INET), &address, -1);
    access_free(&access);
    return allows;
}

/* What Ncat 7.93 was seen to do for 10.0.0.1, and its allow_access says. */
static void
combinations(void)
{
    static const struct {
        struct lists lists;
        bool want;
    } cases[] = {
        { { NULL, NULL }, true },
        { { "10.0.0.1", NULL }, true },
        { { "10.0.0.2", NULL }, false },
        { { NULL, "10.0.0.1" }, false },
        { { NULL, "10.0.0.2" }, true },
        { { "10.0.0.1", "10.0.0.1" }, false },
        { { "10.0.0.1", "10.0.0.2" }, true },
        { { "10.0.0.2", "10.0.0.1" }, false },
        { { "10.0.0.2", "10.0.0.2" }, false },
        { { "10.0.0.0/8", "10.0.0.1" }, false },
        { { "10.0.0.1", "10.0.0.0/8" }, false },
        { { "10.0.0.0/8", "10.0.0.2-10.0.0.9" }, true },
        { { "unix:uid=0", NULL }, false },
        { { NULL, "unix:uid=0" }, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ok(may(&cases[i].lists, "10.0.0.1") == cases[i].want, "--allow %s --deny %s %s 10.0.0.1",
           cases[i].lists.allow ? cases[i].lists.allow : "(none)",
           cases[i].lists.deny ? cases[i].lists.deny : "(none)", cases[i].want ? "lets in" : "keeps out");
}

/* Load a file of this text; its name is FILE in the message. */
static int
load(const char *text, size_t size, struct access *access, struct fault *fault)
{
    char name[] = "/tmp/test-access.XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0 || write(fd, text, size) != (ssize_t)size)
        return -2;
    const struct access_sources sources = { .items = { { .is_file = true, .text = name } }, .count = 1 };
    int result = access_load(access, &sources, false, NULL, fault);
    (void)close(fd);
    (void)unlink(name);
    if (result < 0 && strncmp(fault->what, name, strlen(name)) == 0)
        memmove(fault->what, fault->what + strlen(name), strlen(fault->what) - strlen(name) + 1);
    return result;
}

static void
files(void)
{
    static const char good[] =
        "# who may\n10.0.0.1 10.0.0.2\n\n  fd00::/8,192.0.2.1\t# and these\r\nunix:uid=0";
    static const char bad[] = "10.0.0.1\n\n10.0.0.1 10.0.0.999\n";
    struct access access;
    struct fault fault;
    if (is_int(load(good, sizeof good - 1, &access, &fault), 0, "a file of patterns is read")) {
        is_int((long)access.allowed.count, 5, "all of it");
        ok(access.only_allowed, "as a list of those who may");
        access_free(&access);
    }
    if (is_int(load("", 0, &access, &fault), 0, "an empty file is read")) {
        ok(access.only_allowed && access.allowed.count == 0, "and allows nobody");
        access_free(&access);
    }
    is_int(load(bad, sizeof bad - 1, &access, &fault), -1, "a bad pattern is refused");
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.what, " line 3: 10.0.0.999", "which names the line");
    is_int(load("10.0.0.1\n10.0.0.\0002\n", 19, &access, &fault), -1, "a zero byte is refused");
    is_text(fault.what, " line 2", "which names the line");
    static char longest[5000];
    memset(longest, ' ', sizeof longest);
    is_int(load(longest, sizeof longest, &access, &fault), -1, "a line without end is refused");
    is_text(fault.what, " line 1", "which names the line");
    const struct access_sources none = { .items = { { .is_file = true, .text = "/no/such/file" } },
                                         .count = 1 };
    is_int(access_load(&access, &none, false, NULL, &fault), -1, "a file that is not there is refused");
    is_int(fault.status, STATUS_LOCAL, "as a failure of this side");
    is_text(fault.what, "/no/such/file", "which names the file");
}

int
main(void)
{
    combinations();
    files();
    return tap_done();
}
