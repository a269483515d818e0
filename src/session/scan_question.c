#include "session/scan_question.h"

#include <string.h>

struct question {
    uint16_t port;
    const char *bytes;
    size_t size;      /* of bytes */
    size_t full_size; /* of the question, filled up with zeros; 0: size */
};

#define BYTES(text) .bytes = (text), .size = sizeof(text) - 1

/* "version.bind", class CHAOS, as text: every name server answers something (RFC 1035, RFC 4892) */
#define DNS "\0\1\1\0\0\1\0\0\0\0\0\0\7version\4bind\0\0\20\0\3"

/* clang-format off */
static const struct question questions[] = {
    { .port = 53, BYTES(DNS) },
    /* a read request for a file that is not there: RFC 1350 */
    { .port = 69, BYTES("\0\1skt-scan\0octet\0") },
    /* procedure 0 of the portmapper, which does nothing: RFC 1833 */
    { .port = 111, BYTES("skt0\0\0\0\0\0\0\0\2\0\1\206\240\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
    /* a client's packet, version 4: RFC 5905 */
    { .port = 123, BYTES("\43"), .full_size = 48 },
    /* status of all names: RFC 1002 section 4.2.17 */
    { .port = 137, BYTES("\0\1\0\0\0\1\0\0\0\0\0\0 CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0\0\41\0\1") },
    /* get sysDescr.0, community public, version 1: RFC 1157 */
    { .port = 161, BYTES("0\46\2\1\0\4\6public\240\31\2\1\1\2\1\0\2\1\0000\0160\14\6\10\53\6\1\2\1\1\1\0\5\0") },
    /* the root's entry over CLDAP: RFC 4511, with objectClass present */
    { .port = 389, BYTES("0\45\2\1\1c \4\0\n\1\0\n\1\0\2\1\0\2\1\0\1\1\0\207\13objectClass0\0") },
    /* a version that nobody has, which is answered by those that there are: RFC 9000 section 6 */
    { .port = 443, BYTES("\300\32\32\32\32\10sktscan0\10sktscan1"), .full_size = 1200 },
    /* discovery, which is answered to the sender alone */
    { .port = 1900, BYTES("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
                          "MAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n") },
    /* a binding request: RFC 8489 */
    { .port = 3478, BYTES("\0\1\0\0\41\22\244\102sktscansktsc") },
    { .port = 5060, BYTES("OPTIONS sip:scan@localhost SIP/2.0\r\nVia: SIP/2.0/UDP localhost;branch=z9hG4bKskt;rport\r\n"
                          "Max-Forwards: 70\r\nTo: <sip:scan@localhost>\r\nFrom: <sip:scan@localhost>;tag=skt\r\n"
                          "Call-ID: skt\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n") },
    { .port = 5353, BYTES("\0\1\0\0\0\1\0\0\0\0\0\0\11_services\7_dns-sd\4_udp\5local\0\0\14\0\1") },
    /* an empty message that has to be confirmed: the ping of RFC 7252 section 4.3 */
    { .port = 5683, BYTES("@\0\0\1") },
    { .port = 11211, BYTES("\0\1\0\0\0\1\0\0version\r\n") },
    { .port = 0, BYTES("X") },
};
/* clang-format on */

size_t
scan_question(uint16_t port, unsigned char *bytes)
{
    const struct question *question = questions;
    while (question->port != 0 && question->port != port)
        question++;
    size_t size = question->full_size > 0 ? question->full_size : question->size;
    memset(bytes, 0, size);
    memcpy(bytes, question->bytes, question->size);
    return size;
}
