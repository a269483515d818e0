#include "request/request.h"

#include "request/option.h"
#include "request/page.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Patterns such as size:N are no words that could be completed. */
static bool
completes(const char *word)
{
    return strchr(word, ':') == NULL;
}

static bool
takes_file(const struct option_row *row)
{
    return row->kind == OPTION_FILE || row->kind == OPTION_SINK || row->kind == OPTION_PEERS_FILE;
}

static void
print_words(FILE *stream, const struct option_words *words)
{
    const char *blank = "";
    for (size_t i = 0; i < words->count; i++) {
        if (!completes(words->items[i]))
            continue;
        fprintf(stream, "%s%s", blank, words->items[i]);
        blank = " ";
    }
}

/* Where the word before the cursor is one of these, a value of the row is expected. */
static void
bash_case(FILE *stream, const struct option_row *row)
{
    struct option_words words;
    option_words(row, &words);
    fputs("    ", stream);
    if (row->letter != '\0')
        fprintf(stream, "-%c | ", row->letter);
    if (!row->may_lack_value)
        fprintf(stream, "--%s | ", row->name);
    fprintf(stream, "--%s=)\n", row->name);
    if (takes_file(row))
        fputs("        compopt -o filenames\n"
              "        mapfile -t COMPREPLY < <(compgen -A file -- \"$word\")\n",
              stream);
    if (words.count > 0) {
        fputs("        mapfile -t COMPREPLY < <(compgen -W '", stream);
        print_words(stream, &words);
        fputs("' -- \"$word\")\n", stream);
    }
    fputs("        return\n        ;;\n", stream);
}

/*
 * Bash cuts --name=value at the sign, which is a word of its own then. Of letters in one word, the last may have its
 * value in the next; $valued are those that take one. Behind "--" no word is an option.
 */
static const char bash_words[] = "    local word=${COMP_WORDS[COMP_CWORD]}\n"
                                 "    local before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                                 "    local i\n"
                                 "    COMPREPLY=()\n"
                                 "    if [[ $word == '=' ]]; then\n"
                                 "        before+='='\n"
                                 "        word=\n"
                                 "    elif [[ $before == '=' ]]; then\n"
                                 "        before=${COMP_WORDS[COMP_CWORD - 2]}=\n"
                                 "    elif [[ $before =~ ^-[^-$valued]*([$valued])$ ]]; then\n"
                                 "        before=-${BASH_REMATCH[1]}\n"
                                 "    fi\n"
                                 "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                 "        if [[ ${COMP_WORDS[i]} == -- ]]; then\n"
                                 "            before=--\n"
                                 "        fi\n"
                                 "    done\n"
                                 "    case $before in\n";

static const char bash_end[] = "' -- \"$word\")\n"
                               "    else\n"
                               "        compopt -o filenames\n"
                               "        mapfile -t COMPREPLY < <(compgen -A hostname -A file -- \"$word\")\n"
                               "    fi\n"
                               "}\n"
                               "complete -F _skt skt\n";

static void
print_bash(FILE *stream)
{
    fputs("# bash completion for skt\n"
          "_skt()\n"
          "{\n"
          "    local valued=",
          stream);
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        if (row->letter != '\0' && row->value != NULL)
            putc(row->letter, stream);
    putc('\n', stream);
    fputs(bash_words, stream);
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        if (row->value != NULL)
            bash_case(stream, row);
    fputs("    esac\n"
          "    if [[ $word == -* && $before != -- ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W '",
          stream);
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        fprintf(stream, "%s--%s", row == option_rows ? "" : " ", row->name);
    fputs(bash_end, stream);
}

/* The options that need not be offered once this one is there: itself, and what it excludes. */
static void
zsh_excluded(FILE *stream, const struct option_row *row)
{
    const char *blank = "";
    if (row->kind == OPTION_COUNT || row->kind == OPTION_SOCKOPT || row->kind == OPTION_GROUP ||
        row->kind == OPTION_PEERS || row->kind == OPTION_PEERS_FILE) {
        fputs("'*'", stream);
        return;
    }
    fputs("'(", stream);
    for (const struct option_row *other = option_rows; *other->name != '\0'; other++) {
        if (other != row && !option_excludes(row, other))
            continue;
        if (other->letter != '\0')
            fprintf(stream, "%s-%c", blank, other->letter);
        fprintf(stream, "%s--%s", other->letter != '\0' ? " " : blank, other->name);
        blank = " ";
    }
    fputs(")'", stream);
}

/* ":what it is:how to complete it" */
static void
zsh_value(FILE *stream, const struct option_row *row)
{
    struct option_words words;
    option_words(row, &words);
    if (row->value == NULL)
        return;
    fprintf(stream, "%s%s:", row->may_lack_value ? "::" : ":", row->value);
    if (takes_file(row))
        fputs("_files", stream);
    if (words.count > 0) {
        putc('(', stream);
        print_words(stream, &words);
        putc(')', stream);
    }
}

static void
zsh_row(FILE *stream, const struct option_row *row)
{
    const char *letter_sign = row->value != NULL ? "+" : "";
    const char *name_sign = row->value == NULL ? "" : row->may_lack_value ? "=-" : "=";
    fputs("    ", stream);
    zsh_excluded(stream, row);
    if (row->letter != '\0')
        fprintf(stream, "{-%c%s,--%s%s}", row->letter, letter_sign, row->name, name_sign);
    else
        fprintf(stream, "--%s%s", row->name, name_sign);
    fputs("'[", stream);
    for (const char *text = row->help; *text != '\0'; text++)
        fprintf(stream, "%s%c", *text == '\'' ? "'\\'" : strchr("[]:\\", *text) != NULL ? "\\" : "", *text);
    putc(']', stream);
    zsh_value(stream, row);
    fputs("' \\\n", stream);
}

static void
print_zsh(FILE *stream)
{
    fputs("#compdef skt\n_arguments -s -S : \\\n", stream);
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        zsh_row(stream, row);
    fputs("    '1:host, path or URL:{_alternative \"hosts:host:_hosts\" \"files:path:_files\"}' \\\n"
          "    '2:port:_ports'\n",
          stream);
}

static void
fish_row(FILE *stream, const struct option_row *row)
{
    struct option_words words;
    option_words(row, &words);
    fputs("complete -c skt", stream);
    if (row->letter != '\0')
        fprintf(stream, " -s %c", row->letter);
    fprintf(stream, " -l %s", row->name);
    if (takes_file(row) && !row->may_lack_value)
        fputs(" -r -F", stream);
    else if (row->value != NULL && !row->may_lack_value)
        fputs(" -x", stream);
    if (words.count > 0) {
        fputs(" -a '", stream);
        print_words(stream, &words);
        putc('\'', stream);
    }
    fputs(" -d '", stream);
    for (const char *text = row->help; *text != '\0'; text++)
        fprintf(stream, "%s%c", strchr("'\\", *text) != NULL ? "\\" : "", *text);
    fputs("'\n", stream);
}

static void
print_fish(FILE *stream)
{
    fputs("# fish completion for skt\n", stream);
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        fish_row(stream, row);
    fputs("complete -c skt -a '(__fish_print_hostnames)'\n", stream);
}

static const struct {
    const char *shell;
    void (*print)(FILE *stream);
} completions[] = {
    { "bash", print_bash },
    { "zsh", print_zsh },
    { "fish", print_fish },
};

int
request_completion(const char *shell, struct fault *fault)
{
    size_t i = 0;
    while (i < sizeof completions / sizeof completions[0] && strcmp(completions[i].shell, shell) != 0)
        i++;
    assert(i < sizeof completions / sizeof completions[0]);
    struct page page;
    if (page_open(&page, fault) != 0)
        return -1;
    completions[i].print(page.stream);
    return page_show(&page, fault);
}
