/*
 * Domains (address families): how a family's addresses are read, resolved and printed, what it calls its
 * protocols, and what its sockets need that others do not. One row a family, one file a family; nothing
 * outside that file asks which family it is.
 */
#ifndef SKT_DOMAIN_DOMAIN_H
#define SKT_DOMAIN_DOMAIN_H

#include "base/fault.h"
#include "domain/pattern.h"
#include "domain/protocol.h"
#include "domain/type.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct address {
    struct sockaddr_storage name;
    socklen_t length; /* bytes of name in use */
};

/* Owned by whoever called resolve; free with address_list_free. */
struct address_list {
    struct address *items;
    size_t count;
};

/* Add a copy of an address. Returns 0, or -1 (no memory, errno set). */
int address_list_add(struct address_list *list, const struct sockaddr *name, socklen_t length);
void address_list_free(struct address_list *list);

/* The two words by which people name an end. NULL: not given. A family with one word (a path) uses host. */
struct target {
    const char *host;
    const char *port;
};

/* An address in words, already harmless to print: numeric host and port, or one word and an empty port. */
struct address_text {
    char host[448]; /* 107 bytes of a path, each as \xNN, and the @ of an abstract name */
    char port[16];
};

enum { DOMAIN_HEADER_MAX = 16 };

/*
 * Which of our own addresses a message came to, in the shape in which sendmsg(2) wants it beside an answer (cmsg(3)). size 0:
 * the kernel may choose.
 */
struct origin {
    _Alignas(max_align_t) char control[48];
    size_t size;
};

enum { ORIGIN_RECEIVE_SIZE = 96 }; /* room for what stands beside a message of it */

enum purpose {
    PURPOSE_CONNECT, /* the far end of a connection */
    PURPOSE_LISTEN,  /* where to listen; no host means every interface */
    PURPOSE_SOURCE,  /* the near end to bind before connecting; host and port may each be missing */
};

/* What resolve needs to know. Plain values; may be copied into another thread. */
struct resolve_query {
    int family; /* AF_UNSPEC for either of IPv4 and IPv6 */
    struct target target;
    enum purpose purpose;
    const struct type *type;
    int protocol;
    bool numeric;       /* no name lookups of hosts */
    bool keeps_headers; /* messages have the kernel's headers (header_size) */
    bool promiscuous;   /* hear what is for others, too (has_interface) */
    const char *groups; /* multicast groups to hear, in words; NULL: none (has_groups) */
    const char *netns;  /* the network namespace whose interfaces are meant (lookup.h); NULL: ours */
};

/* A local address that bind(2) took, and what must be undone when it is given back. */
struct binding {
    struct address address; /* as the kernel reports it */
    dev_t device;           /* of the socket file that we made, so that we remove no other */
    ino_t inode;
    bool owns_file;
};

enum { NOTICE_FLAG = 0x8000 }; /* MSG_NOTIFICATION of linux/sctp.h */

/* What the kernel says among the messages of a socket, marked by NOTICE_FLAG in msg_flags. */
enum notice {
    NOTICE_OTHER,
    NOTICE_ENDED, /* the peer has ended, in order */
    NOTICE_LOST,  /* the peer is gone, and what was sent to it last has not arrived */
};

struct domain {
    const char *name;    /* "inet" */
    const char *aliases; /* other names, blank-separated: "inet4 ipv4 ip4" */
    int family;
    const char *kernel; /* what a kernel needs that has it: "CONFIG_X25, module x25"; NULL: all have it */
    const struct type *const *types; /* ended by NULL; the first is the one that people expect */
    const struct domain *whole;      /* of which this one is a part (inet of inet46); NULL: of none */
    bool has_port;                   /* addresses are host and port; otherwise one word */
    bool has_files;                  /* a bound address may be a file of its own, with a mode */
    bool address_optional;           /* there is a usual address */
    bool keeps_address;              /* getsockname(2) tells of another address than that which was bound */
    bool needs_source;               /* connecting needs an address to come from */
    bool has_interface;              /* an address is an interface, which may be promiscuous */
    bool has_groups;                 /* there are multicast groups that a word can name */
    bool knows_by_connection;        /* patterns match a connection, so that datagrams match none */
    const char *operands;            /* for help and messages: "[HOST] PORT" */
    const char *help;

    /*
     * Turn a target into its one address, without asking anybody. On failure STATUS_USAGE, naming the operand
     * as typed and what would be right. Takes the place of check and resolve where that is all there is.
     */
    int (*read)(const struct resolve_query *query, struct address *address, struct fault *fault);

    /*
     * Is the target well-formed? Opens nothing and looks nothing up but service names. On failure
     * STATUS_USAGE, naming the operand as typed and what would be right.
     */
    int (*check)(const struct resolve_query *query, struct fault *fault);

    /*
     * Turn a target into addresses, best first, none twice. Listening without a host gives alternatives: the
     * first of them that can be bound takes every interface. May block in a name lookup when needs_lookup
     * says so; otherwise returns at once. On failure STATUS_LOOKUP ("lookup of HOST").
     */
    int (*resolve)(const struct resolve_query *query, struct address_list *list, struct fault *fault);

    /* True if resolve may have to ask a name server (and so belongs into a helper thread). NULL: never. */
    bool (*needs_lookup)(const struct resolve_query *query);

    /* An address in words. */
    void (*format)(const struct address *address, struct address_text *text);

    /* An address as one word that skt takes back as an operand: "tcp://[::1]:5000". NULL: NAME:WORD or NAME://HOST:PORT. */
    void (*spell)(const struct address *address, const struct type *type, char *word, size_t size);

    /* "tcp", "udp", "unix": for messages. NULL: the domain's name. */
    const char *(*protocol_name)(const struct type *type, int protocol);

    /* The names of protocols that people are told. NULL: protocols have no names here. */
    const struct protocol *protocols;

    /* The number of a protocol by one of these or another name, in any case, or -1. NULL: by one of these. */
    int (*protocol_find)(const char *name);

    /* socket(2)'s third argument; `protocol` 0: none was asked for. NULL: the number as it is. */
    int (*socket_protocol)(const struct type *type, int protocol);

    /* Settings that a new socket needs before bind, connect or listen. NULL: none. */
    int (*prepare)(int fd, const struct type *type, int protocol, enum status status, struct fault *fault);

    /* Give an unbound socket the address without which `remote` could not answer. NULL: the kernel does. */
    int (*bind_for_answers)(int fd, const struct type *type, const struct address *remote,
                            struct fault *fault);

    /* In the place of connect(2), with the same result and errno. NULL: connect(2). */
    int (*connect)(int fd, const struct type *type, const struct address *remote);

    /*
     * bind(2) a listening (or source) address; `mode` is for families with files. Fills *binding, which is
     * untouched on failure: then `status`, "bind to ADDRESS". NULL: bind(2) is all there is to it.
     */
    int (*bind)(int fd, const struct address *address, mode_t mode, struct binding *binding,
                enum status status, struct fault *fault);

    /*
     * Join what the query asks for besides the address: groups, promiscuous mode. The socket is bound. check has
     * seen that the words are good. On failure `status`. NULL: the family has neither.
     */
    int (*join)(int fd, const struct resolve_query *query, enum status status, struct fault *fault);

    /*
     * Undo bind (remove a socket file), once every descriptor of the socket is closed: a file that something
     * still answers at stays. Calling it again is harmless. NULL: nothing to undo.
     */
    void (*unbind)(struct binding *binding);

    /*
     * Settings that a new socket of this family needs, after it is connected or accepted. NULL: none. is_prepared: it
     * was made by us, or accepted by one that was, so that `prepare` has seen the one or the other.
     */
    void (*opened)(int fd, const struct type *type, int protocol, bool is_prepared);

    /* The largest message in bytes that a socket takes, headers apart. NULL: not known before send(2) says so. */
    size_t (*message_max)(int fd, const struct type *type);

    /* The same of an unconnected socket, for one of those that may have written. NULL: message_max says what holds for all. */
    size_t (*message_max_to)(int fd, const struct type *type, const struct address *peer);

    /* How many bytes at the start of a message received are the kernel's headers, not payload. NULL: none. */
    size_t (*header_size)(int fd, const struct type *type, const void *message, size_t size);

    /* Write what has to stand before the payload of every message sent. Returns its size, at most
     * DOMAIN_HEADER_MAX. NULL: nothing. */
    size_t (*put_header)(const struct type *type, int protocol, unsigned char *bytes);

    /*
     * Does the kernel take and give messages of one size in one piece: UDP_SEGMENT and UDP_GRO of udp(7)? Not where the
     * user has set what would change that. NULL: never.
     */
    bool (*has_trains)(int fd, const struct type *type);

    /*
     * Have poll(2) tell of what has come only when it is so many bytes, or when that is all that can come: SO_RCVLOWAT of
     * socket(7). 1: of any. False where the kernel does not mind it in poll(2), or where the user has set it. NULL: nowhere.
     */
    bool (*gather)(int fd, const struct type *type, int bytes);

    /* Which process a connection goes to, in words: "pid 7, uid 0, gid 0". False: not known. NULL: never is. */
    bool (*who)(int fd, char *words, size_t size);

    /*
     * The same of who has sent a message, where there is no connection: have each message come with it (is_shared: only
     * see if it does), and read it off one that has come. False: they come without. Both NULL: it is never known.
     */
    bool (*tell_senders)(int fd, bool is_shared);
    bool (*sender)(const struct msghdr *message, char *words, size_t size);

    /*
     * Where an unconnected socket has several addresses of ours, answers have to come from the one that was asked: have
     * each message come with it (is_shared: only see if it does; false: it does not, or there is no need), and read it off
     * one that has come. Both NULL: there never is.
     */
    bool (*tell_origins)(int fd, const struct type *type, bool is_shared);
    void (*origin)(struct msghdr *message, struct origin *origin);

    /* Would the kernel choose it for what is sent to this peer? NULL where those two are. */
    bool (*is_usual_origin)(const struct origin *origin, const struct address *peer);

    /*
     * Read which peers a pattern means (pattern.h), out of what stands behind "unix:". Returns NULL, or what would
     * be right. NULL: there are no patterns of this family.
     */
    const char *(*read_pattern)(const char *words, struct pattern *pattern);

    /*
     * Ask for the name in a pattern, and add one pattern for each answer. May block. On failure STATUS_LOOKUP. NULL:
     * patterns have no names.
     */
    int (*resolve_pattern)(const struct pattern *pattern, struct pattern_list *list, struct fault *fault);

    /* Is the peer one of those that a pattern of this family (or of its whole) means? fd as for pattern_list_matches. */
    bool (*matches)(const struct pattern *pattern, const struct address *peer, int fd);

    /* Bytes sent that the peer's kernel has not acknowledged, our end counting as one; or, where only that is
     * known, the memory that they take. NULL: all has arrived. */
    uint64_t (*unsettled)(int fd, const struct type *type);

    /* Did the end that was just read, orderly as it looks, destroy something, or come from the network? Says so in words.
     * NULL: none does, or nobody knows. */
    bool (*ended_badly)(int fd, char *words, size_t size);

    /*
     * Throw away what lies in the socket's queue of errors (MSG_ERRQUEUE of recv(2)), where options put it: timestamps of
     * what was sent (SO_TIMESTAMPING), and a second word on each error (IP_RECVERR). Poll(2) says POLLERR until it has gone.
     * To be called when the error itself has been told, as that goes with it. Returns false, as NULL does, where there is no
     * such queue.
     */
    bool (*clear_errors)(int fd, const struct type *type);

    /* What a notice among the messages means; its sender is the one that it is about. NULL: there are none. */
    enum notice (*notice)(const void *message, size_t size);

    /*
     * What is missing where socket(2) has failed with `error`: "needs a kernel with CONFIG_IP_SCTP, ...". NULL, or
     * NULL returned: what `kernel` says.
     */
    const char *(*lacking)(const struct type *type, int protocol, int error);

    /*
     * What this kernel lacks for an address that connect(2), or else bind(2), has failed with `error` for, or that
     * has not answered (ETIMEDOUT): "CID 1 needs a kernel with ...". NULL, or NULL returned: nothing that is known.
     */
    const char *(*no_way)(const struct address *address, bool connects, int error);

    /* What messages begin with for a packet filter: a link type of libpcap (DLT_). NULL: nothing that has one. */
    int (*filter_link)(const struct type *type);

    /*
     * True if two addresses name the same end (compares what matters only). NULL: all bytes of it matter. same_bytes: the
     * kernel says in the same bytes who has sent a message whenever it is the same end.
     */
    bool (*same)(const struct address *a, const struct address *b);
    bool same_bytes;

    /* The port inside an address; 0: none, or the kernel's choice. Both NULL where addresses have no port that
     * may be chosen from 16 bits. */
    uint16_t (*port)(const struct address *address);
    void (*set_port)(struct address *address, uint16_t port);

    /* A port from its text, as inet.h's inet_port; NULL: there are no ranges of ports that could be scanned. */
    int (*read_port)(const char *text, const char *protocol, uint16_t *port, struct fault *fault);
};

/* The columns that may be empty, with what holds then. */
int domain_check(const struct domain *domain, const struct resolve_query *query, struct fault *fault);
int domain_resolve(const struct domain *domain, const struct resolve_query *query, struct address_list *list,
                   struct fault *fault);
void domain_spell(const struct domain *domain, const struct address *address, const struct type *type,
                  char *word, size_t size);
int domain_protocol_find(const struct domain *domain, const char *name);
const char *domain_protocol_name(const struct domain *domain, const struct type *type, int protocol);
int domain_connect(const struct domain *domain, int fd, const struct type *type,
                   const struct address *remote);
/* bind(2) has failed: `status` and errno, "bind to ADDRESS". Returns -1. For a domain's own bind. */
int domain_bind_fault(const struct domain *domain, const struct address *address, enum status status,
                      struct fault *fault);
int domain_bind(const struct domain *domain, int fd, const struct address *address, mode_t mode,
                struct binding *binding, enum status status, struct fault *fault);
void domain_explain(const struct domain *domain, const struct address *address, bool connects, int error,
                    struct fault *fault); /* adds what no_way says */
size_t domain_message_max(const struct domain *domain, int fd, const struct type *type);
size_t domain_message_max_to(const struct domain *domain, int fd, const struct type *type,
                             const struct address *peer);
bool domain_clear_errors(const struct domain *domain, int fd, const struct type *type);
bool domain_same(const struct domain *domain, const struct address *a, const struct address *b);

/* The domain's own row of a type (any row with its number), or NULL if it has none. protocol 0: the usual. */
const struct type *domain_type(const struct domain *domain, const struct type *type, int protocol);

/* The type that people expect of a domain: the one that is there for that protocol, or the first. */
const struct type *domain_usual_type(const struct domain *domain, int protocol);

/* All rows, ended by NULL. "inet46" (either of IPv4 and IPv6) is the first, the default. */
extern const struct domain *const domain_rows[];

/*
 * Find by name in any case, with or without PF_ or AF_, by alias, or by number; *family is its number. A number or a
 * name of other.h that has no row gets other_domain. NULL: none.
 */
const struct domain *domain_find(const char *name, int *family);

/* The row of exactly this family (AF_UNSPEC: "inet46"). NULL: none. */
const struct domain *domain_of(int family);

/* The names of the types that a domain has, as "stream, dgram"; for messages. */
void domain_type_names(const struct domain *domain, char *names, size_t size);

#endif
