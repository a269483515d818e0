#include "request/ports.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORTS_MAX = 65536, WORD_SIZE = 128 };

/* The list while it is read, and which ports it has. */
struct reading {
    struct port_list *list;
    read_port *read;
    const char *protocol;
    bool has[PORTS_MAX];
};

/* FIRST-LAST at one of its hyphens. False: it is no range there. */
static bool
split_range(const struct reading *reading, const char *word, const char *hyphen, uint16_t *first,
            uint16_t *last)
{
    struct fault unused;
    char before[WORD_SIZE];
    (void)snprintf(before, sizeof before, "%.*s", (int)(hyphen - word), word);
    return reading->read(before, reading->protocol, first, &unused) == 0 &&
           reading->read(hyphen + 1, reading->protocol, last, &unused) == 0;
}

/* No service has a name without a letter (RFC 6335 section 5.1), and looking for one takes a while. */
static bool
may_be_one(const char *word)
{
    return strchr(word, '-') == NULL || word[strspn(word, "0123456789-")] != '\0';
}

/* A port, or a range. Returns 0, or -1 with fault. */
static int
read_word(const struct reading *reading, const char *word, uint16_t *first, uint16_t *last,
          struct fault *fault)
{
    if (may_be_one(word) && reading->read(word, reading->protocol, first, fault) == 0) {
        *last = *first;
        return 0;
    }
    for (const char *hyphen = strchr(word, '-'); hyphen != NULL; hyphen = strchr(hyphen + 1, '-')) {
        if (!split_range(reading, word, hyphen, first, last))
            continue;
        if (*first > *last)
            return fault_say(fault, STATUS_USAGE, "a range begins with its lower port", "port %s", word);
        return 0;
    }
    return reading->read(word, reading->protocol, first, fault); /* and says what is wrong */
}

static int
add_word(struct reading *reading, const char *word, struct fault *fault)
{
    uint16_t first = 0, last = 0;
    if (read_word(reading, word, &first, &last, fault) < 0)
        return -1;
    if (first == 0)
        return fault_say(fault, STATUS_USAGE, "can only be listened on", "port %.*s", (int)strcspn(word, "-"),
                         word);
    for (size_t port = first; port <= last; port++) {
        if (!reading->has[port])
            reading->list->items[reading->list->count++] = (uint16_t)port;
        reading->has[port] = true;
    }
    return 0;
}

static int
read_all(struct reading *reading, const char *text, struct fault *fault)
{
    for (const char *at = text;; at++) {
        char word[WORD_SIZE];
        size_t size = strcspn(at, ",");
        if (size >= sizeof word)
            return fault_say(fault, STATUS_USAGE, "a port is 0 to 65535 or a service name", "port %.*s",
                             (int)size, at);
        (void)snprintf(word, sizeof word, "%.*s", (int)size, at);
        if (add_word(reading, word, fault) < 0)
            return -1;
        at += size;
        if (*at == '\0')
            return 0;
    }
}

int
ports_read(const char *text, read_port *read, const char *protocol, struct port_list *list,
           struct fault *fault)
{
    struct reading reading = { .list = list, .read = read, .protocol = protocol };
    *list = (struct port_list){ .items = malloc(PORTS_MAX * sizeof *list->items) };
    if (list->items == NULL)
        return fault_set(fault, STATUS_LOCAL, "list of ports");
    if (read_all(&reading, text, fault) == 0)
        return 0;
    ports_free(list);
    return -1;
}

void
ports_free(struct port_list *list)
{
    free(list->items);
    *list = (struct port_list){ .items = NULL };
}
