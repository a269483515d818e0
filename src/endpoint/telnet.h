/*
 * Telnet round an endpoint that carries bytes (RFC 854): commands are taken out of what is read and answered, every
 * option is refused (negotiation.h), and bytes 255 are told from commands both ways. Nothing else is changed: line ends
 * are the user's.
 *
 * Answers go out between the writes, never within a byte that is two on the wire, and none is lost while the peer
 * takes nothing: then nothing more is read that could ask for one.
 */
#ifndef SKT_ENDPOINT_TELNET_H
#define SKT_ENDPOINT_TELNET_H

#include "endpoint/endpoint.h"

/*
 * Take an endpoint: closing the new one closes it. stays_open: end_writing leaves the way to the peer open, so that
 * there may be answers after it.
 * Returns the new endpoint, or NULL with STATUS_LOCAL (and then `inner` is closed).
 */
struct endpoint *telnet_wrap(struct endpoint *inner, bool stays_open, struct fault *fault);

#endif
