#include "endpoint/flags.h"

#include "base/number.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

static const char prefix[] = "MSG_";

/* clang-format off */
/* dontwait, nosignal, cmsg-cloexec and trunc are in force in every call that knows them: asking for them is no error. */
const struct flag_row flag_rows[] = {
    { .name = "confirm", .value = MSG_CONFIRM, .place = FLAGS_SEND },
    { .name = "dontroute", .value = MSG_DONTROUTE, .place = FLAGS_SEND },
    { .name = "dontwait", .value = MSG_DONTWAIT, .place = FLAGS_SEND },
    { .name = "eor", .value = MSG_EOR, .place = FLAGS_SEND },
    /* udp(7), UDP_CORK: datagrams grow until a send without it, and there is none */
    { .name = "more", .value = MSG_MORE, .place = FLAGS_SEND,
      .messages_why = "would join all messages into one that is never sent" },
    { .name = "nosignal", .value = MSG_NOSIGNAL, .place = FLAGS_SEND },
    { .name = "oob", .value = MSG_OOB, .place = FLAGS_SEND,
      .messages_why = "only a stream has urgent data" },
    { .name = "fastopen", .value = MSG_FASTOPEN, .place = FLAGS_SEND,
      .why = "is for a socket that is not connected yet" },
    { .name = "zerocopy", .value = MSG_ZEROCOPY, .place = FLAGS_SEND,
      .why = "would send from memory that is used again before it has gone out" },

    { .name = "cmsg-cloexec", .value = MSG_CMSG_CLOEXEC, .place = FLAGS_RECEIVE },
    { .name = "dontwait", .value = MSG_DONTWAIT, .place = FLAGS_RECEIVE },
    /* tcp(7): the bytes are thrown away, though they count as received */
    { .name = "trunc", .value = MSG_TRUNC, .place = FLAGS_RECEIVE,
      .bytes_why = "throws away the bytes of a stream: use --send-only for that" },
    { .name = "errqueue", .value = MSG_ERRQUEUE, .place = FLAGS_RECEIVE,
      .why = "would receive errors in the place of data; errors are told without it" },
    { .name = "oob", .value = MSG_OOB, .place = FLAGS_RECEIVE,
      .why = "would receive urgent data only: use --oob-file or --oob-inline" },
    { .name = "peek", .value = MSG_PEEK, .place = FLAGS_RECEIVE,
      .why = "every receive would find the same data again: use --peek N" },
    { .name = "waitall", .value = MSG_WAITALL, .place = FLAGS_RECEIVE,
      .why = "no receive waits: use --block N for whole blocks" },
    { .name = NULL },
};
/* clang-format on */

static const struct flag_row *
find(const char *word, size_t length, enum flags_place place)
{
    size_t skip = sizeof prefix - 1;
    if (length > skip && strncasecmp(word, prefix, skip) == 0) {
        word += skip;
        length -= skip;
    }
    for (const struct flag_row *row = flag_rows; row->name; row++) {
        bool is_name = strlen(row->name) == length && strncasecmp(word, row->name, length) == 0;
        /* MSG_CMSG_CLOEXEC has an underscore where options have a hyphen */
        bool is_cloexec = row->value == MSG_CMSG_CLOEXEC && length == strlen("cmsg_cloexec") &&
                          strncasecmp(word, "cmsg_cloexec", length) == 0;
        if (row->place == place && (is_name || is_cloexec))
            return row;
    }
    return NULL;
}

/* A word that is none of the names: a number, or a mistake. Returns its bits, or -1. */
static int
read_bits(const char *word, size_t length)
{
    char text[24];
    int64_t bits = 0;
    if (length >= sizeof text)
        return -1;
    memcpy(text, word, length);
    text[length] = '\0';
    return number_whole(text, NUMBER_DECIMAL_OR_HEX, &bits) == NUMBER_FOUND && bits <= INT_MAX ? (int)bits
                                                                                               : -1;
}

static int
refuse_name(const char *word, size_t length, enum flags_place place, char *why, size_t size)
{
    bool is_other = find(word, length, place == FLAGS_SEND ? FLAGS_RECEIVE : FLAGS_SEND) != NULL;
    int used = snprintf(why, size, "%.*s%s%s", (int)(length < 32 ? length : 32), word, length > 0 ? ": " : "",
                        is_other      ? "is a flag of the other direction; known:"
                        : length == 0 ? "a name is missing; known:"
                                      : "not known; known:");
    for (const struct flag_row *row = flag_rows; row->name && used > 0 && (size_t)used < size; row++)
        if (row->place == place && !row->why)
            used += snprintf(why + used, size - (size_t)used, " %s", row->name);
    return -1;
}

int
flags_parse(const char *list, enum flags_place place, int *flags, char *why, size_t size)
{
    int all = 0;
    for (const char *word = list;; word += strcspn(word, ",") + 1) {
        size_t length = strcspn(word, ",");
        const struct flag_row *row = find(word, length, place);
        int bits = row ? row->value : read_bits(word, length);
        if (bits < 0)
            return refuse_name(word, length, place, why, size);
        for (row = flag_rows; row->name; row++) {
            if (row->place != place || !row->why || !(bits & row->value))
                continue;
            (void)snprintf(why, size, "%s: %s", row->name, row->why);
            return -1;
        }
        all |= bits;
        if (word[length] == '\0')
            break;
    }
    *flags = all;
    return 0;
}

const struct flag_row *
flags_misfit(int flags, enum flags_place place, enum unit unit, const char **why)
{
    for (const struct flag_row *row = flag_rows; row->name; row++) {
        *why = unit == UNIT_BYTES ? row->bytes_why : row->messages_why;
        if (row->place == place && flags & row->value && *why)
            return row;
    }
    return NULL;
}
