#include "domain/host.h"

#include "base/number.h"
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void
host_bad(struct host *host, const char *problem)
{
    host->kind = HOST_BAD;
    host->problem = problem;
}

/* Read `length` bytes of IPv6 text without brackets. */
static void
read_ipv6(const char *text, size_t length, struct host *host)
{
    char address[HOST_LENGTH_MAX + 1];
    memcpy(address, text, length);
    address[length] = '\0';
    char *percent = strchr(address, '%');
    if (percent)
        *percent++ = '\0';
    if (inet_pton(AF_INET6, address, &host->ipv6) != 1) {
        host_bad(host, "not an IPv6 address, and names have no colon");
        return;
    }
    host->kind = HOST_IPV6;
    if (!percent)
        return;
    size_t scope = strlen(percent);
    if (scope == 0 || scope >= sizeof host->scope || strpbrk(percent, "%[]/"))
        host_bad(host, "after % comes the name or the index of an interface");
    else
        memcpy(host->scope, percent, scope + 1);
}

/* As the URL Standard has it: the last label, leaving out one dot at the end, is decimal or 0x and hex. */
static bool
ends_in_number(const char *text)
{
    size_t end = strlen(text);
    if (end > 0 && text[end - 1] == '.')
        end--;
    size_t start = end;
    while (start > 0 && text[start - 1] != '.')
        start--;
    const char *label = text + start;
    size_t length = end - start;
    if (length == 0)
        return false;
    if (number_digits(label) >= length)
        return true;
    return length >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X') &&
           2 + strspn(label + 2, "0123456789abcdefABCDEF") >= length;
}

static bool
has_blank_or_control(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c <= ' ' || *c == 0x7f)
            return true;
    }
    return false;
}

void
host_read(const char *text, struct host *host)
{
    memset(host, 0, sizeof *host);
    host->kind = HOST_NAME;
    size_t length = strlen(text);
    if (length == 0)
        host_bad(host, "empty; an address or a name is needed");
    else if (length > HOST_LENGTH_MAX)
        host_bad(host, "longer than 255 characters");
    else if (has_blank_or_control(text))
        host_bad(host, "an address or a name has no blanks or control characters");
    else if (text[0] == '[' && text[length - 1] == ']' && memchr(text, ':', length))
        read_ipv6(text + 1, length - 2, host);
    else if (strchr(text, '[') || strchr(text, ']'))
        host_bad(host, "brackets go around an IPv6 address");
    else if (strchr(text, ':'))
        read_ipv6(text, length, host);
    else if (inet_pton(AF_INET, text, &host->ipv4) == 1)
        host->kind = HOST_IPV4;
    else if (ends_in_number(text))
        host_bad(host, "not an IPv4 address, which is four numbers of 0 to 255 with dots");
}
