#include "endpoint/negotiation.h"

#include <string.h>

/* RFC 854, "TELNET COMMAND STRUCTURE". */
enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254 };

/* Before what is given to take there may be two bytes of a command; its answer has three. */
enum { ANSWER_SIZE = 3 };

size_t
negotiation_room(const struct negotiation *negotiation)
{
    size_t room = sizeof negotiation->answers - negotiation->answers_size;
    return room < ANSWER_SIZE ? 0 : room - (ANSWER_SIZE - 1);
}

/* Other bytes have come: nobody is asking in circles. */
static void
note_data(struct negotiation *negotiation)
{
    if (negotiation->has_repeats)
        memset(negotiation->repeats, 0, sizeof negotiation->repeats);
    negotiation->has_repeats = false;
}

/* WONT and DONT need no answer: they say what holds already. */
static void
refuse(struct negotiation *negotiation, unsigned char option)
{
    bool is_offer = negotiation->verb == WILL;
    unsigned char *repeats = &negotiation->repeats[is_offer ? 0 : 1][option];
    bool is_request = is_offer || negotiation->verb == DO;
    if (!is_request || *repeats == NEGOTIATION_REPEATS_MAX)
        return;
    unsigned char *answer = negotiation->answers + negotiation->answers_size;
    answer[0] = NEGOTIATION_IAC;
    answer[1] = is_offer ? DONT : WONT;
    answer[2] = option;
    negotiation->answers_size += ANSWER_SIZE;
    ++*repeats;
    negotiation->has_repeats = true;
}

/* The byte behind an IAC. Returns whether it is data. */
static bool
take_command(struct negotiation *negotiation, unsigned char command)
{
    switch (command) {
    case WILL:
    case WONT:
    case DO:
    case DONT:
        negotiation->verb = command;
        negotiation->state = NEGOTIATION_OPTION;
        return false;
    case SB:
        negotiation->skipped = 0;
        negotiation->state = NEGOTIATION_SKIP;
        return false;
    default: /* all others are whole: the end of a record, "are you there?" and the like */
        negotiation->state = NEGOTIATION_DATA;
        return command == NEGOTIATION_IAC;
    }
}

/* Within a subnegotiation, behind an IAC. A command other than its end says that the end is missing. */
static void
take_skipped_command(struct negotiation *negotiation, unsigned char command)
{
    if (command == NEGOTIATION_IAC)
        negotiation->state = NEGOTIATION_SKIP;
    else
        (void)take_command(negotiation, command); /* no IAC, so no data */
}

/* One byte that is not simply data. Returns whether it becomes data. */
static bool
take_byte(struct negotiation *negotiation, unsigned char byte)
{
    negotiation->skipped++;
    switch (negotiation->state) {
    case NEGOTIATION_DATA:
        negotiation->state = NEGOTIATION_COMMAND;
        return false;
    case NEGOTIATION_COMMAND:
        return take_command(negotiation, byte);
    case NEGOTIATION_OPTION:
        refuse(negotiation, byte);
        negotiation->state = NEGOTIATION_DATA;
        return false;
    case NEGOTIATION_SKIP:
        if (byte == NEGOTIATION_IAC)
            negotiation->state = NEGOTIATION_SKIP_IAC;
        return false;
    case NEGOTIATION_SKIP_IAC:
        take_skipped_command(negotiation, byte);
        return false;
    }
    return false;
}

/* How many bytes of data come next. */
static size_t
run_length(const struct negotiation *negotiation, const char *data, size_t size)
{
    if (negotiation->state != NEGOTIATION_DATA)
        return 0;
    const char *command = memchr(data, NEGOTIATION_IAC, size);
    return command ? (size_t)(command - data) : size;
}

int
negotiation_take(struct negotiation *negotiation, char *data, size_t size, size_t *left)
{
    size_t kept = 0;
    for (size_t at = 0; at < size;) {
        size_t run = run_length(negotiation, data + at, size - at);
        if (run == 0)
            run = take_byte(negotiation, (unsigned char)data[at++]) ? 1 : 0;
        else
            at += run;
        if (run > 0) {
            memmove(data + kept, data + at - run, run);
            kept += run;
            note_data(negotiation);
        }
        bool is_skipping =
            negotiation->state == NEGOTIATION_SKIP || negotiation->state == NEGOTIATION_SKIP_IAC;
        if (is_skipping && negotiation->skipped > NEGOTIATION_SKIP_MAX)
            return -1;
    }
    *left = kept;
    return 0;
}

bool
negotiation_is_whole(const struct negotiation *negotiation)
{
    return negotiation->state == NEGOTIATION_DATA;
}

void
negotiation_answered(struct negotiation *negotiation, size_t size)
{
    negotiation->answers_size -= size;
    memmove(negotiation->answers, negotiation->answers + size, negotiation->answers_size);
}

size_t
negotiation_escape(const char *data, size_t size, char *wire)
{
    size_t end = 0;
    for (size_t i = 0; i < size; i++) {
        wire[end++] = data[i];
        if ((unsigned char)data[i] == NEGOTIATION_IAC)
            wire[end++] = data[i];
    }
    return end;
}

size_t
negotiation_sent(const char *data, size_t size, size_t sent, bool *half)
{
    size_t count = 0, wire = 0;
    for (; count < size && wire < sent; count++)
        wire += (unsigned char)data[count] == NEGOTIATION_IAC ? 2 : 1;
    *half = wire > sent;
    return count;
}
