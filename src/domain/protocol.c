#include "domain/protocol.h"

#include "domain/name.h"
#include <stddef.h>
#include <string.h>

int
protocol_number(const struct protocol *rows, const char *name)
{
    for (; rows->name; rows++)
        if (name_equals(name, strlen(name), rows->name))
            return rows->number;
    return -1;
}

const char *
protocol_name(const struct protocol *rows, int number)
{
    for (; rows->name; rows++)
        if (rows->number == number)
            return rows->name;
    return NULL;
}
