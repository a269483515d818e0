/* The ports of a scan: "22,80,8000-8100,http" as a list of numbers. Pure, but for the names of services. */
#ifndef SKT_REQUEST_PORTS_H
#define SKT_REQUEST_PORTS_H

#include "base/fault.h"
#include <stddef.h>
#include <stdint.h>

/* Each port once, in the order in which they were named first. */
struct port_list {
    uint16_t *items;
    size_t count;
};

/* A port from its text: domain.h's column read_port. */
typedef int read_port(const char *text, const char *protocol, uint16_t *port, struct fault *fault);

/*
 * Read ports and ranges FIRST-LAST that are separated by commas. Names of services have hyphens, too: a word as a
 * whole comes first, then each of its hyphens in turn.
 *
 * Returns 0 with a list for the caller to free, or -1 with nothing to free: STATUS_USAGE, the word as typed and what
 * would be right (STATUS_LOCAL without memory).
 */
int ports_read(const char *text, read_port *read, const char *protocol, struct port_list *list,
               struct fault *fault);

void ports_free(struct port_list *list);

#endif
