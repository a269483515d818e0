#include "session/domains.h"

#include "dial/probe.h"
#include "domain/other.h"
#include "request/page.h"
#include <stdio.h>
#include <string.h>

enum { COLUMN = 17, NOTE_COLUMN = 19, WORDS_SIZE = 1024, NOTES_MAX = 16 };

static const char legend[] = "A type with - before it is not in this kernel; one in parentheses takes a "
                             "privilege. What is missing stands below.";

/* What is known of one domain so far. */
struct entry {
    const struct domain *domain;
    char types[WORDS_SIZE];
    char notes[NOTES_MAX][WORDS_SIZE / 4]; /* each only once */
    size_t note_count;
};

static void
entry_note(struct entry *entry, const struct type *type, int error)
{
    const struct domain *domain = entry->domain;
    const char *why = domain->lacking ? domain->lacking(type, type->only_protocol, error) : NULL;
    char note[sizeof entry->notes[0]];
    if (!why && !domain->kernel)
        return;
    (void)snprintf(note, sizeof note, "%s%s", why ? "" : "needs a kernel with ", why ? why : domain->kernel);
    for (size_t i = 0; i < entry->note_count; i++)
        if (strcmp(entry->notes[i], note) == 0)
            return;
    if (entry->note_count < NOTES_MAX)
        memcpy(entry->notes[entry->note_count++], note, sizeof note);
}

/* Ask for one type: "stream", "-stream" or "(raw)"; with a protocol of its own "stream/sctp". */
static void
entry_ask(struct entry *entry, const struct type *type)
{
    int error = probe_socket(entry->domain, type);
    bool is_private = probe_needs_privilege(error);
    bool is_special = type->only_protocol != 0;
    const char *protocol = is_special ? domain_protocol_name(entry->domain, type, type->only_protocol) : "";
    size_t used = strlen(entry->types);
    (void)snprintf(entry->types + used, sizeof entry->types - used, "%s%s%s%s%s%s", used > 0 ? " " : "",
                   is_private   ? "("
                   : error != 0 ? "-"
                                : "",
                   type->name, is_special ? "/" : "", protocol, is_private ? ")" : "");
    if (error != 0 && !is_private)
        entry_note(entry, type, error);
}

/* The usual types first, then those of protocols of their own. */
static void
print_domain(FILE *stream, const struct domain *domain)
{
    struct entry entry = { .domain = domain };
    for (int special = 0; special < 2; special++)
        for (const struct type *const *type = domain->types; *type; type++)
            if (((*type)->only_protocol != 0) == special)
                entry_ask(&entry, *type);
    fprintf(stream, "%-*s %3d  ", COLUMN - 6, domain->name, domain->family);
    page_wrap(stream, entry.types, COLUMN, COLUMN);
    for (size_t i = 0; i < entry.note_count; i++) {
        fprintf(stream, "%*s", NOTE_COLUMN, "");
        page_wrap(stream, entry.notes[i], NOTE_COLUMN, NOTE_COLUMN);
    }
}

/* The names that have no row, where no row has the number. */
static void
print_others(FILE *stream)
{
    char names[WORDS_SIZE] = "By name or number, with addresses as hex:BYTES:";
    for (const struct other_name *other = other_names; other->name; other++) {
        size_t used = strlen(names);
        if (!domain_of(other->family))
            (void)snprintf(names + used, sizeof names - used, " %s %d", other->name, other->family);
    }
    putc('\n', stream);
    page_wrap(stream, names, 0, 0);
}

int
domains_list(struct fault *fault)
{
    struct page page;
    if (page_open(&page, fault) != 0)
        return -1;
    for (const struct domain *const *domain = domain_rows; *domain; domain++)
        print_domain(page.stream, *domain);
    print_others(page.stream);
    putc('\n', page.stream);
    page_wrap(page.stream, legend, 0, 0);
    return page_show(&page, fault);
}
