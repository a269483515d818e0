#include "domain/interface.h"

#include <stdio.h>
#include <string.h>

int
interface_check(const char *name, size_t length, struct fault *fault)
{
    if (length > 0 && length < IF_NAMESIZE && strcspn(name, " \t\n/") >= length)
        return 0;
    return fault_say(fault, STATUS_USAGE, "the name of an interface is 1 to 15 characters", "interface %.*s",
                     (int)(length > 0 ? length : 2), length > 0 ? name : "\"\"");
}

int
interface_index(const char *name, size_t length, int *index, struct fault *fault)
{
    char copy[IF_NAMESIZE];
    if (interface_check(name, length, fault) < 0)
        return -1;
    (void)snprintf(copy, sizeof copy, "%.*s", (int)length, name);
    unsigned found = if_nametoindex(copy);
    if (found == 0)
        return fault_set(fault, STATUS_LOOKUP, "lookup of interface %s", copy);
    *index = (int)found;
    return 0;
}

void
interface_name(int index, char *name, size_t size)
{
    char found[IF_NAMESIZE];
    if (index == 0)
        (void)snprintf(name, size, "any");
    else if (if_indextoname((unsigned)index, found))
        (void)snprintf(name, size, "%s", found);
    else
        (void)snprintf(name, size, "%d", index);
}
