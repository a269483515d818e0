#include "request/command.h"

#include "request/nearest.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The option that is the same for the socket of --relay; the row itself if there is none. */
static const struct option_row *
relay_row(const struct option_row *row)
{
    for (const struct option_row *other = option_rows; *other->name != '\0'; other++)
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
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
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

int
command_refuse(const struct command *command, const struct option_row *row, const char *text, const char *why,
               struct fault *fault)
{
    return fault_say(fault, STATUS_USAGE, why, "%s %s", command_name(command, row).text,
                     *text == '\0' ? "''" : text);
}

int
command_refuse_choice(const struct command *command, const struct option_row *row, const char *text,
                      struct fault *fault)
{
    struct option_words words;
    char why[sizeof fault->why], bounds[64];
    option_words(row, &words);
    nearest_words(text, words.items, why, sizeof why);
    option_bounds(row, bounds, sizeof bounds);
    size_t length = strlen(why);
    if (bounds[0] != '\0') /* a number will do as well */
        (void)snprintf(why + length, sizeof why - length, ", or %s", bounds);
    return command_refuse(command, row, text, why, fault);
}
