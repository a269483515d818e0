/* An end that sends back what it gets (RFC 862): what is written to it is what is read from it. */
#ifndef SKT_ENDPOINT_ECHO_H
#define SKT_ENDPOINT_ECHO_H

#include "endpoint/endpoint.h"

/* unit: of the other end, so that messages come back as they were. Returns an endpoint, or NULL with STATUS_LOCAL. */
struct endpoint *echo_open(enum unit unit, struct fault *fault);

#endif
