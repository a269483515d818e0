#include "request/request.h"

#include "base/text.h"
#include "dial/expression.h"
#include "endpoint/tls.h"
#include "request/option.h"
#include "request/page.h"
#include "request/scheme.h"
#include <stdio.h>

enum { HELP_INDENT = 30, HELP_TEXT_MAX = 512 };

static const char usage[] =
    "Usage: skt [OPTION]... HOST PORT        connect\n"
    "       skt [OPTION]... -l [HOST] PORT   listen, without HOST on every interface;\n"
    "                                        port 0 picks one\n"
    "       skt [OPTION]... [-l] -U PATH     local sockets; @NAME is without a file\n"
    "       skt [OPTION]... [-l] URL         the same in one word, as tcp://HOST:PORT\n"
    "       skt [OPTION]... [-l] fd:N        a socket that is open already\n"
    "       skt [OPTION]... -z HOST... PORTS see which answer of 22,80,8000-8100\n"
    "Join a socket to standard input and output.\n";

static const char *const endings[] = {
    "TIME is in seconds, or a number with ms, s, m or h, as in 1.5 or 250ms. SIZE is in bytes, or a number "
    "with K, M or G. Options may stand before and after operands.",
    "Exit status: 0 done, 1 the connection failed while in use, 2 usage, 3 name lookup, 4 connecting, 5 "
    "listening, 6 timed out, 7 TLS, 8 a proxy, 9 this side failed (input, output, a file), 126 and 127 a "
    "program cannot be run or found; a program's own otherwise.",
    "The manual, with examples: man skt",
    NULL,
};

/* "  -w, --wait TIME" */
static size_t
print_name(FILE *stream, const struct option_row *row)
{
    int n = row->letter != '\0' ? fprintf(stream, "  -%c, --%s", row->letter, row->name)
                                : fprintf(stream, "      --%s", row->name);
    if (row->value != NULL)
        n += fprintf(stream, row->may_lack_value ? "[=%s]" : " %s", row->value);
    return n > 0 ? (size_t)n : 0;
}

/* What can be said of an option: its help, the values it takes, the default, and what it needs. */
static void
describe(const struct option_row *row, char *text)
{
    struct option_words words;
    option_words(row, &words);
    text[0] = '\0';
    text_add(text, HELP_TEXT_MAX, "%s", row->help);
    for (size_t i = 0; i < words.count; i++)
        text_add(text, HELP_TEXT_MAX, "%s%s", i == 0 ? ": " : " ", words.items[i]);
    char bounds[64] = "";
    if (row->kind == OPTION_NUMBER || row->kind == OPTION_OCTAL || row->kind == OPTION_CHOICE)
        option_bounds(row, bounds, sizeof bounds);
    if (bounds[0] != '\0')
        text_add(text, HELP_TEXT_MAX, "%s%s", words.count > 0 ? ", or " : ": ", bounds);
    if (row->fallback != NULL)
        text_add(text, HELP_TEXT_MAX, " (default: %s)", row->fallback);
    const char *between = " (needs ";
    for (const struct option_row *needed = option_rows; *needed->name != '\0'; needed++) {
        if (!option_lists(row->needs, needed->name))
            continue;
        text_add(text, HELP_TEXT_MAX, "%s%s", between, option_name(needed, needed->letter != '\0').text);
        between = " or ";
    }
    if (row->needs != NULL)
        text_add(text, HELP_TEXT_MAX, ")");
}

static void
print_row(FILE *stream, const struct option_row *row)
{
    char text[HELP_TEXT_MAX];
    describe(row, text);
    size_t used = print_name(stream, row);
    if (used + 2 > HELP_INDENT) {
        putc('\n', stream);
        used = 0;
    }
    fprintf(stream, "%*s", (int)(HELP_INDENT - used), "");
    page_wrap(stream, text, HELP_INDENT, HELP_INDENT);
}

static void
print_group(FILE *stream, enum option_group group)
{
    fprintf(stream, "\n%s:\n", option_group_titles[group]);
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        if (row->group == group)
            print_row(stream, row);
}

int
request_help(struct fault *fault)
{
    struct page page;
    if (page_open(&page, fault) != 0)
        return -1;
    fputs(usage, page.stream);
    for (enum option_group group = GROUP_MODE; option_group_titles[group] != NULL; group++)
        print_group(page.stream, group);
    char schemes[256];
    char line[320];
    scheme_names(schemes, sizeof schemes);
    (void)snprintf(line, sizeof line, "A URL begins with one of: %s.", schemes);
    putc('\n', page.stream);
    page_wrap(page.stream, line, 0, 0);
    for (const char *const *text = endings; *text != NULL; text++) {
        putc('\n', page.stream);
        page_wrap(page.stream, *text, 0, 0);
    }
    return page_show(&page, fault);
}

/* The rows of the two tables, so that a script can see what this build has. */
int
request_version(struct fault *fault)
{
    struct page page;
    if (page_open(&page, fault) != 0)
        return -1;
    fprintf(page.stream, "skt %s\ndomains:", PACKAGE_VERSION);
    for (const struct domain *const *domain = domain_rows; *domain != NULL; domain++)
        fprintf(page.stream, " %s", (*domain)->name);
    fputs("; types:", page.stream);
    for (const struct type *const *type = type_rows; *type != NULL; type++)
        fprintf(page.stream, " %s", (*type)->name);
    fprintf(page.stream, "\npacket filters: compiled%s\n", expression_works ? ", or in tcpdump's words" : "");
    fprintf(page.stream, "TLS: %s\n", tls_works ? "1.2 and 1.3, by OpenSSL" : "none");
    return page_show(&page, fault);
}
