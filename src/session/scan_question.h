/* What to send to a UDP port so that the service that is usually there answers. Pure. */
#ifndef SKT_SESSION_SCAN_QUESTION_H
#define SKT_SESSION_SCAN_QUESTION_H

#include <stddef.h>
#include <stdint.h>

enum { SCAN_QUESTION_MAX = 1200 };

/*
 * The question for a port: one that changes nothing there. Where nothing is known, the letter X, as nc sends it: it
 * makes a closed port refuse. Returns its size.
 */
size_t scan_question(uint16_t port, unsigned char *bytes);

#endif
