/*
 * The value of an option, read by the kind of its row (option.h) and put where that says.
 *
 * All that return int return 0, or -1 with STATUS_USAGE: the option and the value as typed, and what would be right.
 */
#ifndef SKT_REQUEST_VALUE_H
#define SKT_REQUEST_VALUE_H

#include "request/command.h"

/* Store the value of an option, or that it was given (text NULL). text outlives the request. */
int value_set(struct command *command, const struct option_row *row, const char *text, struct fault *fault);

/* --- inside: what value.c takes from value_number.c and value_sockopt.c ------------------------------------------ */

/* Store a number in the row's field and in its socket option, or a text, which is lent, in its field. */
int value_store_number(struct command *command, const struct option_row *row, int64_t number,
                       struct fault *fault);
void value_store_text(struct command *command, const struct option_row *row, const char *text);

/* Readers of kinds: numbers, octal ones, times and sizes; rates; words of the row, or numbers in their place. */
int value_read_number(struct command *command, const struct option_row *row, const char *text,
                      struct fault *fault);
int value_read_rate(struct command *command, const struct option_row *row, const char *text,
                    struct fault *fault);
int value_read_choice(struct command *command, const struct option_row *row, const char *text,
                      struct fault *fault);

/* The same for --sockopt, for groups to join, and for DCCP's codes of services. */
int value_read_sockopt(struct command *command, const struct option_row *row, const char *text,
                       struct fault *fault);
int value_read_group(struct command *command, const struct option_row *row, const char *text,
                     struct fault *fault);
int value_read_service(struct command *command, const struct option_row *row, const char *text,
                       struct fault *fault);

/* Add the setting of the row's own socket option. A later one takes the place of an earlier one. */
int value_add_sockopt(struct command *command, const struct option_row *row, int64_t value,
                      struct fault *fault);

#endif
