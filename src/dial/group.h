/* A multicast group and where to hear it, as text: GROUP[@INTERFACE][,SOURCE]. RFC 3678, RFC 4607. */
#ifndef SKT_DIAL_GROUP_H
#define SKT_DIAL_GROUP_H

#include <net/if.h>
#include <stdbool.h>
#include <sys/socket.h>

struct group {
    struct sockaddr_storage address, source; /* source: of family AF_UNSPEC if none was given */
    char interface[IF_NAMESIZE];             /* a name or an index; empty: the kernel chooses */
};

/*
 * Read a group. For IPv6 the interface may stand after a percent sign, too.
 * Returns NULL, or what is wrong with the text.
 */
const char *group_read(const char *text, struct group *group);

/* Is it the name, or the index, of an interface, as far as one can tell without asking? */
bool group_is_interface(const char *text);

/*
 * The index of an interface by its name or index, where the socket is: that may be in another network namespace. fd -1:
 * where we are. 0: there is none (errno ENODEV).
 */
unsigned group_interface(int fd, const char *text);

#endif
