#include "endpoint/intake.h"

#include "base/draft.h"
#include "base/errand.h"
#include "base/fd.h"
#include "endpoint/intake_name.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SYNCS_AT_ONCE = 8,         /* a disk has them together sooner than one after the other */
    TAKEN_TRIES = 1000 * 1000, /* seconds, once: the next file begins behind the last one */
};

struct intake {
    struct intake_choice choice;
    int folder;
    struct crew *crew;
    uint64_t number; /* of the last file */
    uint64_t suffix; /* the last that a name needed, so that the next need not try all before it */
};

enum stage { STAGE_OPEN, STAGE_SYNCING, STAGE_NAMED, STAGE_KEPT };

/* A file, or the folder, on its way to the disk. */
struct sync {
    int fd; /* its own; closed when that is done */
    int error;
};

struct journey {
    struct sync *sync;
    struct errand *errand; /* NULL: it has no thread for itself, and is done */
};

struct file {
    struct endpoint base;
    struct intake *intake;
    enum stage stage;
    struct draft draft;
    /* Kept until all is over: whoever waits knows their descriptors by number, so none may be closed under his eyes. */
    struct journey of_file, of_folder;
    uint64_t size; /* once it has ended */
    char name[INTAKE_NAME_SIZE];
    char path[]; /* for messages */
};

static enum io
failed(const struct file *file, struct fault *fault)
{
    (void)fault_set(fault, STATUS_LOCAL, "%s", file->path);
    return IO_FAILED;
}

/* How much there is, also of what the kernel has moved by itself. */
static int64_t
size_now(const struct file *file)
{
    return file->draft.fd < 0 ? (int64_t)file->size : lseek(file->draft.fd, 0, SEEK_CUR);
}

static bool
is_too_large(const struct file *file)
{
    int64_t most = file->intake->choice.size_max;
    return most > 0 && size_now(file) > most;
}

static enum io
too_large(const struct file *file, struct fault *fault)
{
    (void)fault_say(fault, STATUS_CONNECTION, "", "%s", file->path);
    fault_add(fault, "more than %" PRId64 " bytes came", file->intake->choice.size_max);
    return IO_FAILED;
}

/* What is waited for; NULL: nothing. */
static struct errand *
under_way(const struct file *file)
{
    struct errand *errand = file->of_folder.sync ? file->of_folder.errand : file->of_file.errand;
    return errand && !errand_done(errand) ? errand : NULL;
}

static size_t
file_interest(struct endpoint *endpoint, unsigned wants, struct pollfd *polls, bool *now)
{
    const struct file *file = (const struct file *)endpoint;
    struct errand *errand = under_way(file);
    if (errand && wants & WANT_WRITE) {
        polls[0] = (struct pollfd){ .fd = errand_fd(errand), .events = POLLIN };
        return 1;
    }
    *now = *now || wants & WANT_WRITE;
    return 0;
}

static unsigned
file_ready(struct endpoint *endpoint, unsigned wants, const struct pollfd *polls, size_t count)
{
    const struct file *file = (const struct file *)endpoint;
    bool is_done = count == 0 || polls[0].revents;
    unsigned ready = wants & WANT_WRITE && is_done ? READY_WRITE : 0;
    return is_too_large(file) ? ready | READY_LOST : ready;
}

/* It gives nothing. */
static enum io
file_read(struct endpoint *endpoint, void *data, size_t room, size_t *got, struct fault *fault)
{
    (void)endpoint;
    (void)data;
    (void)room;
    (void)got;
    (void)fault;
    return IO_AGAIN;
}

static enum io
file_write_vector(struct endpoint *endpoint, const struct iovec *pieces, size_t count, size_t *put,
                  struct fault *fault)
{
    const struct file *file = (const struct file *)endpoint;
    ssize_t n;
    do
        n = writev(file->draft.fd, pieces, (int)count);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return failed(file, fault);
    *put = (size_t)n;
    return is_too_large(file) ? too_large(file, fault) : IO_DONE;
}

static enum io
file_write(struct endpoint *endpoint, const void *data, size_t size, size_t *put, struct fault *fault)
{
    const struct iovec piece = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
    return file_write_vector(endpoint, &piece, 1, put, fault);
}

static enum io
file_broke(struct endpoint *endpoint, bool writing, int error, struct fault *fault)
{
    (void)writing;
    errno = error;
    return failed((const struct file *)endpoint, fault);
}

static enum io
file_lost(struct endpoint *endpoint, struct fault *fault)
{
    const struct file *file = (const struct file *)endpoint;
    return is_too_large(file) ? too_large(file, fault) : IO_AGAIN;
}

/* --- the end of a file --------------------------------------------------------------------------------------------- */

/* Some file systems have nothing to sync a folder with: then there is nothing to wait for. */
static void
sync_run(void *context)
{
    struct sync *sync = context;
    if (fsync(sync->fd) != 0 && errno != EINVAL && errno != EROFS)
        sync->error = errno;
    (void)fd_close(&sync->fd); /* what it could say, fsync has said */
}

/* Have a descriptor synced, which is closed then. Where no thread can be had it is done here. */
static enum io
journey_start(const struct file *file, struct journey *journey, int descriptor, struct fault *fault)
{
    int fd = fcntl(descriptor, F_DUPFD_CLOEXEC, 0); /* ours is needed, and may be closed before */
    if (fd < 0)
        return failed(file, fault);
    journey->sync = malloc(sizeof *journey->sync);
    if (!journey->sync) {
        (void)failed(file, fault);
        (void)fd_close(&fd); /* nothing of it is wanted */
        return IO_FAILED;
    }
    *journey->sync = (struct sync){ .fd = fd };
    journey->errand = crew_start(file->intake->crew, sync_run, free, journey->sync);
    if (!journey->errand)
        sync_run(journey->sync);
    return IO_DONE;
}

/* IO_AGAIN: not yet. */
static enum io
journey_end(const struct file *file, const struct journey *journey, struct fault *fault)
{
    if (journey->errand && !errand_done(journey->errand))
        return IO_AGAIN;
    errno = journey->sync->error;
    return errno == 0 ? IO_DONE : failed(file, fault);
}

/* After its end, or not: then it goes on by itself. */
static void
journey_leave(struct journey *journey)
{
    if (journey->errand)
        errand_leave(journey->errand);
    else
        free(journey->sync);
}

/*
 * Give it its name, or that with a number behind it if it is taken. Like all that is done to files here, but for syncing,
 * it is not expected to wait for the disk.
 */
static int
take_name(struct file *file)
{
    struct intake *intake = file->intake;
    char name[INTAKE_NAME_SIZE];
    int result = draft_name(&file->draft, file->name);
    for (int i = 0; i < TAKEN_TRIES && result != 0 && errno == EEXIST; i++) {
        int length = snprintf(name, sizeof name, "%s.%" PRIu64, file->name, ++intake->suffix);
        if (length >= (int)sizeof name)
            return -1;
        result = draft_name(&file->draft, name);
        if (result == 0)
            (void)snprintf(file->name, sizeof file->name, "%s", name);
    }
    return result;
}

static enum io
begin_sync(struct file *file, struct fault *fault)
{
    file->size = (uint64_t)size_now(file);
    if (is_too_large(file))
        return too_large(file, fault);
    if (file->size == 0) {
        file->stage = STAGE_KEPT;
        return IO_DONE;
    }
    file->base.write_fd = -1;
    file->stage = STAGE_SYNCING;
    return journey_start(file, &file->of_file, file->draft.fd, fault);
}

static enum io
begin_folder_sync(struct file *file, struct fault *fault)
{
    enum io result = journey_end(file, &file->of_file, fault);
    if (result != IO_DONE)
        return result;
    if (take_name(file) != 0)
        return failed(file, fault);
    file->stage = STAGE_NAMED;
    return journey_start(file, &file->of_folder, file->intake->folder, fault);
}

static enum io
finish(struct file *file, struct fault *fault)
{
    const struct intake_choice *choice = &file->intake->choice;
    enum io result = journey_end(file, &file->of_folder, fault);
    if (result != IO_DONE)
        return result;
    file->stage = STAGE_KEPT;
    if (choice->on_kept)
        choice->on_kept(choice->context, file->name, file->size);
    return IO_DONE;
}

/* Each step begins when the one before is done; IO_AGAIN while one is on its way. */
static enum io
file_end_writing(struct endpoint *endpoint, struct fault *fault)
{
    struct file *file = (struct file *)endpoint;
    enum io result = IO_DONE;
    if (file->stage == STAGE_OPEN)
        result = begin_sync(file, fault);
    if (result == IO_DONE && file->stage == STAGE_SYNCING)
        result = begin_folder_sync(file, fault);
    if (result == IO_DONE && file->stage == STAGE_NAMED)
        result = finish(file, fault);
    endpoint->kept = file->stage == STAGE_KEPT;
    return result;
}

/* What is not safe by now is gone, so that the sender, who is not told that it is, may send it again. */
static void
file_close(struct endpoint *endpoint)
{
    struct file *file = (struct file *)endpoint;
    journey_leave(&file->of_file);
    journey_leave(&file->of_folder);
    if (file->stage == STAGE_NAMED)
        (void)unlinkat(file->intake->folder, file->name, 0); /* if somebody was faster it is gone as well */
    draft_drop(&file->draft);
    (void)fd_close(&file->draft.fd); /* nothing of it is wanted */
    free(file);
}

static const struct endpoint_ops file_ops = {
    .interest = file_interest,
    .ready = file_ready,
    .read = file_read,
    .write = file_write,
    .write_vector = file_write_vector,
    .broke = file_broke,
    .end_writing = file_end_writing,
    .lost = file_lost,
    .settle = endpoint_is_settled,
    .unsettled = endpoint_none_unsettled,
    .close = file_close,
};

/* --- the folder ---------------------------------------------------------------------------------------------------- */

struct intake *
intake_open(const struct intake_choice *choice, struct fault *fault)
{
    struct intake *intake = malloc(sizeof *intake);
    if (!intake) {
        (void)fault_set(fault, STATUS_LOCAL, "%s", choice->folder);
        return NULL;
    }
    *intake = (struct intake){ .choice = *choice, .crew = crew_open(SYNCS_AT_ONCE) };
    intake->folder = open(choice->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_good =
        intake->crew && intake->folder >= 0 && faccessat(intake->folder, ".", W_OK | X_OK, AT_EACCESS) == 0;
    if (is_good)
        return intake;
    (void)fault_set(fault, STATUS_LOCAL, "%s", choice->folder);
    intake_close(intake);
    return NULL;
}

void
intake_close(struct intake *intake)
{
    if (!intake)
        return;
    crew_close(intake->crew);
    (void)fd_close(&intake->folder); /* it was only looked up in */
    free(intake);
}

struct endpoint *
intake_file(struct intake *intake, const char *peer, struct fault *fault)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* this clock is always there */
    const struct intake_facts facts = { .time = now.tv_sec, .peer = peer, .number = ++intake->number };
    char name[INTAKE_NAME_SIZE];
    intake_name_make(intake->choice.template, &facts, name);
    size_t size = strlen(intake->choice.folder) + sizeof "/" + strlen(name);
    struct file *file = malloc(sizeof *file + size);
    if (!file) {
        (void)fault_set(fault, STATUS_LOCAL, "%s/%s", intake->choice.folder, name);
        return NULL;
    }
    *file = (struct file){
        .base = { .ops = &file_ops,
                  .unit = UNIT_BYTES,
                  .silent = true,
                  .only_whole = true,
                  .message_max = SIZE_MAX,
                  .join_max = SIZE_MAX,
                  .socket = -1,
                  .read_fd = -1 },
        .intake = intake,
    };
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    (void)snprintf(file->path, size, "%s/%s", intake->choice.folder, name);
    file->base.name = file->path;
    if (draft_begin(&file->draft, intake->folder) != 0) {
        (void)failed(file, fault);
        free(file);
        return NULL;
    }
    file->base.write_fd = file->draft.fd;
    return &file->base;
}
