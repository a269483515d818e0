#include "session/access.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 4096 };

/* Where patterns come from, and where they go. */
struct reader {
    const char *file;
    unsigned long line;
    bool numeric;
    struct pattern_list *list;
};

static int
read_line(const struct reader *reader, char *line, struct fault *fault)
{
    char where[sizeof fault->what];
    (void)snprintf(where, sizeof where, "%s line %lu:", reader->file, reader->line);
    line[strcspn(line, "#")] = '\0';
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t\r\n", &rest); word; word = strtok_r(NULL, " \t\r\n", &rest))
        if (pattern_read_all(word, reader->numeric, where, reader->list, fault) < 0)
            return -1;
    return 0;
}

/*
 * Take a line, without its end. Returns 1, 0 at the end of the file, or -1 for one that is too long, or has a zero byte
 * in it: nobody has meant that.
 */
static int
take_line(FILE *file, char *line, size_t size)
{
    size_t used = 0;
    int c = getc(file);
    if (c == EOF)
        return 0;
    for (; c != EOF && c != '\n'; c = getc(file)) {
        if (c == '\0' || used + 1 == size)
            return -1;
        line[used++] = (char)c;
    }
    line[used] = '\0';
    return 1;
}

static int
read_lines(struct reader *reader, FILE *file, struct fault *fault)
{
    char line[LINE_BYTES];
    int taken;
    while ((taken = take_line(file, line, sizeof line)) != 0) {
        reader->line++;
        if (taken < 0)
            return fault_say(fault, STATUS_USAGE, "not a line of text of at most 4095 characters",
                             "%s line %lu", reader->file, reader->line);
        if (read_line(reader, line, fault) < 0)
            return -1;
    }
    return ferror(file) ? fault_set(fault, STATUS_LOCAL, "%s", reader->file) : 0;
}

static int
read_file(const char *name, bool numeric, struct pattern_list *list, struct fault *fault)
{
    struct reader reader = { .file = name, .numeric = numeric, .list = list };
    FILE *file = fopen(name, "re");
    if (!file)
        return fault_set(fault, STATUS_LOCAL, "%s", name);
    int result = read_lines(&reader, file, fault);
    (void)fclose(file); /* it was only read */
    return result;
}

int
access_load(struct access *access, const struct access_sources *sources, bool numeric, struct fault *fault)
{
    *access = (struct access){ .only_allowed = false };
    int result = 0;
    for (size_t i = 0; i < sources->count && result == 0; i++) {
        const struct access_source *source = &sources->items[i];
        struct pattern_list *list = source->denies ? &access->denied : &access->allowed;
        access->only_allowed = access->only_allowed || !source->denies;
        result = source->is_file ? read_file(source->text, numeric, list, fault)
                                 : pattern_read_all(source->text, numeric,
                                                    source->denies ? "--deny" : "--allow", list, fault);
    }
    if (result != 0)
        access_free(access);
    return result;
}

void
access_free(struct access *access)
{
    pattern_list_free(&access->allowed);
    pattern_list_free(&access->denied);
}

bool
access_allows(const struct access *access, const struct domain *domain, const struct address *peer, int fd)
{
    if (access->only_allowed && !pattern_list_matches(&access->allowed, domain, peer, fd))
        return false;
    return !pattern_list_matches(&access->denied, domain, peer, fd);
}
