/* A socket option as the user types it: NAME[=VALUE], or LEVEL:NUMBER:HEX[:PHASE] for one without a name. */
#ifndef SKT_REQUEST_SETTING_H
#define SKT_REQUEST_SETTING_H

#include "dial/sockopt.h"
#include <stddef.h>

/* Room for why a setting is refused. */
enum { SETTING_WHY_MAX = 256 };

/*
 * Read a setting, which then points into `text`. Opens nothing and looks nothing up.
 * Returns 0, or -1 with what would be right in `why`, of SETTING_WHY_MAX bytes.
 */
int setting_read(const char *text, struct sockopt_setting *setting, char *why);

/* The same of GROUP[@INTERFACE][,SOURCE]: to hear that group. */
int setting_read_group(const char *text, struct sockopt_setting *setting, char *why);

#endif
