#include "dial/race.h"
#include "tap.h"

#include <string.h>

/* Candidates from letters: A and B are two families, their place in the word is kept as the only data. */
static struct address_list
list_of(const char *families)
{
    struct address_list list = { .items = NULL };
    for (size_t i = 0; families[i]; i++) {
        struct sockaddr name = { .sa_family = (sa_family_t)(families[i] - 'A' + 1) };
        name.sa_data[0] = (char)('0' + i);
        (void)address_list_add(&list, &name, sizeof name);
    }
    return list;
}

static void
interleaves_to(const char *families, const char *want)
{
    struct address_list list = list_of(families);
    race_interleave(&list);
    char got[32] = "";
    for (size_t i = 0; i < list.count; i++) {
        struct sockaddr name;
        memcpy(&name, &list.items[i].name, sizeof name);
        got[2 * i] = (char)('A' + name.sa_family - 1);
        got[2 * i + 1] = name.sa_data[0];
    }
    is_text(got, want, "%s becomes %s", *families ? families : "nothing", *want ? want : "nothing");
    address_list_free(&list);
}

int
main(void)
{
    interleaves_to("", "");
    interleaves_to("A", "A0");
    interleaves_to("AB", "A0B1");
    interleaves_to("AAA", "A0A1A2");
    interleaves_to("AABB", "A0B2A1B3");
    interleaves_to("BBAA", "B0A2B1A3");
    interleaves_to("AAAB", "A0B3A1A2");
    interleaves_to("ABBB", "A0B1B2B3");
    interleaves_to("AAAABB", "A0B4A1B5A2A3");
    interleaves_to("ABAB", "A0B1A2B3");
    interleaves_to("ABC", "A0B1C2");
    return tap_done();
}
