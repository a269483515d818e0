/*
 * A folder that takes in what comes: each end is a new file, which is there whole or not at all (base/draft.h). What was
 * written is synced, the file gets its name, and the folder is synced; only then end_writing is done. Whoever has to wait
 * for the disk waits as for a descriptor, and holds up nobody.
 */
#ifndef SKT_ENDPOINT_INTAKE_H
#define SKT_ENDPOINT_INTAKE_H

#include "endpoint/endpoint.h"
#include <stdint.h>

/* What one file has at most: itself, one that is synced, and for the file and the folder one that tells of the end of that. */
enum { INTAKE_DESCRIPTORS = 4 };

struct intake_choice {
    const char *folder;
    const char *template; /* of names, see intake_name.h */
    int64_t size_max;     /* bytes of a file; 0: no limit */
    /* Called when a file is safe; may be NULL. */
    void (*on_kept)(const void *context, const char *name, uint64_t bytes);
    const void *context;
};

struct intake;

/* Find the folder, which has to be one that can be written to. Returns NULL with STATUS_LOCAL. */
struct intake *intake_open(const struct intake_choice *choice, struct fault *fault);

/* After all of its files. NULL is none. */
void intake_close(struct intake *intake);

/*
 * An end that gives nothing, and takes bytes into a file, whose name has the peer's in it. Nothing is kept where nothing
 * comes. Endpoint->kept says that end_writing has done it all. Returns NULL with STATUS_LOCAL.
 */
struct endpoint *intake_file(struct intake *intake, const char *peer, struct fault *fault);

#endif
