/* DCCP's sockets: RFC 4340, linux/dccp.h. Both ends of a connection name the same service by a code of 32 bits. */
#ifndef SKT_DOMAIN_INET_DCCP_H
#define SKT_DOMAIN_INET_DCCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read a service code as RFC 4340 section 8.1.2 writes it: SC:fdpz, SC=1717858426 or SC=x6664707A; or only its
 * four characters, or only its number. Returns true and *code, whose highest byte is the first character.
 */
bool dccp_service(const char *text, uint32_t *code);

/* The largest message that a connected socket takes; SIZE_MAX: not known. */
size_t dccp_message_max(int fd);

#endif
