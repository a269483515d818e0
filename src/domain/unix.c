#include "domain/unix.h"

#include "base/fd.h"
#include "domain/unix_pattern.h"
#include "observe/escape.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * sun_path has 108 bytes. A path needs one for the zero at its end; a name in the abstract namespace begins
 * with a zero and needs none at its end, and is as long as the address says.
 */
enum {
    PATH_BYTES_MAX = sizeof((struct sockaddr_un *)NULL)->sun_path - 1,
    PATH_OFFSET = offsetof(struct sockaddr_un, sun_path),
    BIND_TRIES = 8, /* others may bind and remove the same path meanwhile */
    OVERFLOW_ID = 65534,
    SEND_BUFFER = 1024 * 1024,
    SEND_OVERHEAD = 32, /* unix_dgram_sendmsg in the kernel takes messages of SO_SNDBUF less this */
};

static bool
is_abstract(const char *path)
{
    return path[0] == '@';
}

static int
unix_check(const struct resolve_query *query, struct fault *fault)
{
    const char *path = query->target.host;
    if (!path)
        return query->purpose == PURPOSE_SOURCE
                   ? 0
                   : fault_say(fault, STATUS_USAGE, "missing; a path, or @NAME", "socket path");
    size_t length = strlen(path) - (is_abstract(path) ? 1 : 0);
    if (path[0] == '\0' || length == 0)
        return fault_say(fault, STATUS_USAGE, "empty; a path, or @NAME, is needed", "socket path \"%s\"",
                         path);
    if (length > PATH_BYTES_MAX) {
        (void)fault_say(fault, STATUS_USAGE, "", "socket path %s", path);
        fault_add(fault, "%zu bytes long; a socket path is at most %d bytes", length, (int)PATH_BYTES_MAX);
        return -1;
    }
    if (query->target.port)
        return fault_say(fault, STATUS_USAGE, "a socket path has no port", "port %s", query->target.port);
    return 0;
}

static int
unix_resolve(const struct resolve_query *query, struct address_list *list, struct fault *fault)
{
    if (unix_check(query, fault) < 0)
        return -1;
    const char *path = query->target.host;
    if (!path) /* a source that nobody chose */
        return fault_say(fault, STATUS_USAGE, "missing; a path, or @NAME", "socket path");
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    size_t length = strlen(path);
    memcpy(name.sun_path, path, length);
    if (is_abstract(path))
        name.sun_path[0] = '\0';
    else
        length++;
    if (address_list_add(list, (const struct sockaddr *)&name, (socklen_t)(PATH_OFFSET + length)) < 0)
        return fault_set(fault, STATUS_LOCAL, "list of addresses");
    return 0;
}

/* The bytes of a name, without the zero at the end of a path. Unnamed sockets have none. */
static size_t
name_bytes(const struct address *address, struct sockaddr_un *name)
{
    memset(name, 0, sizeof *name);
    size_t held = address->length < sizeof *name ? address->length : sizeof *name;
    memcpy(name, &address->name, held);
    if (held <= PATH_OFFSET)
        return 0;
    size_t length = held - PATH_OFFSET;
    return name->sun_path[0] == '\0' ? length : strnlen(name->sun_path, length);
}

/* A name in the abstract namespace may hold anything, zero bytes too. */
static void
write_abstract(const char *bytes, size_t length, char *words, size_t size)
{
    size_t used = 1;
    words[0] = '@';
    for (size_t at = 0; at < length; at++) {
        char piece[sizeof((struct sockaddr_un *)NULL)->sun_path + 1] = "";
        size_t part = strnlen(bytes + at, length - at);
        memcpy(piece, bytes + at, part);
        used += strlen(escape(piece, words + used, size - used));
        at += part;
        if (at < length && used + sizeof "\\x00" <= size)
            used += (size_t)snprintf(words + used, size - used, "\\x00");
    }
}

static void
write_name(const struct address *address, char *words, size_t size)
{
    struct sockaddr_un name;
    size_t length = name_bytes(address, &name);
    char path[sizeof name.sun_path + 1] = ""; /* other programs may fill it to the last byte */
    memcpy(path, name.sun_path, length);
    if (length == 0)
        (void)snprintf(words, size, "(unnamed)");
    else if (path[0] == '\0')
        write_abstract(path + 1, length - 1, words, size);
    else
        (void)escape(path, words, size);
}

static void
unix_format(const struct address *address, struct address_text *text)
{
    write_name(address, text->host, sizeof text->host);
    text->port[0] = '\0';
}

/* unix:PATH; but what follows two slashes would be a host (RFC 3986), so that such a path has two more before it. */
static void
unix_spell(const struct address *address, const struct type *type, char *word, size_t size)
{
    (void)type;
    struct address_text text;
    unix_format(address, &text);
    (void)snprintf(word, size, "unix:%s%s", strncmp(text.host, "//", 2) == 0 ? "//" : "", text.host);
}

static bool
unix_same(const struct address *a, const struct address *b)
{
    struct sockaddr_un x, y;
    size_t length = name_bytes(a, &x);
    return length > 0 && length == name_bytes(b, &y) && memcmp(x.sun_path, y.sun_path, length) == 0;
}

/*
 * A datagram socket without a name cannot be answered. An address of only a family asks the kernel for a name
 * in the abstract namespace that is free and that vanishes with the socket (unix(7), "Autobind feature"): no
 * file that somebody could have put there before us.
 */
static int
unix_bind_for_answers(int fd, const struct type *type, const struct address *remote, struct fault *fault)
{
    (void)remote; /* any name will do */
    const struct sockaddr_un nameless = { .sun_family = AF_UNIX };
    if (type->accepts || bind(fd, (const struct sockaddr *)&nameless, sizeof nameless.sun_family) == 0)
        return 0;
    return fault_set(fault, STATUS_CONNECT, "bind to a name for answers");
}

/* bind(2) so that a socket file has `mode` from its first moment. Returns 0, or -1 with errno. */
static int
bind_with_mode(int fd, const struct sockaddr_un *name, socklen_t length, mode_t mode)
{
    /*
     * The kernel makes the file with the socket's own mode less the umask. The mode is for directories whose
     * default ACL takes the umask's place; the umask because the one that we came with may take too much.
     */
    (void)fchmod(fd, mode); /* where the kernel does not know that, the umask is enough but for ACLs */
    mode_t before = umask(~mode & 0777);
    int result = bind(fd, (const struct sockaddr *)name, length);
    int error = errno;
    (void)umask(before);
    errno = error;
    return result;
}

enum path_state { PATH_IN_USE, PATH_DEAD, PATH_GONE, PATH_OTHER_FILE, PATH_OTHER_USER, PATH_SEALED };

/*
 * What is at a path that bind(2) found taken? Only a socket that refuses is dead. It is asked with a datagram
 * socket whatever its type: a connection would look like a client to whoever listens there, and one that is
 * bound but does not listen yet would refuse it. A living socket of another type answers EPROTOTYPE.
 */
static enum path_state
path_state(const struct sockaddr_un *name, socklen_t length, struct stat *file)
{
    if (lstat(name->sun_path, file) < 0)
        return errno == ENOENT ? PATH_GONE : PATH_IN_USE;
    if (!S_ISSOCK(file->st_mode))
        return PATH_OTHER_FILE;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return PATH_IN_USE;
    int result = connect(fd, (const struct sockaddr *)name, length);
    int error = result < 0 ? errno : 0;
    (void)fd_close(&fd); /* only asked a question */
    if (error == ENOENT)
        return PATH_GONE;
    if (error == EACCES)
        return PATH_SEALED; /* its mode lets us not even ask */
    if (error != ECONNREFUSED)
        return PATH_IN_USE;
    return file->st_uid == geteuid() || geteuid() == 0 ? PATH_DEAD : PATH_OTHER_USER;
}

static bool
is_same_file(const char *path, dev_t device, ino_t inode)
{
    struct stat now;
    return lstat(path, &now) == 0 && S_ISSOCK(now.st_mode) && now.st_dev == device && now.st_ino == inode;
}

static int
taken_fault(enum path_state state, enum status status, const char *path, struct fault *fault)
{
    if (state == PATH_OTHER_FILE)
        return fault_say(fault, status, "exists and is not a socket", "bind to %s", path);
    if (state == PATH_OTHER_USER)
        return fault_say(fault, status, "exists and belongs to another user", "bind to %s", path);
    errno = EADDRINUSE;
    return fault_set(fault, status, "bind to %s", path);
}

/* Bind a path, in the place of a dead socket if there is one. */
static int
bind_path(int fd, const struct sockaddr_un *name, socklen_t length, mode_t mode, enum status status,
          struct fault *fault)
{
    const char *path = name->sun_path;
    for (int i = 0; i < BIND_TRIES; i++) {
        if (bind_with_mode(fd, name, length, mode) == 0)
            return 0;
        if (errno != EADDRINUSE)
            return fault_set(fault, status, "bind to %s", path);
        struct stat file;
        enum path_state state = path_state(name, length, &file);
        if (state == PATH_GONE)
            continue;
        if (state != PATH_DEAD)
            return taken_fault(state, status, path, fault);
        /* Somebody else may have put a living one there since: two that start at once both find it dead. */
        if (is_same_file(path, file.st_dev, file.st_ino) && unlink(path) < 0 && errno != ENOENT)
            return fault_set(fault, status, "remove dead socket %s", path);
    }
    return taken_fault(PATH_IN_USE, status, path, fault);
}

static int
unix_bind(int fd, const struct address *address, mode_t mode, struct binding *binding, enum status status,
          struct fault *fault)
{
    struct sockaddr_un name;
    (void)name_bytes(address, &name);
    struct binding bound = { .address = *address };
    if (name.sun_path[0] == '\0') {
        struct address_text text;
        unix_format(address, &text);
        if (bind(fd, (const struct sockaddr *)&name, address->length) < 0)
            return fault_set(fault, status, "bind to %s", text.host);
        *binding = bound;
        return 0;
    }
    if (bind_path(fd, &name, address->length, mode, status, fault) < 0)
        return -1;
    struct stat file;
    if (lstat(name.sun_path, &file) == 0 && S_ISSOCK(file.st_mode)) { /* if not, it is not ours to remove */
        bound.device = file.st_dev;
        bound.inode = file.st_ino;
        bound.owns_file = true;
    }
    *binding = bound;
    return 0;
}

static void
unix_unbind(struct binding *binding)
{
    if (!binding->owns_file)
        return;
    binding->owns_file = false;
    struct sockaddr_un name;
    (void)name_bytes(&binding->address, &name);
    if (!is_same_file(name.sun_path, binding->device, binding->inode))
        return;
    /* A number that is free is given out again: a living socket under ours is not ours, which is closed. */
    struct stat file;
    if (path_state(&name, binding->address.length, &file) != PATH_IN_USE)
        (void)unlink(name.sun_path); /* a file that stays is dead, and the next listener knows that */
}

/*
 * A stream goes on while the peer is busy with what came before. Sockets of messages do not gain: what is in their
 * buffer is in no cache any more when it is read. An option of the user's comes later, and is the last.
 */
static void
unix_opened(int fd, const struct type *type, int protocol, bool is_prepared)
{
    (void)protocol;
    (void)is_prepared; /* accept(2) does not hand it over */
    const int bytes = SEND_BUFFER;
    if (type->unit == UNIT_BYTES && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes); /* net.core.wmem_max bounds it */
}

static size_t
unix_message_max(int fd, const struct type *type)
{
    int bytes = 0;
    socklen_t size = sizeof bytes;
    (void)type;
    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &size) < 0 || bytes <= SEND_OVERHEAD)
        return SIZE_MAX; /* not known: then send(2) says what is too large */
    return (size_t)(bytes - SEND_OVERHEAD);
}

/*
 * Nobody is a process and a user that cannot be: no process and -1, or no process and the user who stands for all that
 * are not known here (/proc/sys/kernel/overflowuid), as of a message that was sent before SO_PASSCRED was on.
 */
static bool
say_who(const struct ucred *peer, char *words, size_t size)
{
    if (peer->uid == (uid_t)-1 || (peer->pid == 0 && peer->uid == OVERFLOW_ID))
        return false;
    (void)snprintf(words, size, "pid %ld, uid %lu, gid %lu", (long)peer->pid, (unsigned long)peer->uid,
                   (unsigned long)peer->gid);
    return true;
}

/*
 * SO_PEERCRED (unix(7)): who listened or connected, as it was then. A datagram socket has no such peer, which
 * shows as a process and a user that cannot be.
 */
static bool
unix_who(int fd, char *words, size_t size)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && say_who(&peer, words, size);
}

static bool
unix_tell_senders(int fd, bool is_shared)
{
    int on = 1;
    socklen_t size = sizeof on;
    if (!is_shared)
        return setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
    return getsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, &size) == 0 && on != 0;
}

/* SCM_CREDENTIALS (unix(7)): who sent it, as it is now. */
static bool
unix_sender(const struct msghdr *message, char *words, size_t size)
{
    struct msghdr read_only = *message; /* CMSG_NXTHDR takes no pointer to const */
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&read_only); part; part = CMSG_NXTHDR(&read_only, part)) {
        struct ucred peer;
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS)
            continue;
        memcpy(&peer, CMSG_DATA(part), sizeof peer);
        return say_who(&peer, words, size);
    }
    return false;
}

static const struct type *const types[] = { &stream_type, &dgram_type, &seqpacket_type, NULL };

const struct domain unix_domain = {
    .name = "unix",
    .aliases = "local file",
    .family = AF_UNIX,
    .types = types,
    .has_files = true,
    .operands = "PATH | @NAME",
    .help = "sockets of this machine, at a path or, with @, in the abstract namespace",
    .check = unix_check,
    .resolve = unix_resolve,
    .format = unix_format,
    .spell = unix_spell,
    .bind_for_answers = unix_bind_for_answers,
    .bind = unix_bind,
    .unbind = unix_unbind,
    .opened = unix_opened,
    .message_max = unix_message_max,
    .same = unix_same,
    .same_bytes = true,
    .who = unix_who,
    .tell_senders = unix_tell_senders,
    .sender = unix_sender,
    .knows_by_connection = true,
    .read_pattern = unix_read_pattern,
    .resolve_pattern = unix_resolve_pattern,
    .matches = unix_matches,
};
