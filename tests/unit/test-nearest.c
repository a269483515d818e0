#include "request/nearest.h"
#include "tap.h"

static const char *const words[] = { "listen", "keep-open", "no-input", "no-shutdown", "udp",
                                     "unix",   "wr",        "lowdelay", "lowcost",     NULL };

/* What is typed, and the word that was meant (NULL: none is near). */
static const struct {
    const char *typed;
    const char *meant;
} cases[] = {
    { "listen", "listen" },
    { "LISTEN", "listen" },
    { "lisen", "listen" },
    { "listten", "listen" },
    { "lisetn", "listen" },
    { "lustem", "listen" },
    { "luxtem", NULL },
    { "keepopen", "keep-open" },
    { "keep_open", "keep-open" },
    { "kep-opne", "keep-open" },
    { "no-shutdwon", "no-shutdown" },
    { "no-shut", NULL },
    { "upd", "udp" },
    { "u", NULL },
    { "ud", "udp" },
    { "pdu", NULL },
    { "uinx", "unix" },
    { "w", "wr" },
    { "lowdely", "lowdelay" },
    { "", NULL },
    { "-", NULL },
    { "entirely-else", NULL },
    { "a-word-that-is-longer-than-any-option-will-ever-be-and-then-some", NULL },
};

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        is_text(nearest(cases[i].typed, words), cases[i].meant, "%s was meant for %s", cases[i].typed,
                cases[i].meant != NULL ? cases[i].meant : "nothing known");

    static const char *const none[] = { NULL };
    is_text(nearest("listen", none), NULL, "of no candidates none is near");
    static const char *const equals[] = { "cs1", "cs2", NULL };
    is_text(nearest("cs", equals), "cs1", "the first of two that are equally near is taken");
    static const char *const better[] = { "no-output", "no-input", NULL };
    is_text(nearest("no-imput", better), "no-input", "the nearer of two is taken");
    static const char *const long_words[] = { "a-candidate-of-more-letters-than-are-ever-compared", "udp",
                                              NULL };
    is_text(nearest("udpp", long_words), "udp", "a candidate that is too long is passed over");
    return tap_done();
}
