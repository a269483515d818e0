/*
 * Who may connect: two lists of patterns. A peer may unless it is on the list of those who may not, or there is a list
 * of those who may and it is not on that. This is what Ncat does, though its manual has --allow win over --deny.
 */
#ifndef SKT_SESSION_ACCESS_H
#define SKT_SESSION_ACCESS_H

#include "domain/domain.h"
#include "request/request.h"

struct access {
    bool only_allowed; /* there is a list of those who may, if only an empty one */
    struct pattern_list allowed, denied;
};

/*
 * Make the lists of what the command line gives: patterns with commas between them, and files of such words, with
 * blanks or line ends between them and comments from # to the end of the line. Names are asked for; interfaces are those
 * of the network namespace `netns` (dial/netns.h), or ours where it is NULL. May block.
 *
 * Returns 0 with lists for the caller to free, or -1 with none: STATUS_USAGE for a bad pattern ("FILE line 3: PATTERN");
 * STATUS_LOOKUP for a name that there is not; STATUS_LOCAL for a file that cannot be read.
 */
int access_load(struct access *access, const struct access_sources *sources, bool numeric, const char *netns,
                struct fault *fault);
void access_free(struct access *access);

/* May a peer whose address is of `domain`? fd: its connection, or -1 for datagrams. */
bool access_allows(const struct access *access, const struct domain *domain, const struct address *peer,
                   int fd);

#endif
