/*
 * Bound sockets without a connection, listening for messages from anyone: recvmsg(2) and sendto(2).
 * Either the first sender becomes the only one (the socket is connected to it), or all are heard and answers
 * go to the last one.
 */
#ifndef SKT_ENDPOINT_MAILBOX_H
#define SKT_ENDPOINT_MAILBOX_H

#include "endpoint/endpoint.h"
#include "domain/domain.h"

enum { MAILBOX_SOCKETS_MAX = 16 };

struct mailbox_choice {
    bool takes_all;     /* hear every sender; otherwise only the first */
    bool keeps_headers; /* messages have the kernel's headers, both ways */
    int protocol;       /* as in socket_choice */
    bool eof_message;   /* an empty message from the sender is its end, and is sent at ours */
    bool hears_groups;  /* groups, broadcasts: the socket must not be connected */
    int send_flags;     /* for each send(2) and recv(2), with those that are always in force */
    int receive_flags;
    /* May this one be a sender? Messages of others are dropped. NULL: everybody may. */
    bool (*is_heard)(void *context, const struct address *sender);
    /* Called for the first message of each new sender; may be NULL. */
    void (*on_sender)(void *context, const struct address *sender);
    /* Called behind on_sender with who that is, in words, where the domain knows (domain.h, sender); may be NULL. */
    void (*on_who)(void *context, const char *words);
    /* With takes_all, called when an answer could not be delivered (its sender is gone); may be NULL. */
    void (*on_undelivered)(void *context, const struct address *sender, int error);
    bool is_shared;   /* others have the sockets, too, and may read them */
    on_loss *on_loss; /* may be NULL */
    on_loss *on_drop; /* called once when the kernel tells that it drops what comes; may be NULL */
    void *context;
};

/*
 * Take bound descriptors: the endpoint closes them. Returns an endpoint, or NULL with STATUS_LOCAL (and then
 * the descriptors are closed).
 */
struct endpoint *mailbox_take(const int *fds, size_t count, const struct domain *domain,
                              const struct type *type, const struct mailbox_choice *choice,
                              struct fault *fault);

#endif
