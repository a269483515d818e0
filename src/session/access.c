#include "session/access.h"

#include "dial/netns.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 4096 };

/* Where patterns come from, and where they go. */
struct reader {
    const char *file;
    unsigned long line;
    bool numeric;
    const char *netns;
    struct pattern_list *list;
};

/* Names are asked for where we are; an interface, which stands behind a percent sign, is one of where the socket is. */
static int
read_words(const struct reader *reader, const char *words, const char *where, struct fault *fault)
{
    for (;;) {
        char word[PATTERN_WORD_MAX + 2]; /* what is too long stays so */
        size_t size = strcspn(words, ",");
        int outside;
        (void)snprintf(word, sizeof word, "%.*s", (int)size, words);
        if (netns_enter(strchr(word, '%') ? reader->netns : NULL, &outside, fault) < 0)
            return -1;
        int result = pattern_read_all(word, reader->numeric, where, reader->list, fault);
        if (netns_leave(&outside, fault) < 0 || result < 0)
            return -1;
        if (words[size] == '\0')
            return 0;
        words += size + 1;
    }
}

static int
read_line(const struct reader *reader, char *line, struct fault *fault)
{
    char where[sizeof fault->what];
    (void)snprintf(where, sizeof where, "%s line %lu:", reader->file, reader->line);
    line[strcspn(line, "#")] = '\0';
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t\r\n", &rest); word; word = strtok_r(NULL, " \t\r\n", &rest))
        if (read_words(reader, word, where, fault) < 0)
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
read_file(struct reader *reader, struct fault *fault)
{
    FILE *file = fopen(reader->file, "re");
    if (!file)
        return fault_set(fault, STATUS_LOCAL, "%s", reader->file);
    int result = read_lines(reader, file, fault);
    (void)fclose(file); /* it was only read */
    return result;
}

int
access_load(struct access *access, const struct access_sources *sources, bool numeric, const char *netns,
            struct fault *fault)
{
    *access = (struct access){ .only_allowed = false };
    int result = 0;
    for (size_t i = 0; i < sources->count && result == 0; i++) {
        const struct access_source *source = &sources->items[i];
        struct reader reader = { .file = source->text, .numeric = numeric, .netns = netns };
        reader.list = source->denies ? &access->denied : &access->allowed;
        access->only_allowed = access->only_allowed || !source->denies;
        result = source->is_file
                     ? read_file(&reader, fault)
                     : read_words(&reader, source->text, source->denies ? "--deny" : "--allow", fault);
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
