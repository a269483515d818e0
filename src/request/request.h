/*
 * A request: what the user wants, as plain data. No descriptor, no clock. It is made of the plain structures
 * of the modules that carry it out, so that the parser fills in what they read.
 */
#ifndef SKT_REQUEST_REQUEST_H
#define SKT_REQUEST_REQUEST_H

#include "dial/open.h"
#include "endpoint/socket.h"
#include "pump/pump.h"
#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_STRINGS_MAX = 4 };

/* Strings point into argv, at constants, or are owned by `strings`. Times in ms; -1: not given. */
struct request {
    bool help;
    bool version;
    bool lists_domains;     /* --domain list */
    const char *completion; /* "bash", "zsh", "fish": print that shell's completion */
    bool lists_sockopts;    /* --sockopt list */

    bool listens;
    bool keeps_open;                /* -k */
    bool scans;                     /* -z */
    bool passes;                    /* -F: pass the connected descriptor on */
    bool receives;                  /* receive a connected descriptor over standard input */
    uint16_t scan_first, scan_last; /* -z: the range of ports */
    struct socket_plan socket;
    const struct domain *asked_domain; /* that options or a URL have named; NULL: none */

    enum half_close half_close;
    bool no_input; /* -d, --recv-only */
    bool send_only;
    bool eof_message;
    bool telnet;                   /* -t */
    int send_flags, receive_flags; /* flags.h */
    char **program;          /* --exec, --sh-exec: its words, its own name first; NULL: none. In one piece */
    bool takes_errors;       /* --stderr */
    int terminal;            /* --pty: of enum terminal_mode */
    int64_t kill_after_ms;   /* how long a program has to end that was told to */
    int64_t peek_size;       /* --peek; 0: not */
    const char *urgent_text; /* --oob: sent before the input */
    const char *urgent_file; /* --oob-file: FILE or fd:N for what is received */

    bool announces;
    const char *announce_to; /* FILE or fd:N; NULL: standard error */

    int64_t connect_ms;
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
 * argv is permuted so that the operands come last, as getopt_long(3) does, and has to outlive the request.
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
