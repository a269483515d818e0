#include "request/command.h"

#include "base/number.h"
#include "dial/netns.h"
#include "domain/inet_dccp.h"
#include "domain/pattern.h"
#include "endpoint/flags.h"
#include "pump/record.h"
#include "request/nearest.h"
#include "request/setting.h"
#include "request/words.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RATE_MAX = 1000000 };

/* The option that is the same for the socket of --relay; the row itself if there is none. */
static const struct option_row *
relay_row(const struct option_row *row)
{
    for (const struct option_row *other = option_rows; other->name != NULL; other++)
        if (other->of_relay != NULL && strcmp(other->of_relay, row->name) == 0)
            return other;
    return row;
}

struct option_name
command_name(const struct command *command, const struct option_row *row)
{
    if (command->is_relay)
        return option_name(relay_row(row), false);
    return option_name(row, command->typed[row - option_rows] == TYPED_LETTER);
}

const struct option_row *
command_protocol_option(const struct command *command)
{
    for (const struct option_row *row = option_rows; row->name != NULL; row++)
        if (row->kind == OPTION_SELECT && row->protocol != NULL &&
            command->typed[row - option_rows] != TYPED_NOT)
            return row;
    return option_named("protocol");
}

bool
command_has(const struct command *command, const char *name)
{
    return command->typed[option_named(name) - option_rows] != TYPED_NOT;
}

char *
command_string(struct command *command, const char *text, size_t size, struct fault *fault)
{
    struct request *request = &command->request;
    char *copy = strndup(text, size);
    if (copy == NULL) {
        (void)fault_set(fault, STATUS_LOCAL, "copy %s", text);
        return NULL;
    }
    assert(request->string_count < REQUEST_STRINGS_MAX);
    request->strings[request->string_count++] = copy;
    return copy;
}

/* What is wrong with a value, as a fault that names both as typed. */
static int
refuse(const struct command *command, const struct option_row *row, const char *text, const char *why,
       struct fault *fault)
{
    return fault_say(fault, STATUS_USAGE, why, "%s %s", command_name(command, row).text,
                     *text == '\0' ? "''" : text);
}

/* A word that is none of those it can be: name the nearest, and all. */
static int
refuse_word(const struct command *command, const struct option_row *row, const char *text,
            const char *const *known, struct fault *fault)
{
    char why[sizeof fault->why];
    nearest_words(text, known, why, sizeof why);
    return refuse(command, row, text, why, fault);
}

static int
refuse_choice(const struct command *command, const struct option_row *row, const char *text,
              struct fault *fault)
{
    struct option_words words;
    option_words(row, &words);
    return refuse_word(command, row, text, words.items, fault);
}

static int
add_setting(struct command *command, const struct option_row *row, const struct sockopt_setting *setting,
            struct fault *fault)
{
    if (sockopt_add(&command->request.socket.options, setting) == 0)
        return 0;
    return fault_say(fault, STATUS_USAGE, "too many socket options", "%s: more than %d",
                     command_name(command, row).text, (int)SOCKOPT_SETTINGS_MAX);
}

/* A setting of a socket option; a later one takes the place of an earlier one. */
static int
set_sockopt(struct command *command, const struct option_row *row, int64_t value, struct fault *fault)
{
    enum sockopt_level level;
    const struct sockopt_row *option = sockopt_find(row->sockopt, &level);
    if (option == NULL)
        return fault_say(fault, STATUS_USAGE, "this system has no such socket option", "%s",
                         command_name(command, row).text);
    if (!sockopt_is_step(option, value)) {
        char why[32];
        (void)snprintf(why, sizeof why, "not a multiple of %d", option->step);
        return fault_say(fault, STATUS_USAGE, why, "%s %" PRId64, command_name(command, row).text, value);
    }
    const struct sockopt_setting setting = { .row = option, .level = level, .number = value };
    return add_setting(command, row, &setting, fault);
}

/* Put a number where the row says. Its bounds are such that it fits there. */
static int
set_number(struct command *command, const struct option_row *row, int64_t number, struct fault *fault)
{
    if (row->sockopt != NULL && set_sockopt(command, row, number, fault) != 0)
        return -1;
    if (row->size == 0)
        return 0;
    void *field = (char *)command + row->field;
    if (row->size == sizeof(bool))
        *(bool *)field = number != 0;
    else if (row->size == sizeof(int))
        *(int *)field = (int)number;
    else
        *(int64_t *)field = number;
    return 0;
}

static void
set_text(struct command *command, const struct option_row *row, const char *text)
{
    *(const char **)(void *)((char *)command + row->field) = text;
}

static enum number_found
number_of_kind(enum option_kind kind, const char *text, int64_t *number)
{
    if (kind == OPTION_DURATION)
        return number_duration(text, number);
    if (kind == OPTION_SIZE)
        return number_size(text, number);
    if (kind == OPTION_CHOICE)
        return number_whole(text, NUMBER_DECIMAL_OR_HEX, number);
    return number_whole(text, kind == OPTION_OCTAL ? NUMBER_OCTAL : NUMBER_DECIMAL, number);
}

static const char *
shape_of_kind(enum option_kind kind)
{
    if (kind == OPTION_DURATION)
        return "not a time: use seconds, or a number with ms, s, m or h";
    if (kind == OPTION_SIZE)
        return "not a size: use bytes, or a number with K, M or G";
    return kind == OPTION_OCTAL ? "not an octal number" : "not a number";
}

static int
read_number(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    int64_t number = 0;
    if (row->kind == OPTION_DURATION && row->min < 0 && strcmp(text, "-1") == 0)
        return set_number(command, row, -1, fault);
    enum number_found found = number_of_kind(row->kind, text, &number);
    if (found == NUMBER_FOUND && number >= row->min && number <= row->max)
        return set_number(command, row, number, fault);
    char bounds[64];
    char why[sizeof fault->why];
    option_bounds(row, bounds, sizeof bounds);
    if (found != NUMBER_NONSENSE)
        (void)snprintf(why, sizeof why, "out of range: %s", bounds);
    else if (row->kind == OPTION_DURATION || row->kind == OPTION_SIZE)
        (void)snprintf(why, sizeof why, "%s", shape_of_kind(row->kind));
    else
        (void)snprintf(why, sizeof why, "%s: %s", shape_of_kind(row->kind), bounds);
    return refuse(command, row, text, why, fault);
}

/* "N/m" of --rate-conns. So many at once, because they do not come evenly. */
static int
read_rate(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    int64_t thousandths = 0, period_ms = 0;
    enum number_found found = number_rate(text, &thousandths, &period_ms);
    if (found == NUMBER_NONSENSE)
        return refuse(command, row, text, "not a rate: use a number, or one with /s, /m or /h", fault);
    if (found == NUMBER_HUGE || thousandths < 1 || thousandths > RATE_MAX * 1000)
        return refuse(command, row, text, "out of range: more than 0, at most 1000000", fault);
    command->request.rate = (struct conn_rate){
        .interval_us = period_ms * 1000 * 1000 / thousandths,
        .burst = thousandths < 1000 ? 1 : thousandths / 1000,
    };
    return 0;
}

static int
read_choice(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    for (const struct sockopt_word *choice = row->choices; choice->word != NULL; choice++) {
        if (strcasecmp(choice->word, text) != 0)
            continue;
        if (row->kind == OPTION_CHOICE)
            return set_number(command, row, choice->number, fault);
        set_text(command, row, choice->word);
        return 0;
    }
    bool is_number = row->max != 0 && *text >= '0' && *text <= '9';
    return is_number ? read_number(command, row, text, fault) : refuse_choice(command, row, text, fault);
}

static int
read_domain(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    command->request.lists_domains = !command->is_relay && strcasecmp(text, "list") == 0;
    if (command->request.lists_domains)
        return 0;
    command->domain = domain_find(text, &command->family);
    return command->domain != NULL ? 0 : refuse_choice(command, row, text, fault);
}

static int
read_type(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    command->type = type_find(text);
    return command->type != NULL ? 0 : refuse_choice(command, row, text, fault);
}

static int
read_records(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    if (record_parse(text, &command->request.pump.records) == 0)
        return 0;
    return refuse_choice(command, row, text, fault);
}

static int
read_sockopt(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    struct sockopt_setting setting;
    char why[SETTING_WHY_MAX];
    if (!command->is_relay && strcasecmp(text, "list") == 0) {
        command->request.lists_sockopts = true;
        return 0;
    }
    if (setting_read(text, &setting, why) != 0)
        return refuse(command, row, text, why, fault);
    return add_setting(command, row, &setting, fault);
}

/* What goes with a group unless the user says otherwise, before or later. */
static int
default_sockopt(struct command *command, const struct option_row *row, const char *name, int number,
                struct fault *fault)
{
    enum sockopt_level level;
    const struct sockopt_setting setting = { .row = sockopt_find(name, &level), .number = number };
    const struct sockopt_settings *settings = &command->request.socket.options;
    for (size_t i = 0; i < settings->count; i++)
        if (settings->items[i].row == setting.row)
            return 0;
    return add_setting(command, row, &setting, fault);
}

/* Of the groups that this host hears only ours, and together with others who hear it. */
static int
read_group(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    struct sockopt_setting setting;
    char why[SETTING_WHY_MAX];
    if (setting_read_group(text, &setting, why) != 0)
        return refuse(command, row, text, why, fault);
    if (add_setting(command, row, &setting, fault) != 0 ||
        default_sockopt(command, row, "multicast-all", 0, fault) != 0)
        return -1;
    return default_sockopt(command, row, "reuseaddr", 1, fault);
}

static int
read_flags(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    enum flags_place place = row->kind == OPTION_SEND_FLAGS ? FLAGS_SEND : FLAGS_RECEIVE;
    int flags = 0;
    char why[sizeof fault->why];
    if (flags_parse(text, place, &flags, why, sizeof why) != 0)
        return refuse(command, row, text, why, fault);
    return set_number(command, row, flags, fault);
}

/* Patterns have to be well-formed; which of them are names that there are, is asked later, and so is what is in a file. */
static int
read_peers(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    struct access_sources *sources = &command->request.access;
    bool is_file = row->kind == OPTION_PEERS_FILE;
    if (*text == '\0')
        return refuse(command, row, text, "empty", fault);
    if (!is_file && pattern_read_all(text, false, command_name(command, row).text, NULL, fault) != 0)
        return -1;
    if (sources->count == ACCESS_SOURCES_MAX)
        return refuse(command, row, text, "more than 64 lists: put them into a file", fault);
    sources->items[sources->count++] =
        (struct access_source){ .denies = row->constant != 0, .is_file = is_file, .text = text };
    return 0;
}

static int
read_service(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    uint32_t code;
    if (!dccp_service(text, &code))
        return refuse(command, row, text,
                      "not a code: SC:TEXT of 1 to 4 characters, SC=NUMBER or SC=xHEX below "
                      "4294967295, or four characters",
                      fault);
    return set_sockopt(command, row, code, fault);
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
    return why == NULL ? keep_program(command, words, fault) : refuse(command, row, text, why, fault);
}

static int
read_shell(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    static const char *const shell[] = { "/bin/sh", "-c" };
    if (text[strspn(text, " \t\n")] == '\0')
        return refuse(command, row, text, "empty", fault);
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
        return refuse(command, row, text, "empty", fault);
    int64_t descriptor = 0;
    bool is_descriptor = row->kind == OPTION_SINK && strncmp(text, "fd:", 3) == 0;
    if (is_descriptor &&
        (number_whole(text + 3, NUMBER_DECIMAL, &descriptor) != NUMBER_FOUND || descriptor > INT32_MAX))
        return refuse(command, row, text, "not a descriptor: fd:N with a number", fault);
    set_text(command, row, text);
    return 0;
}

static int
read_netns(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    const char *why = netns_check(text);
    if (why != NULL)
        return refuse(command, row, text, why, fault);
    set_text(command, row, text);
    return 0;
}

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
read_flag(struct command *command, const struct option_row *row, struct fault *fault)
{
    if (row->kind == OPTION_FLAG)
        return set_number(command, row, 1, fault);
    if (row->kind == OPTION_CONSTANT || row->kind == OPTION_CHOICE)
        return set_number(command, row, row->constant, fault);
    if (row->kind == OPTION_COUNT && *(int *)(void *)((char *)command + row->field) < INT16_MAX)
        ++*(int *)(void *)((char *)command + row->field);
    if (row->kind == OPTION_SELECT)
        select_kind(command, row);
    return 0;
}

int
command_set(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    if (row->of_relay != NULL) {
        command = command->relay;
        command->typed[option_named(row->of_relay) - option_rows] = TYPED_NAME;
    }
    if (text == NULL)
        return read_flag(command, row, fault);
    switch (row->kind) {
    case OPTION_TEXT:
    case OPTION_PROTOCOL:
    case OPTION_FILE:
    case OPTION_SINK:
        return read_text(command, row, text, fault);
    case OPTION_NUMBER:
    case OPTION_OCTAL:
    case OPTION_DURATION:
    case OPTION_SIZE:
        return read_number(command, row, text, fault);
    case OPTION_RATE:
        return read_rate(command, row, text, fault);
    case OPTION_CHOICE:
    case OPTION_WORD:
        return read_choice(command, row, text, fault);
    case OPTION_DOMAIN:
        return read_domain(command, row, text, fault);
    case OPTION_TYPE:
        return read_type(command, row, text, fault);
    case OPTION_SERVICE:
        return read_service(command, row, text, fault);
    case OPTION_RECORDS:
        return read_records(command, row, text, fault);
    case OPTION_SOCKOPT:
        return read_sockopt(command, row, text, fault);
    case OPTION_GROUP:
        return read_group(command, row, text, fault);
    case OPTION_NETNS:
        return read_netns(command, row, text, fault);
    case OPTION_PEERS:
    case OPTION_PEERS_FILE:
        return read_peers(command, row, text, fault);
    case OPTION_PROGRAM:
        return read_program(command, row, text, fault);
    case OPTION_SHELL:
        return read_shell(command, row, text, fault);
    case OPTION_SEND_FLAGS:
    case OPTION_RECEIVE_FLAGS:
        return read_flags(command, row, text, fault);
    case OPTION_FLAG:
    case OPTION_CONSTANT:
    case OPTION_COUNT:
    case OPTION_SELECT:
        break;
    }
    return read_flag(command, row, fault);
}
