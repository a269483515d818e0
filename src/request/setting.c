#include "request/setting.h"

#include "base/number.h"
#include "base/text.h"
#include "dial/group.h"
#include "dial/sockopt_value.h"
#include "domain/host.h"
#include "request/nearest.h"
#include <inttypes.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_SIZE = 64, NAMES_MAX = 800, HEX_MAX = 256, PORT_MAX = 65535 };

static int refuse(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Say what would be right. Returns -1. */
static int
refuse(char *why, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(why, SETTING_WHY_MAX, format, list);
    va_end(list);
    return -1;
}

/* --- values --- */

static int
read_flag(const char *text, struct sockopt_setting *setting, char *why)
{
    static const struct sockopt_word words[] = { { "on", 1 }, { "yes", 1 }, { "1", 1 }, { "off", 0 },
                                                 { "no", 0 }, { "0", 0 },   { NULL, 0 } };
    setting->number = 1;
    if (!text)
        return 0;
    for (const struct sockopt_word *word = words; word->word; word++) {
        if (strcasecmp(word->word, text) != 0)
            continue;
        setting->number = word->number;
        return 0;
    }
    return refuse(why, "is on or off");
}

static int64_t
most(const struct sockopt_row *row)
{
    return row->max != 0 ? row->max : INT_MAX;
}

static int
refuse_range(const struct sockopt_row *row, const char *unit, char *why)
{
    return refuse(why, "out of range: %" PRId64 " to %" PRId64 "%s", row->min, most(row), unit);
}

/* What a number can be: "dont want do, or 0 to 5". */
static int
refuse_number(const struct sockopt_row *row, char *why)
{
    const struct sockopt_word *word = sockopt_words_of(row);
    (void)refuse(why, "not a number:");
    for (; word && word->word; word++)
        text_add(why, SETTING_WHY_MAX, " %s", word->word);
    text_add(why, SETTING_WHY_MAX, "%s %" PRId64 " to %" PRId64, row->words != WORDS_NONE ? ", or" : "",
             row->min, most(row));
    return -1;
}

static int
read_int(const char *text, struct sockopt_setting *setting, char *why)
{
    const struct sockopt_row *row = setting->row;
    for (const struct sockopt_word *word = sockopt_words_of(row); word && word->word; word++) {
        if (strcasecmp(word->word, text) != 0)
            continue;
        setting->number = word->number;
        return 0;
    }
    bool is_negative = text[0] == '-';
    enum number_found found = number_whole(text + is_negative, NUMBER_DECIMAL_OR_HEX, &setting->number);
    if (found == NUMBER_NONSENSE)
        return refuse_number(row, why);
    if (is_negative)
        setting->number = -setting->number;
    if (found == NUMBER_HUGE || setting->number < row->min || setting->number > most(row))
        return refuse_range(row, "", why);
    return sockopt_is_step(row, setting->number) ? 0 : refuse(why, "not a multiple of %d", row->step);
}

static int
read_size(const char *text, struct sockopt_setting *setting, char *why)
{
    const struct sockopt_row *row = setting->row;
    enum number_found found = number_size(text, &setting->number);
    if (found == NUMBER_NONSENSE)
        return refuse(why, "not a size: use bytes, or a number with K, M or G");
    if (found == NUMBER_HUGE || setting->number < row->min || setting->number > most(row))
        return refuse_range(row, "", why);
    return 0;
}

static int
read_time(const char *text, struct sockopt_setting *setting, char *why)
{
    const struct sockopt_row *row = setting->row;
    if (row->kind == SOCKOPT_LINGER && strcasecmp(text, "off") == 0) {
        setting->number = -1;
        return 0;
    }
    enum number_found found = number_duration(text, &setting->number);
    if (found == NUMBER_NONSENSE)
        return refuse(why, "not a time: use seconds, or a number with ms, s, m or h%s",
                      row->kind == SOCKOPT_LINGER ? ", or off" : "");
    if (found == NUMBER_HUGE || setting->number < row->min || setting->number > most(row))
        return refuse_range(row, " ms", why);
    return 0;
}

static int
read_text(const char *text, const struct sockopt_setting *setting, char *why)
{
    if (*text == '\0' || strlen(text) > (size_t)setting->row->max)
        return refuse(why, "not a word of 1 to %" PRId64 " characters", setting->row->max);
    return 0;
}

static int
read_ports(const char *text, char *why)
{
    char low[8];
    int64_t first = 0, last = 0;
    size_t size = strcspn(text, "-");
    (void)snprintf(low, sizeof low, "%.*s", (int)size, text);
    if (text[size] == '\0' || size >= sizeof low ||
        number_whole(low, NUMBER_DECIMAL, &first) != NUMBER_FOUND ||
        number_whole(text + size + 1, NUMBER_DECIMAL, &last) != NUMBER_FOUND || first < 1 || last < first ||
        last > PORT_MAX)
        return refuse(why, "not a range of ports: LOW-HIGH, from 1 to %d", PORT_MAX);
    return 0;
}

static int
read_station(const char *text, char *why)
{
    char interface[IF_NAMESIZE];
    unsigned char mac[ETH_ALEN];
    return sockopt_station(text, interface, mac)
               ? 0
               : refuse(why, "not INTERFACE/MAC, as eth0/02:00:00:00:00:01");
}

static int
read_address(const char *text, char *why)
{
    struct host host;
    host_read(text, &host);
    return host.kind == HOST_IPV6 ? 0 : refuse(why, "not an IPv6 address");
}

static int
read_group(const char *text, const struct sockopt_setting *setting, char *why)
{
    struct group group;
    const char *problem = group_read(text, &group);
    if (problem)
        return refuse(why, "%s", problem);
    bool has_source = group.source.ss_family != AF_UNSPEC;
    if (has_source && setting->row->kind == SOCKOPT_GROUP)
        return refuse(why, "takes no source; that is join-source-group");
    if (!has_source && setting->row->kind == SOCKOPT_SOURCE)
        return refuse(why, "needs a source: %s", sockopt_kind_words(SOCKOPT_SOURCE));
    return 0;
}

static int
read_hex(const char *text, char *why)
{
    unsigned char bytes[HEX_MAX];
    if (*text == '\0' || strchr(text, ':') || sockopt_hex(text, bytes, sizeof bytes) < 0)
        return refuse(why, "not hexadecimal: two digits for each byte, at most %d bytes", HEX_MAX);
    return 0;
}

/* Read the value; NULL if there is none. */
static int
read_value(const char *text, struct sockopt_setting *setting, char *why)
{
    const struct sockopt_row *row = setting->row;
    setting->text = text;
    if (!text && row->kind != SOCKOPT_FLAG)
        return refuse(why, "needs a value: %s=%s", row->name, sockopt_kind_words(row->kind));
    switch (row->kind) {
    case SOCKOPT_FLAG:
        return read_flag(text, setting, why);
    case SOCKOPT_INT:
        return read_int(text, setting, why);
    case SOCKOPT_SIZE:
        return read_size(text, setting, why);
    case SOCKOPT_TIME:
    case SOCKOPT_LINGER:
        return read_time(text, setting, why);
    case SOCKOPT_TEXT:
        return read_text(text, setting, why);
    case SOCKOPT_PORTS:
        return read_ports(text, why);
    case SOCKOPT_INTERFACE:
        return group_is_interface(text) ? 0 : refuse(why, "not the name or the index of an interface");
    case SOCKOPT_STATION:
        return read_station(text, why);
    case SOCKOPT_ADDRESS:
        return read_address(text, why);
    case SOCKOPT_GROUP:
    case SOCKOPT_SOURCE:
        return read_group(text, setting, why);
    case SOCKOPT_HEX:
        break;
    }
    return read_hex(text, why);
}

/* --- names --- */

/* The level of a name, LEVEL_ANY if there is none of that name. */
static enum sockopt_level
level_named(const char *name, size_t size)
{
    enum sockopt_level level = LEVEL_KCM;
    while (level != LEVEL_ANY && (strncasecmp(sockopt_levels[level].name, name, size) != 0 ||
                                  sockopt_levels[level].name[size] != '\0'))
        level--;
    return level;
}

/* The names of the options of a level, or of all. */
static void
names_of(enum sockopt_level level, const char **names)
{
    size_t count = 0;
    for (const struct sockopt_row *row = sockopt_rows; *row->name; row++)
        for (size_t i = 0; i < SOCKOPT_PLACES_MAX && count + 1 + SOCKOPT_NAMES_MAX < NAMES_MAX; i++) {
            const struct sockopt_place *place = &row->at[i];
            if (place->level == LEVEL_ANY || (level != LEVEL_ANY && place->level != level))
                continue;
            names[count++] = row->name;
            const char *own = NULL;
            for (size_t k = 0; (own = sockopt_own_name(place, k)) != NULL; k++)
                names[count++] = own;
        }
    names[count] = NULL;
}

/* A name that is none, or that of several options. */
static int
refuse_name(const char *name, char *why)
{
    const char *names[NAMES_MAX];
    enum sockopt_level level;
    const struct sockopt_row *row = sockopt_next(NULL, name, &level);
    if (row)
        (void)refuse(why, "could be");
    for (; row; row = sockopt_next(row, name, &level))
        text_add(why, SETTING_WHY_MAX, " %s.%s", sockopt_levels[row->at[0].level].name, row->name);
    if (why[0] != '\0')
        return -1;
    const char *dot = strchr(name, '.');
    level = dot ? level_named(name, (size_t)(dot - name)) : LEVEL_ANY;
    names_of(level, names);
    const char *near = nearest(level != LEVEL_ANY ? dot + 1 : name, names);
    if (!near)
        return refuse(why, "no such socket option: see --sockopt list");
    return refuse(why, "no such socket option: did you mean %s%s%s?", sockopt_levels[level].name,
                  level != LEVEL_ANY ? "." : "", near);
}

/* --- options without a name --- */

/* A number up to a colon. Returns what stands behind the colon, or NULL. */
static const char *
read_number(const char *text, int *number)
{
    char word[NAME_MAX_SIZE];
    int64_t value = 0;
    size_t size = strcspn(text, ":");
    if (text[size] == '\0' || size >= sizeof word)
        return NULL;
    (void)snprintf(word, sizeof word, "%.*s", (int)size, text);
    if (number_whole(word, NUMBER_DECIMAL_OR_HEX, &value) != NUMBER_FOUND || value > INT_MAX)
        return NULL;
    *number = (int)value;
    return text + size + 1;
}

static int
read_phase(const char *text, enum sockopt_phase *phase, char *why)
{
    *phase = PHASE_OPENED;
    if (!text)
        return 0;
    for (int i = 0; sockopt_phase_names[i]; i++) {
        if (strcasecmp(sockopt_phase_names[i], text) != 0)
            continue;
        *phase = (enum sockopt_phase)i;
        return 0;
    }
    return refuse(why, "no such phase: opened, bound or connected");
}

static int
read_raw(const char *text, struct sockopt_setting *setting, char *why)
{
    unsigned char bytes[HEX_MAX];
    size_t size = strcspn(text, ":");
    enum sockopt_level level = level_named(text, size);
    const char *rest = text + size + 1;
    setting->raw.level = sockopt_levels[level].number;
    if (level == LEVEL_ANY)
        rest = read_number(text, &setting->raw.level);
    setting->text = rest ? read_number(rest, &setting->raw.option) : NULL;
    if (!setting->text)
        return refuse(why, "not LEVEL:NUMBER:HEX");
    if (sockopt_hex(setting->text, bytes, sizeof bytes) < 0)
        return refuse(why, "not hexadecimal: two digits for each byte, at most %d bytes", HEX_MAX);
    const char *phase = strchr(setting->text, ':');
    return read_phase(phase ? phase + 1 : NULL, &setting->raw.phase, why);
}

int
setting_read(const char *text, struct sockopt_setting *setting, char *why)
{
    char name[NAME_MAX_SIZE];
    size_t size = strcspn(text, "=:");
    *setting = (struct sockopt_setting){ .row = NULL };
    why[0] = '\0';
    if (text[size] == ':')
        return read_raw(text, setting, why);
    if (size == 0 || size >= sizeof name)
        return refuse(why, "no such socket option: see --sockopt list");
    (void)snprintf(name, sizeof name, "%.*s", (int)size, text);
    setting->row = sockopt_find(name, &setting->level);
    if (!setting->row)
        return refuse_name(name, why);
    if (*setting->row->instead)
        return refuse(why, "%s", setting->row->instead);
    return read_value(text[size] == '=' ? text + size + 1 : NULL, setting, why);
}

int
setting_read_group(const char *text, struct sockopt_setting *setting, char *why)
{
    *setting = (struct sockopt_setting){ .row = NULL };
    setting->row = sockopt_find(strchr(text, ',') ? "join-source-group" : "join-group", &setting->level);
    return read_value(text, setting, why);
}
