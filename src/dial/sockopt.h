/*
 * Socket options by name: setsockopt(2), socket(7), ip(7), ipv6(7), tcp(7), udp(7), unix(7), packet(7),
 * netlink(7), vsock(7) and the kernel's own headers. A row says on which levels an option lives, what its value
 * is and when it applies; one loop applies a phase.
 */
#ifndef SKT_DIAL_SOCKOPT_H
#define SKT_DIAL_SOCKOPT_H

#include "base/fault.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sockopt_phase {
    PHASE_OPENED,    /* right after socket(2), before bind, and once more after connect or accept */
    PHASE_BOUND,     /* after bind, before connect or listen */
    PHASE_CONNECTED, /* after connect or accept */
};

/* Their names in the order of the enum, ended by NULL. */
extern const char *const sockopt_phase_names[];

enum sockopt_level {
    LEVEL_ANY, /* none in particular */
    LEVEL_SOCKET,
    LEVEL_IP,
    LEVEL_IPV6,
    LEVEL_ICMPV6,
    LEVEL_RAW,
    LEVEL_TCP,
    LEVEL_UDP,
    LEVEL_UDPLITE,
    LEVEL_SCTP,
    LEVEL_DCCP,
    LEVEL_SMC,
    LEVEL_PACKET,
    LEVEL_NETLINK,
    LEVEL_VSOCK,
    LEVEL_TIPC,
    LEVEL_RDS,
    LEVEL_RXRPC,
    LEVEL_CAN,
    LEVEL_LLC,
    LEVEL_AX25,
    LEVEL_NETROM,
    LEVEL_ROSE,
    LEVEL_ALG,
    LEVEL_PNPIPE,
    LEVEL_KCM,
};

struct sockopt_level_row {
    const char *name;   /* "tcp" */
    const char *prefix; /* what the macros of its options begin with: "TCP_" */
    int number;         /* as setsockopt(2) wants it */
};

extern const struct sockopt_level_row sockopt_levels[];

/* What people write. */
enum sockopt_kind {
    SOCKOPT_FLAG,      /* on, yes or 1, which need not be said; off, no or 0 */
    SOCKOPT_INT,       /* a number within the bounds, or one of the words */
    SOCKOPT_SIZE,      /* bytes, or with K, M or G */
    SOCKOPT_TIME,      /* seconds, or with ms, s, m or h; `number` has it in ms */
    SOCKOPT_LINGER,    /* the same, or off, which is -1 */
    SOCKOPT_TEXT,      /* a word */
    SOCKOPT_PORTS,     /* LOW-HIGH */
    SOCKOPT_INTERFACE, /* a name or an index */
    SOCKOPT_STATION,   /* INTERFACE/MAC */
    SOCKOPT_ADDRESS,   /* a numeric IPv6 address */
    SOCKOPT_GROUP,     /* GROUP[@INTERFACE] */
    SOCKOPT_SOURCE,    /* GROUP[@INTERFACE],SOURCE */
    SOCKOPT_HEX,       /* the bytes of the value */
};

/* What one kind is called in messages, as "on or off". */
const char *sockopt_kind_words(enum sockopt_kind kind);

/* What the kernel wants, which may differ from level to level. */
enum sockopt_form {
    FORM_INT,
    FORM_INT_BE, /* in network byte order */
    FORM_BYTE,
    FORM_U64,
    FORM_SECONDS,
    FORM_MS,
    FORM_TIMEVAL,
    FORM_LINGER,
    FORM_TEXT,
    FORM_HEX,
    FORM_PORTS,    /* the higher one in the upper half */
    FORM_INDEX,    /* of an interface */
    FORM_INDEX_BE, /* in network byte order */
    FORM_MREQN,    /* struct ip_mreqn with nothing but an index */
    FORM_GROUP,    /* struct group_req */
    FORM_SOURCE,   /* struct group_source_req */
    FORM_ANYCAST,  /* struct ipv6_mreq */
    FORM_PROMISC,  /* struct packet_mreq */
    FORM_ALLMULTI,
    FORM_MULTICAST,
    FORM_UNICAST,
    FORM_ASSOC,      /* struct sctp_assoc_value of all associations to come */
    FORM_MD5_IPV4,   /* struct tcp_md5sig for any peer */
    FORM_MD5_IPV6,   /* the same of a socket of IPv6 */
    FORM_MD5_MAPPED, /* and of the IPv4 that it carries */
};

struct sockopt_word {
    const char *word;
    int number;
};

/* Types of service. */
extern const struct sockopt_word sockopt_tos_words[];

/* The words that a number can be called by. */
enum sockopt_vocabulary { WORDS_NONE, WORDS_TOS, WORDS_MTU, WORDS_PREFERENCES, WORDS_IMPORTANCE };

enum { SOCKOPT_PLACES_MAX = 4, SOCKOPT_NAMES_MAX = 2 };

/* Its texts are in it: pointers in so large a table would have to be set at each start, on pages that are then our own. */
struct sockopt_row {
    char name[32]; /* as the macro has it, in small letters and with dashes: "rcvbuf", "ttl", "tos" */
    enum sockopt_phase phase;
    bool once;      /* not again after connect or accept: it can no longer be set, or is for good */
    bool last;      /* behind the others of its phase: they change it, or are needed for it */
    bool is_secret; /* the value is not shown */
    bool piles;     /* a second value is one more, not another in place of the first */
    enum sockopt_kind kind;
    int64_t min, max; /* of a number; max 0: 2147483647 */
    int step;         /* a number above 0 is a multiple of it; 0: any is good */
    enum sockopt_vocabulary words;
    struct sockopt_place {
        enum sockopt_level level;
        int option;
        enum sockopt_form form;
    } at[SOCKOPT_PLACES_MAX]; /* IPv6 calls some otherwise, and its sockets may carry IPv4 too */
    int asked;                /* getsockopt(2) tells of it under this number; 0: under its own */
    char help[60];
    char instead[48]; /* not "": it is not to be set, and this is why */
};

/* Is a number a multiple of what the row says? */
bool sockopt_is_step(const struct sockopt_row *row, int64_t number);

/* All rows, ended by one with name "". */
extern const struct sockopt_row sockopt_rows[];

/* The words of a row's numbers, ended by word NULL; NULL: they have none. */
const struct sockopt_word *sockopt_words_of(const struct sockopt_row *row);

/* A level's own name of an option, where it is another: `which` counts from 0 to SOCKOPT_NAMES_MAX. NULL: it has no more. */
const char *sockopt_own_name(const struct sockopt_place *place, size_t which);

/* An option that has no row. */
struct sockopt_raw {
    int level, option;
    enum sockopt_phase phase;
};

struct sockopt_setting {
    const struct sockopt_row *row; /* NULL: `raw` is the option, and `text` has the hexadecimal value first */
    enum sockopt_level level;      /* only there; LEVEL_ANY: wherever the socket has it */
    int64_t number;
    const char *text; /* the value as typed, lent; NULL: the number is the value */
    struct sockopt_raw raw;
};

/* Owned by who adds them; a copy of this shares them, and adds none. */
struct sockopt_settings {
    struct sockopt_setting *items;
    size_t count;
};

/*
 * Find by a name in any case: "nodelay", "tcp.nodelay", "TCP_NODELAY". The first two may have _ for -. *level is
 * the one that was named, or LEVEL_ANY.
 * Returns NULL if there is none, or if a name without its level is that of several: sockopt_next tells.
 */
const struct sockopt_row *sockopt_find(const char *name, enum sockopt_level *level);

/* The rows of that name one after the other: the first one behind `row` (NULL: of all), or NULL. */
const struct sockopt_row *sockopt_next(const struct sockopt_row *row, const char *name,
                                       enum sockopt_level *level);

/* Add a setting; unless they pile up, it takes the place of an earlier one of the same option. -1: no memory. */
int sockopt_add(struct sockopt_settings *settings, const struct sockopt_setting *setting);

/* Make some that are owned from others. -1: no memory, and there are none. */
int sockopt_copy(struct sockopt_settings *settings, const struct sockopt_settings *from);

/* There are none any more. */
void sockopt_free(struct sockopt_settings *settings);

/*
 * Apply the settings of one phase to a socket: each at every place that the socket knows, at one at least.
 * Returns 0, or -1 with `status`, "socket option NAME=VALUE".
 */
int sockopt_apply(int fd, const struct sockopt_settings *settings, enum sockopt_phase phase,
                  enum status status, struct fault *fault);

/*
 * The same for what was set before the socket was connected or accepted, and is not `once`: skt itself may have
 * set it otherwise by now, and accept(2) does not hand over all of it. Of options without a row nobody knows
 * whether they are `once`: the kernel may refuse them.
 */
int sockopt_apply_again(int fd, const struct sockopt_settings *settings, enum status status,
                        struct fault *fault);

/*
 * Will the socket hear what is not sent to its own address, a group or a broadcast? connect(2) would give it one
 * address of its own, and end that.
 */
bool sockopt_hears_groups(const struct sockopt_settings *settings);

/* May a setting change what close(2) does (SO_LINGER)? Of options without a row nobody knows. */
bool sockopt_changes_close(const struct sockopt_settings *settings);

/* "tcp.nodelay=off"; only the name where the value is not to be shown */
void sockopt_words(const struct sockopt_setting *setting, char *words, size_t size);

/*
 * Has the kernel made another number of a setting? Then true, with its value in words. False if not, and where
 * it cannot be asked.
 */
bool sockopt_was_changed(int fd, const struct sockopt_setting *setting, char *value, size_t size);

#endif
