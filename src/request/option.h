/*
 * The options: one table, many readers. The parser and its bounds, the checks of what goes together, --help,
 * the completions and the tests read it; nothing else lists the options.
 */
#ifndef SKT_REQUEST_OPTION_H
#define SKT_REQUEST_OPTION_H

#include "domain/domain.h"
#include "domain/type.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a value is read and what is put into the field. */
enum option_kind {
    OPTION_FLAG,     /* no value; a bool becomes true, or a socket option 1 */
    OPTION_CONSTANT, /* no value; `constant` is stored */
    OPTION_COUNT,    /* no value; an int grows by one each time */
    OPTION_SELECT,   /* no value; `domain`, `type` and `protocol` of the row are chosen */
    OPTION_TEXT,     /* a word as it is */
    OPTION_FILE,     /* the name of a file */
    OPTION_SINK,     /* the name of a file, or fd:N */
    OPTION_NETNS,    /* a network namespace, as netns.h has it */
    OPTION_NUMBER,
    OPTION_OCTAL,
    OPTION_DURATION, /* in ms; `min` -1 allows -1, for no limit */
    OPTION_SIZE,     /* in bytes */
    OPTION_RATE,     /* so many in a time; into a struct conn_rate */
    OPTION_CHOICE,   /* one of `choices`, its number is stored; a number too, if `max` is not 0 */
    OPTION_WORD,     /* one of `choices`, its word is stored */
    OPTION_DOMAIN,   /* a row of domain.h */
    OPTION_TYPE,     /* a row of type.h */
    OPTION_PROTOCOL, /* a name that the domain knows, or a number */
    OPTION_SERVICE,  /* a service code of DCCP, as a socket option */
    OPTION_RECORDS,  /* a word of record.h */
    OPTION_SOCKOPT,  /* a socket option as setting.h has it; may be given again */
    OPTION_GROUP,    /* a multicast group to hear; may be given again */
    OPTION_PEERS,    /* patterns of peers (pattern.h); `constant`: they may not connect; may be given again */
    OPTION_PEERS_FILE, /* a file of them, likewise */
    OPTION_PROGRAM,    /* a program and its arguments (words.h) */
    OPTION_SHELL,      /* a command for the shell */
    OPTION_PIN,        /* a certificate's digest, as tls.h has it */
    OPTION_ALPN,       /* names of protocols, separated by commas */
    OPTION_SEND_FLAGS, /* names of flags.h, separated by commas */
    OPTION_RECEIVE_FLAGS,
};

enum { OPTION_KINDS = OPTION_RECEIVE_FLAGS + 1 };

/* What the domain and the type have to be like for an option to mean anything. */
enum option_fit {
    FITS_ALL,
    FITS_MESSAGES,      /* types that keep messages apart */
    FITS_BYTES,         /* types that carry bytes without borders */
    FITS_URGENT,        /* types with urgent data */
    FITS_RECORDS,       /* the same of the socket, or of the one that it is joined with */
    FITS_HALF_CLOSE,    /* types whose writing side can be ended by itself */
    FITS_NO_HALF_CLOSE, /* types that keep messages apart and have no such end */
    FITS_ACCEPTING,     /* types with connections to accept */
    FITS_CLIENTS,       /* ... or whose messages say who has sent them */
    FITS_TCP,           /* TCP alone */
    FITS_SERVICE,       /* types whose ends name a service by a code */
    FITS_PORTS,         /* addresses have ports */
    FITS_SCAN,          /* ... that can be counted through, or files */
    FITS_PATHS,         /* addresses are files */
    FITS_INTERFACES,    /* addresses are interfaces */
    FITS_GROUPS,        /* the domain has multicast groups that words can name */
    FITS_PATTERNS,      /* peers that patterns can name */
    FITS_RAW,           /* the type raw */
    FITS_HEADERS,       /* ... where the kernel puts headers before what is received */
};

enum option_group {
    GROUP_MODE,
    GROUP_KIND,
    GROUP_ADDRESS,
    GROUP_PROXY,
    GROUP_ACCESS,
    GROUP_START,
    GROUP_END,
    GROUP_MESSAGE,
    GROUP_TIME,
    GROUP_DATA,
    GROUP_TLS,
    GROUP_LOCAL,
    GROUP_RELAY,
    GROUP_MANY,
    GROUP_SOCKET,
    GROUP_CALL,
    GROUP_PROGRAM,
    GROUP_TELL,
};

struct option_row {
    char letter;       /* 0: none */
    char name[24];     /* without the dashes */
    const char *value; /* what --help calls its value; NULL: it takes none */
    bool may_lack_value;
    enum option_kind kind;
    size_t field; /* offset in struct command (command.h) */
    size_t size;  /* of the field */
    int64_t min, max;
    int constant;
    const struct domain *domain; /* OPTION_SELECT: NULL leaves the domain as it is */
    const struct type *type;     /* OPTION_SELECT: NULL leaves the type as it is */
    const char *protocol;        /* OPTION_SELECT: NULL leaves the protocol as it is */
    const char *sockopt;         /* goes to the socket option of this name, and to a field if it has one */
    const struct sockopt_word *choices; /* ended by word NULL */
    const char *of_relay; /* the option that this one is for the socket of --relay; NULL: it is none */
    const char *fallback; /* the default, in words, for --help */
    const char *excludes; /* names, blank-separated; goes both ways, so one row says it */
    const char *needs;    /* names, blank-separated, one of which has to be given too */
    enum option_fit fits;
    enum option_group group;
    const char *help;
};

/* More than there are rows, for arrays with a place for each. */
enum { OPTIONS_MAX = 200 };

/* All rows, ended by one with name "". */
extern const struct option_row option_rows[];

/* The headings of the groups in the order of --help, ended by NULL. */
extern const char *const option_group_titles[];

/* The row of a name that is known to be there. */
const struct option_row *option_named(const char *name);

/* Do two rows exclude each other, whichever of them says so? */
bool option_excludes(const struct option_row *a, const struct option_row *b);

/* Is `name` one of the blank-separated `names`? names may be NULL. */
bool option_lists(const char *names, const char *name);

enum { OPTION_WORDS_MAX = 48 };

/* Words that a value can be, for messages and completions. */
struct option_words {
    char text[256];
    const char *items[OPTION_WORDS_MAX + 1]; /* into text or at constants; ended by NULL */
    size_t count;
};

/* The words from which the value of a row is taken; none for free values. */
void option_words(const struct option_row *row, struct option_words *words);

/* The bounds of a number, time or size: "1 to 255", "1ms to 87600h". Empty if the value is none. */
void option_bounds(const struct option_row *row, char *text, size_t size);

/* A name as one types it: "-w" or "--wait". */
struct option_name {
    char text[32];
};

struct option_name option_name(const struct option_row *row, bool as_letter);

#endif
