#include "domain/inet_dccp.h"

#include "base/number.h"
#include <string.h>
#include <sys/socket.h>

/* From linux/dccp.h, which older systems lack; and the level. */
enum { DCCP_LEVEL = 269, DCCP_GET_CUR_MPS = 5 };

/* RFC 4340 section 8.1.2. */
static const char code_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+.*/?@";

/* Four characters; fewer are filled up with blanks. */
static bool
read_characters(const char *text, uint32_t *code)
{
    size_t length = strlen(text);
    if (length == 0 || length > 4 || strspn(text, code_characters) != length)
        return false;
    *code = 0;
    for (size_t i = 0; i < 4; i++)
        *code = *code << 8 | (unsigned char)(i < length ? text[i] : ' ');
    return true;
}

/* RFC 4340: 4294967295 is no service. */
static bool
read_number(const char *text, unsigned base, uint32_t *code)
{
    int64_t number = 0;
    if (number_whole(text, base, &number) != NUMBER_FOUND || number >= UINT32_MAX)
        return false;
    *code = (uint32_t)number;
    return true;
}

bool
dccp_service(const char *text, uint32_t *code)
{
    bool has_prefix = (text[0] == 'S' || text[0] == 's') && (text[1] == 'C' || text[1] == 'c');
    if (has_prefix && text[2] == ':')
        return read_characters(text + 3, code);
    if (has_prefix && text[2] == '=' && (text[3] == 'x' || text[3] == 'X'))
        return read_number(text + 4, 16, code);
    if (has_prefix && text[2] == '=')
        return read_number(text + 3, NUMBER_DECIMAL, code);
    if (text[number_digits(text)] == '\0')
        return read_number(text, NUMBER_DECIMAL, code);
    return strlen(text) == 4 && read_characters(text, code);
}

size_t
dccp_message_max(int fd)
{
    int bytes = 0;
    socklen_t size = sizeof bytes;
    bool is_known = getsockopt(fd, DCCP_LEVEL, DCCP_GET_CUR_MPS, &bytes, &size) == 0 && bytes > 0;
    return is_known ? (size_t)bytes : SIZE_MAX;
}
