/*
 * For LD_PRELOAD: one allocation fails as if there were no memory.
 *
 * FAILMALLOC_AT=N     the N-th call of malloc, calloc or realloc of the process returns NULL with ENOMEM;
 *                     N+: so do all that come after it
 * FAILMALLOC_OWN=1    only calls by the program itself count, and none by its libraries
 * FAILMALLOC_SAYS=F   file F is made, with a line in it, when that has happened
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* dlsym(3) itself may allocate: what it gets comes from here, and is never given back. */
static _Alignas(max_align_t) char early[4096];
static atomic_size_t early_used;

static atomic_long calls;

static void *
take_early(size_t size)
{
    size_t rounded = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    size_t at = atomic_fetch_add(&early_used, rounded);
    return at + rounded <= sizeof early ? early + at : NULL;
}

static bool
is_early(const void *pointer)
{
    const char *at = pointer;
    return at >= early && at < early + sizeof early;
}

static void
say(void)
{
    const char *path = getenv("FAILMALLOC_SAYS");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    static const char words[] = "an allocation has failed\n";
    (void)!write(fd, words, sizeof words - 1);
    (void)close(fd);
}

/* The program itself is the first of what is loaded: dl_iterate_phdr(3). */
static int
note_program(struct dl_phdr_info *info, size_t size, void *range)
{
    uintptr_t *ends = range;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
        ends[1] = info->dlpi_phdr[i].p_type == PT_LOAD && end > ends[1] ? end : ends[1];
    }
    ends[0] = info->dlpi_addr;
    return 1;
}

static bool
is_own(const void *caller)
{
    static uintptr_t ends[2];
    if (ends[1] == 0)
        (void)dl_iterate_phdr(note_program, ends);
    return (uintptr_t)caller >= ends[0] && (uintptr_t)caller < ends[1];
}

static bool
fails_now(const void *caller)
{
    const char *at = getenv("FAILMALLOC_AT");
    if (!at || (getenv("FAILMALLOC_OWN") && !is_own(caller)))
        return false;
    char *rest;
    long call = atomic_fetch_add(&calls, 1) + 1, first = strtol(at, &rest, 10);
    if (call < first || (call > first && *rest != '+'))
        return false;
    say();
    errno = ENOMEM;
    return true;
}

/* The C library's own function of that name; NULL while it is being looked for. */
static void *
next(const char *name)
{
    static _Thread_local bool searching;
    if (searching)
        return NULL;
    searching = true;
    void *found = dlsym(RTLD_NEXT, name);
    searching = false;
    return found;
}

void *
malloc(size_t size)
{
    static void *(*real)(size_t);
    if (!real)
        *(void **)&real = next("malloc");
    if (!real)
        return take_early(size);
    return fails_now(__builtin_return_address(0)) ? NULL : real(size);
}

void *
calloc(size_t count, size_t size)
{
    static void *(*real)(size_t, size_t);
    if (!real)
        *(void **)&real = next("calloc");
    if (!real)
        return take_early(count * size); /* zero from the start, and a small count */
    return fails_now(__builtin_return_address(0)) ? NULL : real(count, size);
}

void *
realloc(void *pointer, size_t size)
{
    static void *(*real)(void *, size_t);
    if (!real)
        *(void **)&real = next("realloc");
    if (!real || is_early(pointer))
        return NULL; /* nobody enlarges what dlsym has got */
    return fails_now(__builtin_return_address(0)) ? NULL : real(pointer, size);
}

void
free(void *pointer)
{
    static void (*real)(void *);
    if (is_early(pointer))
        return;
    if (!real)
        *(void **)&real = next("free");
    if (real)
        real(pointer);
}
