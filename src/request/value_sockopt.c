#include "request/value.h"

#include "domain/inet_dccp.h"
#include "request/setting.h"
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

static int
add_setting(struct command *command, const struct option_row *row, const struct sockopt_setting *setting,
            struct fault *fault)
{
    if (sockopt_add(&command->request.socket.options, setting) == 0)
        return 0;
    return fault_set(fault, STATUS_LOCAL, "%s", command_name(command, row).text);
}

/* A setting of a socket option; a later one takes the place of an earlier one. */
int
value_add_sockopt(struct command *command, const struct option_row *row, int64_t value, struct fault *fault)
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

int
value_read_sockopt(struct command *command, const struct option_row *row, const char *text,
                   struct fault *fault)
{
    struct sockopt_setting setting;
    char why[SETTING_WHY_MAX];
    if (!command->is_relay && strcasecmp(text, "list") == 0) {
        command->request.lists_sockopts = true;
        return 0;
    }
    if (setting_read(text, &setting, why) != 0)
        return command_refuse(command, row, text, why, fault);
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
int
value_read_group(struct command *command, const struct option_row *row, const char *text, struct fault *fault)
{
    struct sockopt_setting setting;
    char why[SETTING_WHY_MAX];
    if (setting_read_group(text, &setting, why) != 0)
        return command_refuse(command, row, text, why, fault);
    if (add_setting(command, row, &setting, fault) != 0 ||
        default_sockopt(command, row, "multicast-all", 0, fault) != 0)
        return -1;
    return default_sockopt(command, row, "reuseaddr", 1, fault);
}

int
value_read_service(struct command *command, const struct option_row *row, const char *text,
                   struct fault *fault)
{
    uint32_t code;
    if (!dccp_service(text, &code))
        return command_refuse(command, row, text,
                              "not a code: SC:TEXT of 1 to 4 characters, SC=NUMBER or SC=xHEX below "
                              "4294967295, or four characters",
                              fault);
    return value_add_sockopt(command, row, code, fault);
}
