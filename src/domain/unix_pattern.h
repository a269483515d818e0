/*
 * Which peers of a Unix socket a word means: who has connected, as the kernel saw it then (SO_PEERCRED, unix(7)).
 * uid=N, gid=N, also N-M; user=NAME, group=NAME. A group is that of the process or one of its others
 * (SO_PEERGROUPS). For unix.c.
 */
#ifndef SKT_DOMAIN_UNIX_PATTERN_H
#define SKT_DOMAIN_UNIX_PATTERN_H

#include "domain/domain.h"

/* Columns of the row, see domain.h. */
const char *unix_read_pattern(const char *words, struct pattern *pattern);
int unix_resolve_pattern(const struct pattern *pattern, struct pattern_list *list, struct fault *fault);
bool unix_matches(const struct pattern *pattern, const struct address *peer, int fd);

#endif
