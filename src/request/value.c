#include "request/value.h"

#include "base/number.h"
#include "dial/netns.h"
#include "domain/pattern.h"
#include "endpoint/flags.h"
#include "endpoint/tls.h"
#include "pump/record.h"
#include "request/words.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int
read_domain(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    command->request.lists_domains = !command->is_relay && strcasecmp(text, "list") == 0;
    if (command->request.lists_domains)
        return 0;
    command->domain = domain_find(text, &command->family);
    return command->domain != NULL ? 0 : command_refuse_choice(command, row, text, fault);
}

static int
read_type(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    command->type = type_find(text);
    return command->type != NULL ? 0 : command_refuse_choice(command, row, text, fault);
}

static int
read_records(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    if (record_parse(text, &command->request.pump.records) == 0)
        return 0;
    if (strncasecmp(text, "size:", 5) != 0)
        return command_refuse_choice(command, row, text, fault);
    char why[sizeof fault->why];
    (void)snprintf(why, sizeof why, "the size of a message is 1 to %d", RECORD_SIZE_MAX);
    return command_refuse(command, row, text, why, fault);
}

static int
read_flags(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    enum flags_place place = row->kind == OPTION_SEND_FLAGS ? FLAGS_SEND : FLAGS_RECEIVE;
    int flags = 0;
    char why[sizeof fault->why];
    if (flags_parse(text, place, &flags, why, sizeof why) != 0)
        return command_refuse(command, row, text, why, fault);
    return value_store_number(command, row, flags, fault);
}

/* Patterns have to be well-formed; which of them are names that there are, is asked later, and so is what is in a file. */
static int
read_peers(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    struct access_sources *sources = &command->request.access;
    bool is_file = row->kind == OPTION_PEERS_FILE;
    if (*text == '\0')
        return command_refuse(command, row, text, "empty", fault);
    if (!is_file && pattern_read_all(text, false, command_name(command, row).text, NULL, fault) != 0)
        return -1;
    if (sources->count == ACCESS_SOURCES_MAX)
        return command_refuse(command, row, text, "more than 64 lists: put them into a file", fault);
    sources->items[sources->count++] =
        (struct access_source){ .denies = row->constant != 0, .is_file = is_file, .text = text };
    return 0;
}

static int
keep_program(struct command *command, char **words, struct fault *fault)
{
    if (words == NULL)
        return fault_set(fault, STATUS_LOCAL, "words of a program");
    free(command->request.program);
    command->request.program = words;
    return 0;
}

static int
read_program(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    const char *why;
    char **words = words_split(text, &why);
    return why == NULL ? keep_program(command, words, fault) : command_refuse(command, row, text, why, fault);
}

static int
read_shell(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    static const char *const shell[] = { "/bin/sh", "-c" };
    if (text[strspn(text, " \t\n")] == '\0')
        return command_refuse(command, row, text, "empty", fault);
    char **words = calloc(4, sizeof *words);
    if (words != NULL) {
        words[0] = (char *)(uintptr_t)shell[0];
        words[1] = (char *)(uintptr_t)shell[1];
        words[2] = (char *)(uintptr_t)text;
    }
    return keep_program(command, words, fault);
}

/* A file or, where a descriptor may stand, fd:N. */
static int
read_text(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    if (*text == '\0')
        return command_refuse(command, row, text, "empty", fault);
    int64_t descriptor = 0;
    bool is_descriptor = row->kind == OPTION_SINK && strncmp(text, "fd:", 3) == 0;
    if (is_descriptor &&
        (number_whole(text + 3, NUMBER_DECIMAL, &descriptor) != NUMBER_FOUND || descriptor > INT32_MAX))
        return command_refuse(command, row, text, "not a descriptor: fd:N with a number", fault);
    value_store_text(command, row, text);
    return 0;
}

static int
read_netns(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    const char *why = netns_check(text);
    if (why != NULL)
        return command_refuse(command, row, text, why, fault);
    value_store_text(command, row, text);
    return 0;
}

static int
read_pin(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    unsigned char pin[TLS_PIN_SIZE];
    if (!tls_pin_read(text, pin))
        return command_refuse(command, row, text, "a SHA-256 has 64 hexadecimal digits", fault);
    value_store_text(command, row, text);
    return 0;
}

/* RFC 7301 section 3.1: all of the list is at most 65535 bytes; so much nobody needs. */
static int
read_alpn(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    bool is_good = strlen(text) < TLS_PROTOCOLS_MAX;
    for (const char *at = text; is_good && at != NULL; at = strchr(at, ','), at = at ? at + 1 : NULL)
        is_good = *at != ',' && *at != '\0';
    if (!is_good)
        return command_refuse(command, row, text, "names with commas between them, 254 characters in all",
                              fault);
    value_store_text(command, row, text);
    return 0;
}

typedef int reader(struct command *command, const struct option_row *row, const char *text,
                   struct fault *fault);

/* NULL: an option of this kind takes no value. */
static reader *const readers[] = {
    [OPTION_FLAG] = NULL,
    [OPTION_CONSTANT] = NULL,
    [OPTION_COUNT] = NULL,
    [OPTION_SELECT] = NULL,
    [OPTION_TEXT] = read_text,
    [OPTION_FILE] = read_text,
    [OPTION_SINK] = read_text,
    [OPTION_NETNS] = read_netns,
    [OPTION_NUMBER] = value_read_number,
    [OPTION_OCTAL] = value_read_number,
    [OPTION_DURATION] = value_read_number,
    [OPTION_SIZE] = value_read_number,
    [OPTION_RATE] = value_read_rate,
    [OPTION_CHOICE] = value_read_choice,
    [OPTION_WORD] = value_read_choice,
    [OPTION_DOMAIN] = read_domain,
    [OPTION_TYPE] = read_type,
    [OPTION_PROTOCOL] = read_text,
    [OPTION_SERVICE] = value_read_service,
    [OPTION_RECORDS] = read_records,
    [OPTION_SOCKOPT] = value_read_sockopt,
    [OPTION_GROUP] = value_read_group,
    [OPTION_PEERS] = read_peers,
    [OPTION_PEERS_FILE] = read_peers,
    [OPTION_PROGRAM] = read_program,
    [OPTION_SHELL] = read_shell,
    [OPTION_PIN] = read_pin,
    [OPTION_ALPN] = read_alpn,
    [OPTION_SEND_FLAGS] = read_flags,
    [OPTION_RECEIVE_FLAGS] = read_flags,
};

_Static_assert(sizeof readers / sizeof readers[0] == OPTION_KINDS, "a kind without a reader");

static void
select_kind(struct command *command, const struct option_row *row)
{
    if (row->domain != NULL) {
        command->domain = row->domain;
        command->family = row->domain->family;
    }
    if (row->type != NULL)
        command->type = row->type;
    if (row->protocol != NULL)
        command->protocol = row->protocol;
}

static int
set_flag(struct command *command, const struct option_row *row, struct fault *fault)
{
    if (row->kind == OPTION_FLAG)
        return value_store_number(command, row, 1, fault);
    if (row->kind == OPTION_CONSTANT || row->kind == OPTION_CHOICE)
        return value_store_number(command, row, row->constant, fault);
    if (row->kind == OPTION_COUNT && *(int *)(void *)((char *)command + row->field) < INT16_MAX)
        ++*(int *)(void *)((char *)command + row->field);
    if (row->kind == OPTION_SELECT)
        select_kind(command, row);
    return 0;
}

int
value_set(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    if (row->of_relay != NULL) {
        command = command->relay;
        command->typed[option_named(row->of_relay) - option_rows] = TYPED_NAME;
    }
    if (text == NULL)
        return set_flag(command, row, fault);
    assert(readers[row->kind] != NULL);
    return readers[row->kind](command, row, text, fault);
}
