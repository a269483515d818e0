#include "domain/atmpvc.h"

#include "base/number.h"
#include "domain/field.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h> /* linux/atm.h needs sa_family_t */

#include <linux/atm.h>

#ifndef SOL_ATM
#define SOL_ATM 264
#endif

/* What the address of a circuit may be: 16 bits each, though interfaces have fewer (12 and 16 at an NNI). */
enum { INTERFACE_MAX = 32767, VPI_MAX = 4095, VCI_MAX = 65535 };

static const struct protocol layers[] = { { "aal5", ATM_AAL5 }, { "aal0", ATM_AAL0 }, { NULL, 0 } };

/* A number or, for any, *: which is -1 in all three parts. */
static bool
read_part(const char **text, int64_t max, int *part)
{
    int64_t number = 0;
    if (**text == '*') {
        *part = ATM_ITF_ANY;
        ++*text;
        return true;
    }
    if (strncasecmp(*text, "0x", 2) == 0 || !field_number(text, ".", NUMBER_DECIMAL_OR_HEX, max, &number))
        return false;
    *part = (int)number;
    return true;
}

static bool
read_circuit(const char *text, struct sockaddr_atmpvc *name)
{
    const char *first = strchr(text, '.');
    int interface = 0, vpi = 0, vci = 0;
    if (first && strchr(first + 1, '.') &&
        (!read_part(&text, INTERFACE_MAX, &interface) || !field_mark(&text, ".")))
        return false;
    if (!read_part(&text, VPI_MAX, &vpi) || !field_mark(&text, ".") || !read_part(&text, VCI_MAX, &vci) ||
        *text != '\0')
        return false;
    name->sap_addr.itf = (short)interface;
    name->sap_addr.vpi = (short)vpi;
    name->sap_addr.vci = vci;
    return true;
}

static int
atmpvc_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *word = query->target.host;
    struct sockaddr_atmpvc name = { .sap_family = AF_ATMPVC };
    if (query->protocol != 0 && query->protocol != ATM_AAL5 && query->protocol != ATM_AAL0)
        return fault_say(fault, STATUS_USAGE, "an adaptation layer is aal5 or aal0", "protocol %d",
                         query->protocol);
    if (query->purpose == PURPOSE_SOURCE)
        return fault_say(fault, STATUS_USAGE, "a circuit has one address, the operand", "-s %s",
                         word ? word : "");
    if (!word || !read_circuit(word, &name))
        return fault_say(fault, STATUS_USAGE,
                         "a circuit is [INTERFACE.]VPI.VCI, up to 32767.4095.65535, or *", "address %s",
                         word && *word ? word : "\"\"");
    *address = (struct address){ .length = sizeof name };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

static char *
write_part(int part, char *text, size_t size)
{
    if (part < 0)
        (void)snprintf(text, size, "*");
    else
        (void)snprintf(text, size, "%d", part);
    return text;
}

static void
atmpvc_format(const struct address *address, struct address_text *text)
{
    struct sockaddr_atmpvc name;
    char interface[12], vpi[12], vci[12];
    memcpy(&name, &address->name, sizeof name);
    (void)snprintf(
        text->host, sizeof text->host, "%s.%s.%s", write_part(name.sap_addr.itf, interface, sizeof interface),
        write_part(name.sap_addr.vpi, vpi, sizeof vpi), write_part(name.sap_addr.vci, vci, sizeof vci));
    text->port[0] = '\0';
}

/* Without a quality of service bind(2) and connect(2) are EBADFD. The kernel takes the layer's largest message. */
static int
atmpvc_prepare(int fd, const struct type *type, int protocol, enum status status, struct fault *fault)
{
    (void)type;
    const struct atm_qos qos = {
        .aal = (unsigned char)(protocol == 0 ? ATM_AAL5 : protocol),
        .txtp = { .traffic_class = ATM_UBR },
        .rxtp = { .traffic_class = ATM_UBR },
    };
    if (setsockopt(fd, SOL_ATM, SO_ATMQOS, &qos, sizeof qos) == 0)
        return 0;
    return fault_set(fault, status, "socket option SO_ATMQOS");
}

static size_t
atmpvc_message_max(int fd, const struct type *type)
{
    (void)type;
    struct atm_qos qos;
    socklen_t size = sizeof qos;
    if (getsockopt(fd, SOL_ATM, SO_ATMQOS, &qos, &size) < 0 || qos.txtp.max_sdu <= 0)
        return SIZE_MAX;
    return (size_t)qos.txtp.max_sdu;
}

/* Neither end knows of the other; send(2) with an address is EISCONN, and recv(2) with another flag EOPNOTSUPP. */
static const struct type circuit_type = {
    .name = "dgram",
    .value = SOCK_DGRAM,
    .unit = UNIT_MESSAGES,
    .no_empty = true,
    .paired = true,
    .no_flags = MSG_NOSIGNAL | MSG_TRUNC,
    .help = "messages of a circuit",
};

static const struct type *const types[] = { &circuit_type, NULL };

const struct domain atmpvc_domain = {
    .name = "atmpvc",
    .aliases = "atm pvc",
    .family = AF_ATMPVC,
    .kernel = "CONFIG_ATM, module atm, in the first network namespace",
    .types = types,
    .operands = "[INTERFACE.]VPI.VCI",
    .help = "ATM, permanent circuits",
    .read = atmpvc_read,
    .format = atmpvc_format,
    .protocols = layers,
    .prepare = atmpvc_prepare,
    .message_max = atmpvc_message_max,
};
