#include "request/value.h"

#include "base/number.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { RATE_MAX = 1000000 };

/* Put a number where the row says. Its bounds are such that it fits there. */
int
value_store_number(struct command *command, const struct option_row *row, int64_t number, struct fault *fault)
{
    if (row->sockopt != NULL && value_add_sockopt(command, row, number, fault) != 0)
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

void
value_store_text(struct command *command, const struct option_row *row, const char *text)
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

int
value_read_number(struct command *command, const struct option_row *row, const char *text,
                  struct fault *fault)
{
    int64_t number = 0;
    if (row->kind == OPTION_DURATION && row->min < 0 && strcmp(text, "-1") == 0)
        return value_store_number(command, row, -1, fault);
    enum number_found found = number_of_kind(row->kind, text, &number);
    if (found == NUMBER_FOUND && number >= row->min && number <= row->max)
        return value_store_number(command, row, number, fault);
    char bounds[64];
    char why[sizeof fault->why];
    option_bounds(row, bounds, sizeof bounds);
    if (found != NUMBER_NONSENSE)
        (void)snprintf(why, sizeof why, "out of range: %s", bounds);
    else if (row->kind == OPTION_DURATION || row->kind == OPTION_SIZE)
        (void)snprintf(why, sizeof why, "%s", shape_of_kind(row->kind));
    else
        (void)snprintf(why, sizeof why, "%s: %s", shape_of_kind(row->kind), bounds);
    return command_refuse(command, row, text, why, fault);
}

/* "N/m" of --rate-conns. So many at once, because they do not come evenly. */
int
value_read_rate(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    int64_t thousandths = 0, period_ms = 0;
    enum number_found found = number_rate(text, &thousandths, &period_ms);
    if (found == NUMBER_NONSENSE)
        return command_refuse(command, row, text, "not a rate: use a number, or one with /s, /m or /h",
                              fault);
    if (found == NUMBER_HUGE || thousandths < 1 || thousandths > RATE_MAX * 1000)
        return command_refuse(command, row, text, "out of range: more than 0, at most 1000000", fault);
    command->request.rate = (struct conn_rate){
        .interval_us = period_ms * 1000 * 1000 / thousandths,
        .burst = thousandths < 1000 ? 1 : thousandths / 1000,
    };
    return 0;
}

int
value_read_choice(struct command *command, const struct option_row *row, const char *text,
                  struct fault *fault)
{
    for (const struct sockopt_word *choice = row->choices; choice->word != NULL; choice++) {
        if (strcasecmp(choice->word, text) != 0)
            continue;
        if (row->kind == OPTION_CHOICE)
            return value_store_number(command, row, choice->number, fault);
        value_store_text(command, row, choice->word);
        return 0;
    }
    bool is_number = row->max != 0 && *text >= '0' && *text <= '9';
    return is_number ? value_read_number(command, row, text, fault)
                     : command_refuse_choice(command, row, text, fault);
}
