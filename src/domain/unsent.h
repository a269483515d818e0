/*
 * What a socket of X.25 or AX.25 has still to deliver, in both directions. Closing one throws away what the peer's kernel has not
 * acknowledged (x25_release and ax25_release clear the queues), so somebody has to wait for that first.
 */
#ifndef SKT_DOMAIN_UNSENT_H
#define SKT_DOMAIN_UNSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much of the send buffer is taken, in the kernel's count, which is more than the payload; 0: all has arrived. */
uint64_t unsent(int fd);

/*
 * After the end: recvmsg(2) gives nothing of what had come in and was not read yet (ENOTCONN), but the queue still has
 * it. True, with words for it, if there is some.
 */
bool unsent_unread(int fd, char *words, size_t size);

#endif
