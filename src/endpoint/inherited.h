/*
 * One of the two standard streams as it was inherited, used without ever blocking on it. The descriptor is shared with
 * other programs, so its flags are never changed: pipes and terminals are opened once more through /proc/self/fd, which
 * gives a description of our own that does not block; where that is refused, writes are at most PIPE_BUF bytes after
 * poll(2) says writable (pipe(7)).
 */
#ifndef SKT_ENDPOINT_INHERITED_H
#define SKT_ENDPOINT_INHERITED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

enum manner {
    MANNER_PLAIN,   /* read(2), write(2): a regular file, or a description of our own */
    MANNER_SOCKET,  /* recv(2), send(2) with MSG_DONTWAIT */
    MANNER_BOUNDED, /* somebody else's blocking description: ask poll, then move little */
};

/* Of a message on standard input, where borders do not matter, what had no room in the read that took it. */
struct rest {
    char *data;
    size_t at, size; /* data is there while at < size */
};

struct inherited {
    int original; /* 0 or 1 */
    int fd;       /* that one or our own description of the same; -1: ended */
    enum manner manner;
    bool is_file;
    bool is_lasting;  /* nobody is at its other end who could leave: a file, /dev/null */
    bool is_packets;  /* what was written at once is read so, or may be: a pipe, a socket of messages */
    bool is_messages; /* a socket that keeps messages apart, always MANNER_SOCKET */
    size_t join_max;  /* of writes: see endpoint.h */
    struct rest rest;
};

/* mode: O_RDONLY or O_WRONLY. Cannot fail: what is closed fails when it is used. */
struct inherited inherited_open(int original, int mode);

/* Returns as read(2) does, never with EINTR. A message that is larger than the room is given piece by piece. */
ssize_t inherited_read(struct inherited *in, void *data, size_t room);

/* Has a message been read of which a part was not given yet? */
static inline bool
inherited_has_rest(const struct inherited *in)
{
    return in->rest.at < in->rest.size;
}

/* One write(2) or send(2) of all pieces. Returns as they do, never with EINTR. */
ssize_t inherited_write(const struct inherited *out, const struct iovec *pieces, size_t count);

/* The end: the original is closed too. Returns what close(2) says of that. */
int inherited_close(struct inherited *stream);

/* The original stays open: somebody else uses it again. */
void inherited_release(struct inherited *stream);

#endif
