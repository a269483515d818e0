/*
 * Names of files for what comes in, from a template: %t is the time, as 20261127T124210Z, %p the peer, %n the number of
 * the connection, %% a percent sign. Pure. Whatever the peer is called, it is one word of harmless characters.
 */
#ifndef SKT_ENDPOINT_INTAKE_NAME_H
#define SKT_ENDPOINT_INTAKE_NAME_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define INTAKE_NAME_USUAL "%t-%p-%n"

enum { INTAKE_TEMPLATE_MAX = 100, INTAKE_NAME_SIZE = 256 };

/* NULL if it is a template, or what is wrong with it, in words. */
const char *intake_name_problem(const char *template);

struct intake_facts {
    time_t time;
    const char *peer;
    uint64_t number;
};

/* The name by a template without a problem. It fits, with room for what is put behind it when somebody has it. */
void intake_name_make(const char *template, const struct intake_facts *facts, char name[INTAKE_NAME_SIZE]);

#endif
