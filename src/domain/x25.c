#include "domain/x25.h"

#include "base/number.h"
#include "domain/unsent.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h> /* linux/x25.h needs sa_family_t */

#include <linux/x25.h>

enum {
    DIGITS_MAX = sizeof((struct x25_address *)NULL)->x25_addr - 1,

    /*
     * Nobody may send a record of more than 65535 bytes (x25_sendmsg), but a much shorter one never arrives: the
     * receiving kernel keeps its packets until the last is there, counts each with all its overhead, and sends
     * "not ready" for ever once they take half of the receive buffer (x25_queue_rx_frame). With packets of 128
     * bytes and a buffer of the usual size, that is near 17 kB; half of it leaves room for another record.
     */
    RECORD_MAX = 8192,
};

/* The number of a listener that takes calls to any (null_x25_address). */
static const char any_number[] = "               ";

static int
x25_read(const struct resolve_query *query, struct address *address, struct fault *fault)
{
    const char *number = query->target.host;
    bool is_far = query->purpose == PURPOSE_CONNECT;
    if (!number && is_far)
        return fault_say(fault, STATUS_USAGE, "connecting needs a NUMBER", "missing operand");
    if (!number || (!is_far && strcmp(number, "*") == 0))
        number = any_number;
    else if (*number == '\0' || number[number_digits(number)] != '\0' || strlen(number) > DIGITS_MAX)
        return fault_say(fault, STATUS_USAGE,
                         is_far ? "an X.25 address is 1 to 15 digits"
                                : "an X.25 address is 1 to 15 digits, or *",
                         "address %s", *number ? number : "\"\"");
    struct sockaddr_x25 name = { .sx25_family = AF_X25 };
    memcpy(name.sx25_addr.x25_addr, number, strlen(number));
    *address = (struct address){ .length = sizeof name };
    memcpy(&address->name, &name, sizeof name);
    return 0;
}

/* A caller need not say its number, and the network may take it out. */
static void
x25_format(const struct address *address, struct address_text *text)
{
    struct sockaddr_x25 name = { .sx25_family = AF_X25 };
    memcpy(&name, &address->name, address->length < sizeof name ? address->length : sizeof name);
    name.sx25_addr.x25_addr[DIGITS_MAX] = '\0';
    const char *number = name.sx25_addr.x25_addr;
    const char *word = strcmp(number, any_number) == 0 ? "*" : *number ? number : "unnamed";
    (void)snprintf(text->host, sizeof text->host, "%s", word);
    text->port[0] = '\0';
}

/* connect(2) refuses a socket without an address; with this one the call says no number (x25_connect). */
static int
x25_bind_for_answers(int fd, const struct type *type, const struct address *remote, struct fault *fault)
{
    (void)type;
    (void)remote;
    struct sockaddr_x25 name = { .sx25_family = AF_X25 };
    memcpy(name.sx25_addr.x25_addr, any_number, sizeof any_number);
    if (bind(fd, (const struct sockaddr *)&name, sizeof name) == 0)
        return 0;
    return fault_set(fault, STATUS_CONNECT, "bind to *");
}

static uint64_t
x25_unsettled(int fd, const struct type *type)
{
    (void)type;
    return unsent(fd);
}

/* ITU-T X.25, table 5-7. */
static const struct {
    unsigned char cause;
    const char *help;
} causes[] = {
    { 0x01, "number busy" },
    { 0x03, "invalid facility request" },
    { 0x05, "network congestion" },
    { 0x09, "out of order" },
    { 0x0b, "access barred" },
    { 0x0d, "not obtainable" },
    { 0x11, "remote procedure error" },
    { 0x13, "local procedure error" },
    { 0x15, "RPOA out of order" },
    { 0x19, "reverse charging not accepted" },
    { 0x21, "incompatible destination" },
    { 0x29, "fast select not accepted" },
    { 0x39, "ship absent" },
};

/* The other side itself clears with cause 0, or with the highest bit set; all other causes are the network's. */
static bool
x25_ended_badly(int fd, char *words, size_t size)
{
    enum { DTE_CAUSE = 0x80 };
    if (unsent_unread(fd, words, size))
        return true;
    struct x25_causediag why = { .cause = 0 };
    if (ioctl(fd, SIOCX25GCAUSEDIAG, &why) < 0 || why.cause == 0 || why.cause & DTE_CAUSE)
        return false;
    const char *help = "not known";
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (causes[i].cause == why.cause)
            help = causes[i].help;
    (void)snprintf(words, size, "the call was cleared, cause 0x%02x (%s), diagnostic %u", (unsigned)why.cause,
                   help, (unsigned)why.diagnostic);
    return true;
}

static size_t
x25_message_max(int fd, const struct type *type)
{
    (void)fd;
    (void)type;
    return RECORD_MAX;
}

/* send(2) without MSG_EOR is EINVAL (x25_sendmsg). A full buffer cuts a record between two packets (x25_output). */
static const struct type calls = {
    .name = "seqpacket",
    .value = SOCK_SEQPACKET,
    .unit = UNIT_MESSAGES,
    .no_flags = MSG_NOSIGNAL,
    .accepts = true,
    .continues = true,
    .unread_lost = true,
    .send_flags = MSG_EOR,
    .end_error = ENOTCONN,
    .help = "calls, which keep records apart",
};

static const struct type *const types[] = { &calls, NULL };

const struct domain x25_domain = {
    .name = "x25",
    .aliases = "x.25",
    .family = AF_X25,
    .kernel = "CONFIG_X25, module x25, in the first network namespace",
    .types = types,
    .address_optional = true,
    .operands = "NUMBER",
    .help = "X.25 calls to a number of up to 15 digits",
    .read = x25_read,
    .format = x25_format,
    .bind_for_answers = x25_bind_for_answers,
    .unsettled = x25_unsettled,
    .ended_badly = x25_ended_badly,
    .message_max = x25_message_max,
};
