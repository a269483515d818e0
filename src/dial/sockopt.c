#include "dial/sockopt.h"

#include "dial/sockopt_value.h"
#include "domain/name.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

const char *const sockopt_phase_names[] = {
    [PHASE_OPENED] = "opened", [PHASE_BOUND] = "bound", [PHASE_CONNECTED] = "connected", NULL
};

const char *
sockopt_kind_words(enum sockopt_kind kind)
{
    static const char *const words[] = {
        [SOCKOPT_FLAG] = "on or off",
        [SOCKOPT_INT] = "number",
        [SOCKOPT_SIZE] = "size",
        [SOCKOPT_TIME] = "time",
        [SOCKOPT_LINGER] = "time or off",
        [SOCKOPT_TEXT] = "word",
        [SOCKOPT_PORTS] = "LOW-HIGH",
        [SOCKOPT_INTERFACE] = "interface",
        [SOCKOPT_STATION] = "INTERFACE/MAC",
        [SOCKOPT_ADDRESS] = "IPv6 address",
        [SOCKOPT_GROUP] = "GROUP[@INTERFACE]",
        [SOCKOPT_SOURCE] = "GROUP[@INTERFACE],SOURCE",
        [SOCKOPT_HEX] = "hexadecimal",
    };
    return words[kind];
}

/* --- names --- */

/* Does `name` call the option at this place so: with its level, as a macro, or (level LEVEL_ANY) plainly? */
static bool
calls_place(const char *name, const struct sockopt_row *row, const struct sockopt_place *place,
            enum sockopt_level *level)
{
    const struct sockopt_level_row *levels = &sockopt_levels[place->level];
    size_t prefix = strlen(levels->prefix);
    const char *dot = strchr(name, '.');
    *level = place->level;
    if (dot && name_equals(name, (size_t)(dot - name), levels->name))
        name = dot + 1;
    else if (!dot && prefix > 0 && strncasecmp(name, levels->prefix, prefix) == 0)
        name += prefix;
    else
        *level = LEVEL_ANY;
    size_t size = strlen(name);
    bool found = name_equals(name, size, row->name);
    const char *own = NULL;
    for (size_t i = 0; !found && (own = sockopt_own_name(place, i)) != NULL; i++)
        found = name_equals(name, size, own);
    return found;
}

static bool
calls_row(const char *name, const struct sockopt_row *row, enum sockopt_level *level)
{
    for (size_t i = 0; i < SOCKOPT_PLACES_MAX && row->at[i].level != LEVEL_ANY; i++)
        if (calls_place(name, row, &row->at[i], level))
            return true;
    return false;
}

const struct sockopt_row *
sockopt_next(const struct sockopt_row *row, const char *name, enum sockopt_level *level)
{
    for (row = row ? row + 1 : sockopt_rows; *row->name; row++)
        if (calls_row(name, row, level))
            return row;
    return NULL;
}

const struct sockopt_row *
sockopt_find(const char *name, enum sockopt_level *level)
{
    const struct sockopt_row *row = sockopt_next(NULL, name, level);
    enum sockopt_level other;
    return row && sockopt_next(row, name, &other) ? NULL : row;
}

/* --- settings --- */

bool
sockopt_is_step(const struct sockopt_row *row, int64_t number)
{
    return row->step == 0 || number <= 0 || number % row->step == 0;
}

static bool
replaces(const struct sockopt_setting *later, const struct sockopt_setting *earlier)
{
    if (!later->row || !earlier->row)
        return !later->row && !earlier->row && later->raw.level == earlier->raw.level &&
               later->raw.option == earlier->raw.option && later->raw.phase == earlier->raw.phase;
    return later->row == earlier->row && later->level == earlier->level && !later->row->piles;
}

int
sockopt_add(struct sockopt_settings *settings, const struct sockopt_setting *setting)
{
    struct sockopt_setting *items = reallocarray(settings->items, settings->count + 1, sizeof *items);
    if (!items)
        return -1;
    settings->items = items;
    size_t kept = 0;
    for (size_t i = 0; i < settings->count; i++)
        if (!replaces(setting, &items[i]))
            items[kept++] = items[i];
    items[kept] = *setting;
    settings->count = kept + 1;
    return 0;
}

int
sockopt_copy(struct sockopt_settings *settings, const struct sockopt_settings *from)
{
    *settings = (struct sockopt_settings){ .count = 0 };
    for (size_t i = 0; i < from->count; i++) {
        if (sockopt_add(settings, &from->items[i]) != 0) {
            sockopt_free(settings);
            return -1;
        }
    }
    return 0;
}

void
sockopt_free(struct sockopt_settings *settings)
{
    free(settings->items);
    *settings = (struct sockopt_settings){ .count = 0 };
}

bool
sockopt_hears_groups(const struct sockopt_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct sockopt_setting *setting = &settings->items[i];
        const struct sockopt_row *row = setting->row;
        if (row && (row->kind == SOCKOPT_GROUP || row->kind == SOCKOPT_SOURCE))
            return true;
        if (row && strcmp(row->name, "broadcast") == 0 && setting->number != 0)
            return true;
    }
    return false;
}

bool
sockopt_changes_close(const struct sockopt_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        if (!settings->items[i].row || settings->items[i].row->kind == SOCKOPT_LINGER)
            return true;
    return false;
}

static const char *
word_of(const struct sockopt_row *row, int64_t number)
{
    if (row->kind == SOCKOPT_FLAG)
        return number ? "on" : "off";
    const struct sockopt_word *word = sockopt_words_of(row);
    while (word && word->word && word->number != number)
        word++;
    return word ? word->word : NULL;
}

/* A number as one would type it. */
static void
number_words(const struct sockopt_row *row, int64_t number, char *words, size_t size)
{
    const char *word = word_of(row, number);
    bool is_time = row->kind == SOCKOPT_TIME || row->kind == SOCKOPT_LINGER;
    if (word)
        (void)snprintf(words, size, "%s", word);
    else if (is_time && number % 1000 != 0)
        (void)snprintf(words, size, "%" PRId64 "ms", number);
    else
        (void)snprintf(words, size, "%" PRId64, is_time ? number / 1000 : number);
}

void
sockopt_words(const struct sockopt_setting *setting, char *words, size_t size)
{
    char number[32] = "";
    if (!setting->row) {
        (void)snprintf(words, size, "%d:%d:%s", setting->raw.level, setting->raw.option, setting->text);
        return;
    }
    if (!setting->text)
        number_words(setting->row, setting->number, number, sizeof number);
    const char *level = setting->level != LEVEL_ANY ? sockopt_levels[setting->level].name : "";
    const char *value = setting->row->is_secret ? "" : setting->text ? setting->text : number;
    (void)snprintf(words, size, "%s%s%s%s%s", level, *level ? "." : "", setting->row->name,
                   setting->row->is_secret ? "" : "=", value);
}

/* --- applying --- */

/* True if the socket has no such level or option at all, or the value is for the other level. */
static bool
is_elsewhere(int error)
{
    return error == ENOPROTOOPT || error == EOPNOTSUPP || error == EAFNOSUPPORT;
}

/* The places of a setting, and NULL behind the last. */
static const struct sockopt_place *
place_of(const struct sockopt_setting *setting, size_t i)
{
    if (!setting->row || i == SOCKOPT_PLACES_MAX || setting->row->at[i].level == LEVEL_ANY)
        return NULL;
    return &setting->row->at[i];
}

static bool
is_meant(const struct sockopt_setting *setting, const struct sockopt_place *place)
{
    return setting->level == LEVEL_ANY || setting->level == place->level;
}

/* Of the address in its value, the kernel says no more than that it is wrong. */
static bool
is_for_one_family(const struct sockopt_place *place)
{
    return place &&
           (place->form == FORM_MD5_IPV4 || place->form == FORM_MD5_IPV6 || place->form == FORM_MD5_MAPPED);
}

/* Returns 0, or the error. */
static int
apply_at(int fd, const struct sockopt_setting *setting, const struct sockopt_place *place)
{
    struct sockopt_bytes bytes;
    int level = place ? sockopt_levels[place->level].number : setting->raw.level;
    int option = place ? place->option : setting->raw.option;
    if (sockopt_encode(fd, setting, place, &bytes) < 0)
        return errno;
    if (setsockopt(fd, level, option, bytes.data, bytes.size) == 0)
        return 0;
    return errno == EINVAL && is_for_one_family(place) ? EAFNOSUPPORT : errno;
}

/*
 * An IPv6 socket has the options of IPv4 as well and uses them when it talks to ::ffff:0:0/96; sockets of
 * other families have neither. So each place is tried, and one that does not exist does no harm.
 */
static int
apply(int fd, const struct sockopt_setting *setting)
{
    if (!setting->row)
        return apply_at(fd, setting, NULL);
    int failure = ENOPROTOOPT;
    bool applied = false;
    const struct sockopt_place *place;
    for (size_t i = 0; (place = place_of(setting, i)); i++) {
        if (!is_meant(setting, place))
            continue;
        int error = apply_at(fd, setting, place);
        if (error == 0)
            applied = true;
        else if (!is_elsewhere(error) || is_elsewhere(failure))
            failure = error;
    }
    return applied && is_elsewhere(failure) ? 0 : failure;
}

static int
apply_or_fault(int fd, const struct sockopt_setting *setting, enum status status, struct fault *fault)
{
    int error = apply(fd, setting);
    if (error == 0)
        return 0;
    char words[256];
    sockopt_words(setting, words, sizeof words);
    errno = error;
    return fault_set(fault, status, "socket option %s", words);
}

static enum sockopt_phase
phase_of(const struct sockopt_setting *setting)
{
    return setting->row ? setting->row->phase : setting->raw.phase;
}

/* All settings twice, of which the first time counts for most, and the second one for those that come last. */
static const struct sockopt_setting *
in_turn(const struct sockopt_settings *settings, size_t i)
{
    const struct sockopt_setting *setting = &settings->items[i % settings->count];
    bool is_last = setting->row && setting->row->last;
    return is_last == (i >= settings->count) ? setting : NULL;
}

int
sockopt_apply(int fd, const struct sockopt_settings *settings, enum sockopt_phase phase, enum status status,
              struct fault *fault)
{
    for (size_t i = 0; i < 2 * settings->count; i++) {
        const struct sockopt_setting *setting = in_turn(settings, i);
        if (setting && phase_of(setting) == phase && apply_or_fault(fd, setting, status, fault) < 0)
            return -1;
    }
    return 0;
}

/* Has an option without a row been given another value for a later phase? */
static bool
is_outdated(const struct sockopt_settings *settings, const struct sockopt_setting *setting)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct sockopt_setting *other = &settings->items[i];
        if (!other->row && other->raw.level == setting->raw.level &&
            other->raw.option == setting->raw.option && other->raw.phase > setting->raw.phase)
            return true;
    }
    return false;
}

int
sockopt_apply_again(int fd, const struct sockopt_settings *settings, enum status status, struct fault *fault)
{
    for (size_t i = 0; i < 2 * settings->count; i++) {
        const struct sockopt_setting *setting = in_turn(settings, i);
        if (!setting || phase_of(setting) != PHASE_OPENED)
            continue;
        if (!setting->row && !is_outdated(settings, setting))
            (void)apply(fd, setting); /* if it cannot be set any more, it has been */
        if (setting->row && !setting->row->once && apply_or_fault(fd, setting, status, fault) < 0)
            return -1;
    }
    return 0;
}

/* --- telling --- */

/* Returns 0 and what getsockopt(2) has in place of what was set, or -1 if there is nothing to compare. */
static int
ask(int fd, const struct sockopt_setting *setting, const struct sockopt_place *place, int64_t *set,
    int64_t *got)
{
    struct sockopt_bytes bytes;
    if (sockopt_encode(fd, setting, place, &bytes) < 0 || sockopt_decode(place, &bytes, set) < 0)
        return -1;
    int option = setting->row->asked != 0 ? setting->row->asked : place->option;
    if (getsockopt(fd, sockopt_levels[place->level].number, option, bytes.data, &bytes.size) < 0)
        return -1;
    return sockopt_decode(place, &bytes, got);
}

bool
sockopt_was_changed(int fd, const struct sockopt_setting *setting, char *value, size_t size)
{
    const struct sockopt_place *place;
    for (size_t i = 0; (place = place_of(setting, i)); i++) {
        int64_t set = 0, got = 0;
        if (!is_meant(setting, place) || ask(fd, setting, place, &set, &got) < 0)
            continue;
        bool is_flag = setting->row->kind == SOCKOPT_FLAG;
        if (is_flag ? !set == !got : set == got)
            continue;
        number_words(setting->row, got, value, size);
        return true;
    }
    return false;
}
