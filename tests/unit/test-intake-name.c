/* Names of received files lead nowhere else, whatever the peer is called, and always fit. */
#include "endpoint/intake_name.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

static void
makes(const char *template, const char *peer, const char *want)
{
    const struct intake_facts facts = { .time = 1795783330, .peer = peer, .number = 12 };
    char name[INTAKE_NAME_SIZE];
    intake_name_make(template, &facts, name);
    is_text(name, want, "%s", template);
}

static void
fits(const char *template, const char *peer)
{
    const struct intake_facts facts = { .time = 1795783330, .peer = peer, .number = UINT64_MAX };
    char name[INTAKE_NAME_SIZE];
    memset(name, 'x', sizeof name);
    intake_name_make(template, &facts, name);
    ok(strnlen(name, sizeof name) + strlen(".4294967295") <= 255, "it fits, with a suffix");
}

int
main(void)
{
    makes("%t", "x", "20261127T124210Z");
    makes(INTAKE_NAME_USUAL, "127.0.0.1-5000", "20261127T124210Z-127.0.0.1-5000-12");
    makes("a%%b%n%n", "x", "a%b1212");
    makes("%p", "../../etc/passwd", "_._.._etc_passwd");
    makes("%p", "-rf", "_rf");
    makes("%p", "fe80::1%eth0-5000", "fe80__1_eth0-5000");
    makes("%p", "\xc3\xa4 \n\x1b[1m", "______1m");
    makes("in-%p", "", "in-");

    char peer[1000], template[INTAKE_TEMPLATE_MAX + 2];
    memset(peer, 'p', sizeof peer);
    peer[sizeof peer - 1] = '\0';
    fits("%t-%p-%n", peer);
    fits("%p%p%p%p", peer);
    memset(template, 'a', sizeof template);
    template[INTAKE_TEMPLATE_MAX] = '\0';
    ok(!intake_name_problem(template), "100 characters are a template");
    fits(template, peer);
    template[INTAKE_TEMPLATE_MAX] = 'a';
    template[INTAKE_TEMPLATE_MAX + 1] = '\0';
    ok(intake_name_problem(template) != NULL, "101 are none");

    ok(!intake_name_problem(INTAKE_NAME_USUAL), "the usual one is a template");
    ok(!intake_name_problem("50%%-%n"), "so is one with a percent sign");
    static const char *const wrong[] = { "", ".", "..", ".x", "a/b", "/x", "%", "a%", "%x", "%n%", "%%%" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ok(intake_name_problem(wrong[i]) != NULL, "%s is none", wrong[i]);
    return tap_done();
}
