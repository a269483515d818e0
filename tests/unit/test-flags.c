#include "endpoint/flags.h"
#include "tap.h"
#include <string.h>
#include <sys/socket.h>

static const struct {
    const char *list;
    enum flags_place place;
    int flags;
} good[] = {
    { "dontroute", FLAGS_SEND, MSG_DONTROUTE },
    { "DontRoute", FLAGS_SEND, MSG_DONTROUTE },
    { "MSG_DONTROUTE", FLAGS_SEND, MSG_DONTROUTE },
    { "msg_confirm,eor", FLAGS_SEND, MSG_CONFIRM | MSG_EOR },
    { "more,more", FLAGS_SEND, MSG_MORE },
    { "oob,nosignal,dontwait", FLAGS_SEND, MSG_OOB | MSG_NOSIGNAL | MSG_DONTWAIT },
    { "4", FLAGS_SEND, MSG_DONTROUTE },
    { "0x4,confirm", FLAGS_SEND, MSG_DONTROUTE | MSG_CONFIRM },
    { "0", FLAGS_SEND, 0 },
    { "dontwait,trunc", FLAGS_RECEIVE, MSG_DONTWAIT | MSG_TRUNC },
    { "cmsg-cloexec", FLAGS_RECEIVE, MSG_CMSG_CLOEXEC },
    { "MSG_CMSG_CLOEXEC", FLAGS_RECEIVE, MSG_CMSG_CLOEXEC },
    { "0x10000", FLAGS_RECEIVE, 0x10000 },
};

#define SENDS "known: confirm dontroute dontwait eor more nosignal oob"
#define RECEIVES "known: cmsg-cloexec dontwait trunc"

static const struct {
    const char *list;
    enum flags_place place;
    const char *why;
} bad[] = {
    { "", FLAGS_SEND, "a name is missing; " SENDS },
    { "more,", FLAGS_SEND, "a name is missing; " SENDS },
    { ",more", FLAGS_SEND, "a name is missing; " SENDS },
    { "MSG_", FLAGS_SEND, "MSG_: not known; " SENDS },
    { "mor", FLAGS_SEND, "mor: not known; " SENDS },
    { "moreover", FLAGS_SEND, "moreover: not known; " SENDS },
    { "more eor", FLAGS_SEND, "more eor: not known; " SENDS },
    { "-4", FLAGS_SEND, "-4: not known; " SENDS },
    { "0x80000000", FLAGS_SEND, "0x80000000: not known; " SENDS },
    { "99999999999999999999999999", FLAGS_SEND, "99999999999999999999999999: not known; " SENDS },
    { "more,waitall", FLAGS_SEND, "waitall: is a flag of the other direction; " SENDS },
    { "fastopen", FLAGS_SEND, "fastopen: is for a socket that is not connected yet" },
    { "0x20000000", FLAGS_SEND, "fastopen: is for a socket that is not connected yet" },
    { "zerocopy", FLAGS_SEND, "zerocopy: would send from memory that is used again before it has gone out" },
    { "more", FLAGS_RECEIVE, "more: is a flag of the other direction; " RECEIVES },
    { "peek", FLAGS_RECEIVE, "peek: every receive would find the same data again: use --peek N" },
    { "dontwait,MSG_PEEK", FLAGS_RECEIVE,
      "peek: every receive would find the same data again: use --peek N" },
    { "2", FLAGS_RECEIVE, "peek: every receive would find the same data again: use --peek N" },
    { "oob", FLAGS_RECEIVE, "oob: would receive urgent data only: use --oob-file or --oob-inline" },
    { "waitall", FLAGS_RECEIVE, "waitall: no receive waits: use --block N for whole blocks" },
    { "errqueue", FLAGS_RECEIVE,
      "errqueue: would receive errors in the place of data; errors are told without it" },
};

static const struct {
    int flags;
    enum flags_place place;
    enum unit unit;
    const char *misfit; /* NULL: none */
} fits[] = {
    { MSG_MORE | MSG_EOR, FLAGS_SEND, UNIT_BYTES, NULL },
    { MSG_MORE | MSG_EOR, FLAGS_SEND, UNIT_MESSAGES, "more" },
    { MSG_OOB, FLAGS_SEND, UNIT_BYTES, NULL },
    { MSG_OOB, FLAGS_SEND, UNIT_MESSAGES, "oob" },
    { MSG_TRUNC, FLAGS_RECEIVE, UNIT_MESSAGES, NULL },
    { MSG_TRUNC, FLAGS_RECEIVE, UNIT_BYTES, "trunc" },
    { MSG_TRUNC, FLAGS_SEND, UNIT_BYTES, NULL },
    { 0, FLAGS_SEND, UNIT_MESSAGES, NULL },
};

#define EACH(rows, index) for (size_t index = 0; index < sizeof(rows) / sizeof(rows)[0]; index++)

int
main(void)
{
    char why[256] = "";
    EACH(good, i)
    {
        int flags = -1;
        is_int(flags_parse(good[i].list, good[i].place, &flags, why, sizeof why), 0, "%s is taken",
               good[i].list);
        is_int(flags, good[i].flags, "%s is as in the headers", good[i].list);
    }
    EACH(bad, i)
    {
        int flags = 77;
        is_int(flags_parse(bad[i].list, bad[i].place, &flags, why, sizeof why), -1, "%s is refused",
               bad[i].list);
        is_text(why, bad[i].why, "%s is refused for its reason", bad[i].list);
        is_int(flags, 77, "%s sets nothing", bad[i].list);
    }
    EACH(fits, i)
    {
        const struct flag_row *row =
            flags_misfit(fits[i].flags, fits[i].place, fits[i].unit, &(const char *){ NULL });
        is_text(row ? row->name : "none", fits[i].misfit ? fits[i].misfit : "none", "flags %#x of case %zu",
                (unsigned)fits[i].flags, i);
    }
    return tap_done();
}
