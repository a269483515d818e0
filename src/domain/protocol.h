/* Names of protocols, as rows of a table that ends with one whose name is NULL. */
#ifndef SKT_DOMAIN_PROTOCOL_H
#define SKT_DOMAIN_PROTOCOL_H

struct protocol {
    const char *name; /* in small letters, with dashes */
    int number;
};

/* The number of a name in any case and with _ for -, or -1. */
int protocol_number(const struct protocol *rows, const char *name);

/* The first name of a number, or NULL. */
const char *protocol_name(const struct protocol *rows, int number);

#endif
