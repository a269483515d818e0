/*
 * A draft: a new file that is there whole, or not at all. Until it gets its name it has none (O_TMPFILE, open(2)), so that
 * nothing of it is left whatever ends us; where that cannot be, it stands beside under a name that begins with ".skt-".
 */
#ifndef SKT_BASE_DRAFT_H
#define SKT_BASE_DRAFT_H

enum { DRAFT_NAME_SIZE = 24 };

struct draft {
    int folder;                   /* lent */
    int fd;                       /* for the caller to write to, and to close after draft_drop; -1: none */
    char beside[DRAFT_NAME_SIZE]; /* its name until then; empty: none */
};

/* Begin one in an open folder. Its permissions are the usual ones, by umask(2). Returns 0, or -1 with errno. */
int draft_begin(struct draft *draft, int folder);

/*
 * Give it its name, which nobody may have yet. It is not synced: that is for the caller, before, and of the folder after.
 * Returns 0, or -1 with errno; EEXIST: somebody has the name.
 */
int draft_name(struct draft *draft, const char *name);

/* Remove what has no name of its own yet. */
void draft_drop(struct draft *draft);

#endif
