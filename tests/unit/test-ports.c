/* The list of ports of a scan: ranges, names with hyphens, each port once. */
#include "request/ports.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers, and services of which one has a name with hyphens. */
static int
read_here(const char *text, const char *protocol, uint16_t *port, struct fault *fault)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (strcmp(text, "a-b") == 0)
        number = 5;
    else if (strcmp(text, "c-1") == 0)
        number = 9;
    else if (*text < '0' || *text > '9' || *end != '\0' || number > 65535)
        return fault_say(fault, STATUS_USAGE, protocol, "port %s", text);
    *port = (uint16_t)number;
    return 0;
}

/* The list as text: "1 2 3", or "WHAT: WHY". */
static const char *
listed(const char *text)
{
    static char words[1000];
    struct port_list list;
    struct fault fault;
    if (ports_read(text, read_here, "no port", &list, &fault) < 0) {
        (void)snprintf(words, sizeof words, "%s: %s", fault.what, fault.why);
        return words;
    }
    size_t used = 0;
    for (size_t i = 0; i < list.count; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%u", i > 0 ? " " : "",
                                 (unsigned)list.items[i]);
    ports_free(&list);
    return words;
}

static const struct {
    const char *text, *want;
} cases[] = {
    { "80", "80" },
    { "22,80,8000-8003", "22 80 8000 8001 8002 8003" },
    { "443,80", "443 80" },
    { "80,80,79-81", "80 79 81" },
    { "7-7", "7" },
    { "65534-65535", "65534 65535" },
    { "a-b", "5" },
    { "a-b-7", "5 6 7" },
    { "3-a-b", "3 4 5" },
    { "a-b-c-1", "5 6 7 8 9" },
    { "a-b,c-1", "5 9" },
    { "", "port : no port" },
    { "80,", "port : no port" },
    { ",80", "port : no port" },
    { "80-", "port 80-: no port" },
    { "-80", "port -80: no port" },
    { "1-2-3", "port 1-2-3: no port" },
    { "1,2-65536", "port 2-65536: no port" },
    { "9-8", "port 9-8: a range begins with its lower port" },
    { "0", "port 0: can only be listened on" },
    { "0-9", "port 0: can only be listened on" },
    { "9,0", "port 0: can only be listened on" },
};

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        is_text(listed(cases[i].text), cases[i].want, "\"%s\"", cases[i].text);
    char longest[400];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    ok(strstr(listed(longest), "a port is 0 to 65535") != NULL, "a word that no service can have is refused");

    struct port_list list;
    struct fault fault;
    is_int(ports_read("1-65535", read_here, "", &list, &fault), 0, "all ports are read");
    is_int((long)list.count, 65535, "and are all there");
    is_int(list.items[65534], 65535, "to the last");
    ports_free(&list);
    ok(list.items == NULL && list.count == 0, "and given back");
    return tap_done();
}
