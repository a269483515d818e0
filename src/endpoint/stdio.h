/* Standard input and output as an endpoint. How each of the two is used is in inherited.h. */
#ifndef SKT_ENDPOINT_STDIO_H
#define SKT_ENDPOINT_STDIO_H

#include "endpoint/endpoint.h"

/* What becomes of standard output when the peer has ended. */
enum output_end {
    OUTPUT_CLOSED,         /* the next program of the pipeline sees its end */
    OUTPUT_CLOSED_IF_USED, /* not before anything was read or written: another peer may come (a listener) */
    OUTPUT_KEPT,           /* other sessions follow */
};

struct stdio_choice {
    bool no_input;       /* read nothing: reading never becomes ready and never ends */
    bool discards;       /* throw away what is written */
    bool has_borders;    /* the other end keeps messages apart, and none of them is to be cut */
    bool reads_messages; /* ... and each read becomes one */
    enum output_end output_end;
};

/* Returns an endpoint to close with ops->close, or NULL with STATUS_LOCAL. */
struct endpoint *stdio_open(const struct stdio_choice *choice, struct fault *fault);

#endif
