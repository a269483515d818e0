/* Descriptors: the three standard ones, and closing. */
#ifndef SKT_BASE_FD_H
#define SKT_BASE_FD_H

#include "base/fault.h"
#include "base/loop.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * A descriptor that reads as empty and cannot be written to, also where there is no /dev/null. flags: O_CLOEXEC or 0.
 * Returns the lowest that is free, or -1 with errno.
 */
int fd_empty(int flags);

/*
 * Fill the closed ones of descriptors 0, 1 and 2, so that no socket can ever become a standard stream.
 * 0 reads as empty; writing to a 1 that was closed fails with EBADF; a 2 that was closed swallows.
 * Call before any other descriptor is opened. Returns 0, or -1 with STATUS_LOCAL.
 */
int fd_reserve_standard(struct fault *fault);

/*
 * Open a file to write to: made with mode 0600 if it is not there, emptied unless `append`, and never through a
 * symbolic link, but for those that stand for our own descriptors (/dev/stderr, /dev/fd/63). Writes to it do not block.
 * A FIFO waits for its reader, until the deadline.
 * Returns the descriptor for the caller to close, or -1 with STATUS_LOCAL, STATUS_TIMEOUT or a signal.
 */
int fd_create(struct loop *loop, const char *path, bool append, int64_t deadline, struct fault *fault);

/* The same for a FIFO that has its reader already: without one it is STATUS_LOCAL. */
int fd_create_now(const char *path, bool append, struct fault *fault);

/* Write all of data, however long that takes. Returns 0, or -1 with errno. */
int fd_write_all(int fd, const void *data, size_t size);

/*
 * Throw away what lies in a socket's queue of errors, and with it an error that was not told yet. Only for sockets that
 * have one (MSG_ERRQUEUE of recv(2)): others take the flag for none, and it costs a message.
 */
void fd_clear_errors(int fd);

/* Does poll(2) find any of these events, or an error or an end, at once? */
bool fd_is_ready(int fd, short events);

/* As fstat(3), which would have a page of the C library read for the empty path that it gives to the kernel. */
int fd_stat(int fd, struct stat *facts);

/* Close *fd if it is one (>= 0) and make it -1. The result of close(2) is returned, EINTR taken as closed. */
int fd_close(int *fd);

#endif
