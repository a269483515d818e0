/* A command line half way to a request: what the options said, before it is clear what they mean together. */
#ifndef SKT_REQUEST_COMMAND_H
#define SKT_REQUEST_COMMAND_H

#include "request/option.h"
#include "request/request.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum typed { TYPED_NOT, TYPED_LETTER, TYPED_NAME };

/* What the options say of a proxy. */
struct proxy_asked {
    const char *at;        /* [TYPE://[USER:PASSWORD@]]HOST[:PORT]; NULL: there is none */
    int type;              /* of enum proxy_number */
    const char *user;      /* whose password is asked for */
    const char *auth;      /* USER:PASSWORD */
    const char *auth_file; /* where that is from */
    int dns;               /* of enum proxy_dns */
};

enum proxy_dns { PROXY_DNS_REMOTE, PROXY_DNS_LOCAL };

struct command {
    struct request request;
    enum typed typed[OPTIONS_MAX]; /* by row: how the option was given last */

    const struct domain *domain; /* asked for by an option or a URL; NULL: by none */
    int family;                  /* of that domain */
    const struct type *type;
    const char *protocol; /* in words: what they mean depends on the domain */
    const char *source;   /* -s and -p, whose meaning depends on -l */
    const char *source_port;
    int64_t wait_ms;

    struct proxy_asked proxy;

    struct command *relay; /* --relay: what is said of the other socket, as of one to connect */
    bool is_relay;         /* this is that one */
    const char *endpoint;  /* where it is; NULL: nowhere */
    char *words[1];        /* operands of that one */

    char **operands;
    size_t operand_count;
    const char *address; /* the first operand without the scheme if it is a URL, otherwise NULL */
};

/* Was an option given? */
bool command_has(const struct command *command, const char *name);

/* The option that has chosen the protocol: --protocol, or a word of its own such as --sctp. */
const struct option_row *command_protocol_option(const struct command *command);

/* An option as the user typed it; as its long name if it was not given. */
struct option_name command_name(const struct command *command, const struct option_row *row);

/* A copy of the first `size` characters of text that lives as long as the request; NULL with STATUS_LOCAL. */
char *command_string(struct command *command, const char *text, size_t size, struct fault *fault);

/*
 * What is wrong with the value of an option, as a fault that names both as typed; and that it is none of the row's words,
 * of which the nearest is named. Return -1.
 */
int command_refuse(const struct command *command, const struct option_row *row, const char *text,
                   const char *why, struct fault *fault);
int command_refuse_choice(const struct command *command, const struct option_row *row, const char *text,
                          struct fault *fault);

#endif
