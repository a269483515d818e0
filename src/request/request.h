/*
 * A request: what the user wants, as plain data. No descriptor, no clock. It is made of the plain structures
 * of the modules that carry it out, so that the parser fills in what they read.
 */
#ifndef SKT_REQUEST_REQUEST_H
#define SKT_REQUEST_REQUEST_H

#include "dial/open.h"
#include "endpoint/hub.h"
#include "endpoint/socket.h"
#include "endpoint/tls.h"
#include "pump/pump.h"
#include "request/ports.h"
#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_STRINGS_MAX = 16, ACCESS_SOURCES_MAX = 64 };

/* Where it says who may connect, or may not: a file, or patterns (pattern.h) with commas between them. */
struct access_source {
    bool denies;
    bool is_file;
    const char *text;
};

struct access_sources {
    struct access_source items[ACCESS_SOURCES_MAX];
    size_t count;
};

enum { RETRY_FOREVER = -1 };

enum { PEEK_TOLD_MAX = 200 }; /* so much of what was peeked at is a program told */

/* --workers: one for each processor. */
enum { WORKERS_MAX = 1024, WORKERS_AUTO = -1 };

/* -z: what to try, and how. */
struct scan_choice {
    char *const *hosts; /* or paths; NULL: only the plan's remote.host */
    size_t host_count;
    struct port_list ports; /* none where addresses have no ports */
    int64_t parallel;       /* so many tries at a time */
    int64_t banner_size;    /* show so many of the first bytes that a service says; 0: none */
    bool all;               /* all have to answer, not any */
    bool json;              /* a line of JSON for each, on standard output */
};

/* --retry: try again what could not be reached. */
struct retry_choice {
    int64_t times;    /* after the first try; RETRY_FOREVER */
    int64_t delay_ms; /* from one try to the next; -1: it grows */
    int64_t max_ms;   /* for all tries together; -1: no limit */
};

/* How often something may happen: `burst` times at once, and from then on once in interval_us. burst 0: no limit. */
struct conn_rate {
    int64_t interval_us;
    int64_t burst;
};

/* What the socket is joined with. */
enum local {
    LOCAL_STREAMS,
    LOCAL_ECHO,
    LOCAL_DISCARD,
    LOCAL_CHARGEN,
    LOCAL_FILE,
    LOCAL_FOLDER,
    LOCAL_BROKER,
    LOCAL_CHAT,
    LOCAL_RELAY,
};

/* LOCAL_RELAY: the other socket. */
struct relay_choice {
    struct socket_plan socket;
    int64_t connect_ms; /* for the lookup and the connection together */
    struct tls_choice tls;
};

/* Strings point into argv, at constants, or are owned by `strings`. Times in ms; -1: not given. */
struct request {
    bool help;
    bool version;
    bool lists_domains;     /* --domain list */
    const char *completion; /* "bash", "zsh", "fish": print that shell's completion */
    bool lists_sockopts;    /* --sockopt list */

    bool listens;
    bool keeps_open; /* -k */
    bool scans;      /* -z */
    bool passes;     /* -F: pass the connected descriptor on */
    bool receives;   /* receive a connected descriptor over standard input */
    struct scan_choice scan;
    struct retry_choice retry;
    bool reconnects; /* connect again when the connection is lost */
    struct socket_plan socket;
    const struct domain *asked_domain; /* that options or a URL have named; NULL: none */

    enum local local;
    const char *send_file;      /* LOCAL_FILE: the file for each client */
    const char *receive_folder; /* LOCAL_FOLDER: where files are made */
    const char *receive_name;   /* how they are called: intake_name.h */
    int64_t receive_size_max;   /* of each; 0: no limit */
    struct relay_choice relay;
    int64_t max_conns;     /* clients at once */
    int64_t max_per_peer;  /* of one peer; 0: no limit */
    struct conn_rate rate; /* new ones */
    bool refuses_when_full;
    int64_t workers;    /* processes that serve; 0: we do; WORKERS_AUTO */
    bool serial;        /* one client after the other */
    bool tells_apart;   /* who sends datagrams to the standard streams is a client, as who connects is */
    bool labels;        /* what is heard of a client says whose it is */
    bool merges_bytes;  /* ... and is not kept together by lines */
    enum hub_slow slow; /* what becomes of a client that takes less than there is */
    int64_t queue_size; /* bytes that may wait for each */

    enum half_close half_close;
    bool no_input; /* -d, --recv-only */
    bool send_only;
    bool eof_message;
    bool telnet; /* -t */
    struct tls_choice tls;
    int send_flags, receive_flags; /* flags.h */
    char **program;          /* --exec, --sh-exec: its words, its own name first; NULL: none. In one piece */
    bool takes_errors;       /* --stderr */
    int terminal;            /* --pty: of enum terminal_mode */
    int64_t kill_after_ms;   /* how long a program has to end that was told to */
    int64_t peek_size;       /* --peek; 0: not */
    const char *urgent_text; /* --oob: sent before the input */
    const char *urgent_file; /* --oob-file: FILE or fd:N for what is received */

    struct access_sources access; /* none: everybody may connect */

    const char *user, *group; /* to become once the socket is open; NULL: as we are */
    const char *chroot;       /* the folder to be the root from then on */
    const char *pid_file;
    bool notifies; /* tell the service manager that we listen */

    bool announces;
    const char *announce_to; /* FILE or fd:N; NULL: standard error */

    int64_t connect_ms; /* lookup, connection and handshake; a listener: each client's handshake */
    int64_t accept_ms;
    int64_t max_ms;
    struct pump_policy pump;

    const char *key_file; /* -S: where the key is from: FILE or fd:N; NULL: the terminal */

    int verbosity;
    bool stats;
    const char *output;   /* -o: everything received and sent also goes to this file */
    const char *hex_dump; /* the same as a dump */
    bool append_output;

    char *strings[REQUEST_STRINGS_MAX]; /* parts of operands that had to be cut out */
    size_t string_count;
};

/*
 * Fill a request from the command line. Every operand and value is checked; no socket is opened and no file.
 * argv is permuted so that the operands come last, as getopt_long(3) does, and has to outlive the request. A proxy's
 * password in it is overwritten.
 *
 * Returns 0 with a request for the caller to free, or -1 with nothing to free: STATUS_USAGE and one line that
 * names the word as typed and says what would be right (STATUS_LOCAL without memory).
 */
int request_parse(struct request *request, int argc, char **argv, struct fault *fault);
void request_free(struct request *request);

/* --help, --version, --completion and --sockopt list: print to standard output. 0, or -1 with STATUS_LOCAL. */
int request_help(struct fault *fault);
int request_version(struct fault *fault);
int request_completion(const char *shell, struct fault *fault);
int request_sockopts(struct fault *fault);

#endif
