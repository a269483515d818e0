/* What socket to open, as plain data, and opening it. */
#ifndef SKT_DIAL_OPEN_H
#define SKT_DIAL_OPEN_H

#include "base/fault.h"
#include "dial/filter.h"
#include "dial/proxy.h"
#include "dial/sockopt.h"
#include "domain/domain.h"
#include <stdbool.h>
#include <stddef.h>

enum { OPEN_INHERITED_MAX = 16 };

struct socket_plan {
    const struct domain *domain;
    int family;                /* the domain's, or the number of one that has no row */
    const struct type *type;   /* the domain's own row */
    int protocol;              /* 0: the domain's usual one for the type */
    struct target remote;      /* whom to reach or, listening, where to listen */
    struct target source;      /* where to come from; all NULL: the kernel decides */
    struct proxy_choice proxy; /* what connects us to `remote`; then the socket's own peer is that proxy */
    bool numeric;              /* no name lookups */
    bool random_source_port;   /* bind a port chosen at random before connecting */
    bool reuse_port;           /* let other listeners share the port (SO_REUSEPORT) */
    int backlog;               /* of a listener; 0: the system's maximum */
    int path_mode;             /* of a socket file; -1: 0600 */
    int inherited;             /* a descriptor that is the socket, and remote.host its name: fd:N; -1: none */
    int inherited_more[OPEN_INHERITED_MAX - 1]; /* a listener may have several */
    size_t inherited_more_count;
    const char *netns;  /* open it in this network namespace (netns.h); NULL: where we are */
    bool keeps_headers; /* what is received keeps the headers that the kernel puts before it */
    bool promiscuous;   /* the interface gives us what is for others, too */
    const char *groups; /* multicast groups in the domain's words; NULL: none */
    struct sockopt_settings options;
    const char *filter_file; /* where the filter comes from; NULL: not from a file */
    const char *filter_text; /* or its expression (expression.h); NULL: no expression */
    struct filter filter;
};

/* Does it come from an address or a port that is said, or from one chosen at random? */
bool open_has_source(const struct socket_plan *plan);

/*
 * What plan->domain has to check and resolve: the source for PURPOSE_SOURCE, otherwise whom the socket connects to or where
 * it listens, which is the remote target or a proxy.
 */
struct resolve_query open_query(const struct socket_plan *plan, enum purpose purpose);

/*
 * The same of the remote target, wherever there is a proxy or not. Behind one, the plan's family and -n say nothing of
 * it, unless we look it up.
 */
struct resolve_query open_query_remote(const struct socket_plan *plan, enum purpose purpose);

/*
 * socket(2) for an address of `family`, close-on-exec and non-blocking, with the options of PHASE_OPENED.
 * takes_port: it will be bound to an address that is to be had again soon after its last connection.
 * Returns the descriptor for the caller to close, or -1 with `status` (STATUS_CONNECT or STATUS_LISTEN).
 */
int open_socket(const struct socket_plan *plan, int family, bool takes_port, enum status status,
                struct fault *fault);

/*
 * After a failed lookup: is the whole family missing from this kernel? Then *fault says so, with `status`; otherwise it
 * stays as it is.
 */
void open_explain(const struct socket_plan *plan, enum status status, struct fault *fault);

/* Give the plan's filter to a socket. Returns 0, or -1 with `status`. */
int open_filter(const struct socket_plan *plan, int fd, enum status status, struct fault *fault);

/* Join the plan's groups with a socket that is bound. Returns 0, or -1 with `status`. */
int open_join(const struct socket_plan *plan, int fd, enum purpose purpose, enum status status,
              struct fault *fault);

/*
 * Settings for a connected or accepted socket: the family's own; those of PHASE_OPENED that they, or accept(2),
 * may have undone; then PHASE_CONNECTED. is_prepared: it is open_socket's, or was accepted by one of those. 0, or -1 as
 * above.
 */
int open_finish(const struct socket_plan *plan, int fd, bool is_prepared, enum status status,
                struct fault *fault);

/* Are the plan's addresses host and port, or one word? */
bool open_has_port(const struct socket_plan *plan);

/* An address of the plan in words, with interfaces as they are called where its socket is; no port where there is none. */
void open_format(const struct socket_plan *plan, const struct address *address, struct address_text *text);

/* The same as one word, as domain_spell. */
void open_spell(const struct socket_plan *plan, const struct address *address, char *word, size_t size);

/*
 * Is this numeric host what was typed of whom the socket connects to (brackets apart, and with -n always), so that it needs
 * no mention?
 */
bool open_is_typed(const struct socket_plan *plan, const char *host);

/*
 * The remote target in words as typed, for messages: "HOST port PORT (tcp)", or only the path. `tried` is put
 * in parentheses after the host ("localhost (::1) port 80 (tcp)") unless it is what was typed; NULL: not. Where there is
 * a proxy, the words are about that: "proxy HOST port PORT (tcp) for HOST port PORT".
 */
void open_words(const struct socket_plan *plan, const struct address *tried, char *words, size_t size);

/* Room for open_words. */
enum { OPEN_WORDS_MAX = 480 };

#endif
