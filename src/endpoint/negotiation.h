/*
 * What telnet puts between the bytes of a stream: commands, which begin with IAC (RFC 854). Pure: bytes in, bytes and
 * answers out, the same however the bytes are split.
 *
 * Every option is refused: each WILL by one DONT, each DO by one WONT. What is refused is off, as it was, so a refusal
 * asks for nothing, and neither does its answer if one comes (RFC 1143). Servers ask again after a refusal, and wait for
 * the next one. But whoever does nothing else is kept going for so many times only.
 */
#ifndef SKT_ENDPOINT_NEGOTIATION_H
#define SKT_ENDPOINT_NEGOTIATION_H

#include <stdbool.h>
#include <stddef.h>

enum {
    NEGOTIATION_IAC = 255,
    NEGOTIATION_ANSWERS_MAX = 64 * 1024, /* bytes of answers that may wait to be sent */
    NEGOTIATION_SKIP_MAX = 64 * 1024,    /* bytes of a subnegotiation */
    NEGOTIATION_REPEATS_MAX = 64,        /* answers to the same request while nothing else comes */
    NEGOTIATION_OPTIONS = 256,
};

enum negotiation_state {
    NEGOTIATION_DATA,
    NEGOTIATION_COMMAND,  /* behind an IAC */
    NEGOTIATION_OPTION,   /* behind WILL, WONT, DO or DONT */
    NEGOTIATION_SKIP,     /* within a subnegotiation */
    NEGOTIATION_SKIP_IAC, /* ... behind an IAC */
};

/* All zeroes at the start. */
struct negotiation {
    enum negotiation_state state;
    unsigned char verb;                            /* NEGOTIATION_OPTION: which of the four */
    unsigned char repeats[2][NEGOTIATION_OPTIONS]; /* WILL, DO: answers since other bytes came */
    bool has_repeats;
    size_t skipped; /* bytes of this subnegotiation */
    unsigned char answers[NEGOTIATION_ANSWERS_MAX];
    size_t answers_size;
};

/* How many bytes may be given to negotiation_take now, so that there is room for what they may ask. */
size_t negotiation_room(const struct negotiation *negotiation);

/*
 * Take the commands out of `size` bytes at data, in place, and add what they ask for to `answers`. *left: bytes that
 * are left of data. Returns 0, or -1 for a subnegotiation without an end.
 */
int negotiation_take(struct negotiation *negotiation, char *data, size_t size, size_t *left);

/* Have no bytes come that are a part of a command still to come? */
bool negotiation_is_whole(const struct negotiation *negotiation);

/* The first `size` bytes of the answers are sent. */
void negotiation_answered(struct negotiation *negotiation, size_t size);

/* Data as it is sent: each IAC twice. wire has room for twice as many. Returns the size there. */
size_t negotiation_escape(const char *data, size_t size, char *wire);

/*
 * `sent` bytes of what escape has made of data are sent. Returns how many bytes of data those are; *half: of the last
 * of them, an IAC, the second is still to come.
 */
size_t negotiation_sent(const char *data, size_t size, size_t sent, bool *half);

#endif
