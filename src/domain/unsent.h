/*
 * What a socket of X.25 or AX.25 has still to deliver. Closing one throws away what the peer's kernel has not
 * acknowledged (x25_release and ax25_release clear the queues), so somebody has to wait for that first.
 */
#ifndef SKT_DOMAIN_UNSENT_H
#define SKT_DOMAIN_UNSENT_H

#include <stdint.h>

/* How much of the send buffer is taken, in the kernel's count, which is more than the payload; 0: all has arrived. */
uint64_t unsent(int fd);

#endif
