/* The value of a socket option as the bytes that setsockopt(2) takes. */
#ifndef SKT_DIAL_SOCKOPT_VALUE_H
#define SKT_DIAL_SOCKOPT_VALUE_H

#include "dial/sockopt.h"
#include <sys/socket.h>

enum { SOCKOPT_BYTES_MAX = 320 };

struct sockopt_bytes {
    _Alignas(8) unsigned char data[SOCKOPT_BYTES_MAX];
    socklen_t size;
};

/* How many bytes `text` spells in hexadecimal, up to its end or a colon, at most `room`. -1: it does not. */
int sockopt_hex(const char *text, unsigned char *bytes, size_t room);

/* INTERFACE/MAC in its two parts, of IF_NAMESIZE and ETH_ALEN bytes. False: it is not that. */
bool sockopt_station(const char *text, char *interface, unsigned char *mac);

/*
 * Encode a value for one place of its row; place NULL: of an option without a row. fd: the socket, for group_interface.
 * Returns 0, or -1 with errno: ENODEV (no such interface), or EAFNOSUPPORT if it is none for this place.
 */
int sockopt_encode(int fd, const struct sockopt_setting *setting, const struct sockopt_place *place,
                   struct sockopt_bytes *bytes);

/*
 * The number in what getsockopt(2) gave, in the unit of the setting.
 * Returns 0, or -1 if values of this form are no numbers.
 */
int sockopt_decode(const struct sockopt_place *place, const struct sockopt_bytes *bytes, int64_t *number);

#endif
