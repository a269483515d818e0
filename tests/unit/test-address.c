/* Addresses of one word: X.25, AX.25, ATM circuits, AppleTalk and IPX. */
#include "domain/appletalk.h"
#include "domain/atmpvc.h"
#include "domain/ax25.h"
#include "domain/callsign.h"
#include "domain/ipx.h"
#include "base/number.h"
#include "domain/field.h"
#include "domain/x25.h"
#include "tap.h"

#include <string.h>

static int
reads(const struct domain *domain, enum purpose purpose, const char *word, int protocol,
      struct address *address, struct fault *fault)
{
    const struct resolve_query query = {
        .family = domain->family,
        .target = { .host = word },
        .purpose = purpose,
        .type = domain->types[0],
        .protocol = protocol,
    };
    *address = (struct address){ .length = 0 };
    return domain->read(&query, address, fault);
}

struct good_row {
    const struct domain *domain;
    enum purpose purpose;
    const char *word; /* NULL: none */
    const char *text; /* as it is printed */
    const char *spelled;
};

static const struct good_row good_rows[] = {
    { &x25_domain, PURPOSE_CONNECT, "2", "2", "x25:2" },
    { &x25_domain, PURPOSE_CONNECT, "208012345678901", "208012345678901", "x25:208012345678901" },
    { &x25_domain, PURPOSE_LISTEN, "00", "00", "x25:00" },
    { &x25_domain, PURPOSE_LISTEN, "*", "*", "x25:*" },
    { &x25_domain, PURPOSE_LISTEN, NULL, "*", "x25:*" },
    { &x25_domain, PURPOSE_SOURCE, "*", "*", "x25:*" },
    { &ax25_domain, PURPOSE_CONNECT, "n0call", "N0CALL", "ax25:N0CALL" },
    { &ax25_domain, PURPOSE_CONNECT, "A-0", "A", "ax25:A" },
    { &ax25_domain, PURPOSE_CONNECT, "DL1ABC-15", "DL1ABC-15", "ax25:DL1ABC-15" },
    { &ax25_domain, PURPOSE_CONNECT, "a,b-1,c-07", "A,B-1,C-7", "ax25:A" },
    { &ax25_domain, PURPOSE_CONNECT, " a via b-1 c", "A,B-1,C", "ax25:A" },
    { &ax25_domain, PURPOSE_CONNECT, "a v b", "A,B", "ax25:A" },
    { &ax25_domain, PURPOSE_CONNECT, "via", "VIA", "ax25:VIA" },
    { &ax25_domain, PURPOSE_CONNECT, "x,1,2,3,4,5,6,7,8", "X,1,2,3,4,5,6,7,8", "ax25:X" },
    { &ax25_domain, PURPOSE_LISTEN, "a,*", "A,*", "ax25:A" },
    { &ax25_domain, PURPOSE_SOURCE, "a via b-2", "A,B-2", "ax25:A" },
    { &atmpvc_domain, PURPOSE_CONNECT, "0.100", "0.0.100", "atmpvc:0.0.100" },
    { &atmpvc_domain, PURPOSE_CONNECT, "32767.4095.65535", "32767.4095.65535", "atmpvc:32767.4095.65535" },
    { &atmpvc_domain, PURPOSE_LISTEN, "*.1.*", "*.1.*", "atmpvc:*.1.*" },
    { &appletalk_domain, PURPOSE_CONNECT, "1000.42:128", "1000.42:128", "appletalk:1000.42:128" },
    { &appletalk_domain, PURPOSE_CONNECT, "0x1f6b.0x77:254", "8043.119:254", "appletalk:8043.119:254" },
    { &appletalk_domain, PURPOSE_CONNECT, "31.107.119:4", "8043.119:4", "appletalk:8043.119:4" },
    { &appletalk_domain, PURPOSE_CONNECT, "0.255:2", "0.255:2", "appletalk:0.255:2" },
    { &appletalk_domain, PURPOSE_LISTEN, NULL, "0.0:0", "appletalk:0.0:0" },
    { &appletalk_domain, PURPOSE_LISTEN, "*", "0.0:0", "appletalk:0.0:0" },
    { &appletalk_domain, PURPOSE_LISTEN, ":7", "0.0:7", "appletalk:0.0:7" },
    { &appletalk_domain, PURPOSE_LISTEN, "*:7", "0.0:7", "appletalk:0.0:7" },
    { &appletalk_domain, PURPOSE_SOURCE, "1.2", "1.2:0", "appletalk:1.2:0" },
    { &ipx_domain, PURPOSE_CONNECT, "1234:1:4001", "00001234:000000000001:4001",
      "ipx:00001234:000000000001:4001" },
    { &ipx_domain, PURPOSE_CONNECT, "FFFFFFFF:ffffffffffff/FFFF", "FFFFFFFF:FFFFFFFFFFFF:FFFF",
      "ipx:FFFFFFFF:FFFFFFFFFFFF:FFFF" },
    { &ipx_domain, PURPOSE_CONNECT, "0.1b.c", "00000000:00000000001B:000C",
      "ipx:00000000:00000000001B:000C" },
    { &ipx_domain, PURPOSE_LISTEN, "4001", "00000000:000000000000:4001", "ipx:00000000:000000000000:4001" },
    { &ipx_domain, PURPOSE_LISTEN, NULL, "00000000:000000000000:0000", "ipx:00000000:000000000000:0000" },
};

static void
good_words_are_read(void)
{
    for (size_t i = 0; i < sizeof good_rows / sizeof good_rows[0]; i++) {
        const struct good_row *row = &good_rows[i];
        const char *name = row->word ? row->word : "nothing";
        struct fault fault = { .why = "" };
        struct address address, again;
        struct address_text text = { .host = "" };
        char word[64] = "";
        if (reads(row->domain, row->purpose, row->word, 0, &address, &fault) != 0) {
            is_text(fault.why, "", "%s: %s is an address", row->domain->name, name);
            continue;
        }
        row->domain->format(&address, &text);
        is_text(text.host, row->text, "%s: %s is printed as it is meant", row->domain->name, name);
        is_text(text.port, "", "without a port");
        domain_spell(row->domain, &address, row->domain->types[0], word, sizeof word);
        is_text(word, row->spelled, "and spelled as others call it");
        ok(reads(row->domain, row->purpose, text.host, 0, &again, &fault) == 0 &&
               again.length == address.length && memcmp(&again.name, &address.name, again.length) == 0,
           "what is printed is read as the same address");
        ok(domain_same(row->domain, &address, &again), "which is the same end");
    }
}

struct bad_row {
    const struct domain *domain;
    enum purpose purpose;
    const char *word;
    const char *what, *why;
    int protocol;
};

#define X25_WHY "an X.25 address is 1 to 15 digits"
#define CALL_WHY "a callsign is up to 6 letters and digits, and -0 to -15"
#define ATM_WHY "a circuit is [INTERFACE.]VPI.VCI, up to 32767.4095.65535, or *"
#define AT_WHY "an AppleTalk address is NET.NODE:SOCKET, up to 65535.255:254"
#define AT_OWN_WHY "an AppleTalk address is NET.NODE:SOCKET, NET.NODE or :SOCKET, up to 65535.255:254"
#define IPX_WHY "an IPX address is NETWORK:NODE:PORT, of up to 8, 12 and 4 hexadecimal digits"

static const struct bad_row bad_rows[] = {
    { &x25_domain, PURPOSE_CONNECT, "", "address \"\"", X25_WHY, 0 },
    { &x25_domain, PURPOSE_CONNECT, "12a", "address 12a", X25_WHY, 0 },
    { &x25_domain, PURPOSE_CONNECT, "1234567890123456", "address 1234567890123456", X25_WHY, 0 },
    { &x25_domain, PURPOSE_CONNECT, "*", "address *", X25_WHY, 0 },
    { &x25_domain, PURPOSE_LISTEN, "+1", "address +1", X25_WHY ", or *", 0 },
    { &x25_domain, PURPOSE_CONNECT, NULL, "missing operand", "connecting needs a NUMBER", 0 },
    { &ax25_domain, PURPOSE_CONNECT, "", "address \"\"", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, ",", "address ,", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "a via", "address a via", "after via comes a digipeater", 0 },
    { &ax25_domain, PURPOSE_CONNECT, "a", "protocol 256", "a PID is 1 to 255", 256 },
    { &ax25_domain, PURPOSE_CONNECT, NULL, "address \"\"", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "toolong", "address toolong", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "a-16", "address a-16", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "a-", "address a-", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "a-1-2", "address a-1-2", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "-1", "address -1", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "a.b", "address a.b", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "a,*", "address a,*", CALL_WHY, 0 },
    { &ax25_domain, PURPOSE_CONNECT, "x,1,2,3,4,5,6,7,8,9", "address x,1,2,3,4,5,6,7,8,9",
      "a path has at most 8 digipeaters", 0 },
    { &ax25_domain, PURPOSE_LISTEN, "a,b,c", "address a,b,c", "an address of our own is CALL, or CALL,DEVICE",
      0 },
    { &atmpvc_domain, PURPOSE_CONNECT, "100", "address 100", ATM_WHY, 0 },
    { &atmpvc_domain, PURPOSE_CONNECT, "1.2.3.4", "address 1.2.3.4", ATM_WHY, 0 },
    { &atmpvc_domain, PURPOSE_CONNECT, "0.65536", "address 0.65536", ATM_WHY, 0 },
    { &atmpvc_domain, PURPOSE_CONNECT, "4096.1", "address 4096.1", ATM_WHY, 0 },
    { &atmpvc_domain, PURPOSE_CONNECT, "0x1.1", "address 0x1.1", ATM_WHY, 0 },
    { &atmpvc_domain, PURPOSE_CONNECT, "0.?", "address 0.?", ATM_WHY, 0 },
    { &atmpvc_domain, PURPOSE_CONNECT, "0.", "address 0.", ATM_WHY, 0 },
    { &atmpvc_domain, PURPOSE_SOURCE, "0.1", "-s 0.1", "a circuit has one address, the operand", 0 },
    { &atmpvc_domain, PURPOSE_CONNECT, "0.1", "protocol 1", "an adaptation layer is aal5 or aal0", 1 },
    { &appletalk_domain, PURPOSE_CONNECT, "1000.42", "address 1000.42", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, ":1", "address :1", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, "1.2:0", "address 1.2:0", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, "1.2:255", "address 1.2:255", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, "65536.1:1", "address 65536.1:1", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, "1.256:1", "address 1.256:1", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, "256.1.1:1", "address 256.1.1:1", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, "1.2:3x", "address 1.2:3x", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, "1.0x:1", "address 1.0x:1", AT_WHY, 0 },
    { &appletalk_domain, PURPOSE_LISTEN, "*7", "address *7", AT_OWN_WHY, 0 },
    { &appletalk_domain, PURPOSE_LISTEN, "", "address \"\"", AT_OWN_WHY, 0 },
    { &appletalk_domain, PURPOSE_CONNECT, NULL, "missing operand", "connecting needs NET.NODE:SOCKET", 0 },
    { &appletalk_domain, PURPOSE_LISTEN, NULL, "protocol 256", "a DDP type is 1 to 255", 256 },
    { &ipx_domain, PURPOSE_CONNECT, "4001", "address 4001", IPX_WHY, 0 },
    { &ipx_domain, PURPOSE_CONNECT, "1:2", "address 1:2", IPX_WHY, 0 },
    { &ipx_domain, PURPOSE_CONNECT, "1:2:3:4", "address 1:2:3:4", IPX_WHY, 0 },
    { &ipx_domain, PURPOSE_CONNECT, "1:2:10000", "address 1:2:10000", IPX_WHY, 0 },
    { &ipx_domain, PURPOSE_CONNECT, "100000000:2:3", "address 100000000:2:3", IPX_WHY, 0 },
    { &ipx_domain, PURPOSE_CONNECT, "1:1000000000000:3", "address 1:1000000000000:3", IPX_WHY, 0 },
    { &ipx_domain, PURPOSE_CONNECT, "1:0x2:3", "address 1:0x2:3", IPX_WHY, 0 },
    { &ipx_domain, PURPOSE_LISTEN, "4001g", "address 4001g", IPX_WHY ", or PORT", 0 },
    { &ipx_domain, PURPOSE_CONNECT, NULL, "missing operand", "connecting needs NETWORK:NODE:PORT", 0 },
    { &ipx_domain, PURPOSE_LISTEN, NULL, "protocol 256", "an IPX packet type is 0 to 255", 256 },
};

static void
bad_words_are_refused(void)
{
    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        const struct bad_row *row = &bad_rows[i];
        struct fault fault = { .status = STATUS_DONE };
        struct address address;
        is_int(reads(row->domain, row->purpose, row->word, row->protocol, &address, &fault), -1,
               "%s: %s is refused", row->domain->name, row->word ? row->word : "nothing");
        is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
        is_text(fault.what, row->what, "which is named as it was typed");
        is_text(fault.why, row->why, "and what would be right is said");
    }
}

/* What follows the family in memory, where that is the same on every machine. */
static void
has_bytes(const struct domain *domain, const char *word, int protocol, const char *bytes, size_t size)
{
    struct address address;
    struct fault fault;
    if (!is_int(reads(domain, PURPOSE_CONNECT, word, protocol, &address, &fault), 0, "%s is read", word))
        return;
    is_data((const char *)&address.name + sizeof(sa_family_t), size, bytes, size,
            "%s has the bytes of the kernel's", word);
    is_int(address.name.ss_family, domain->family, "and its family");
}

static void
kernel_gets_what_it_wants(void)
{
    struct address address;
    struct fault fault;
    has_bytes(&x25_domain, "21", 0, "21\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    (void)reads(&x25_domain, PURPOSE_LISTEN, NULL, 0, &address, &fault);
    is_data((const char *)&address.name + sizeof(sa_family_t), 16, "               ", 16,
            "all numbers are 15 blanks");
    is_int((long)address.length, 18, "the kernel wants the exact size");
    has_bytes(&ax25_domain, "n0call-7", 0, "\x9c\x60\x86\x82\x98\x98\x0e", 7);
    has_bytes(&ax25_domain, "a", 0, "\x82\x40\x40\x40\x40\x40\x00", 7);
    (void)reads(&ax25_domain, PURPOSE_CONNECT, "a", 0, &address, &fault);
    is_int((long)address.length, 16, "a callsign alone is the short address");
    (void)reads(&ax25_domain, PURPOSE_CONNECT, "a,b", 0, &address, &fault);
    is_int((long)address.length, 72, "a path needs the long one");
    has_bytes(&appletalk_domain, "1000.42:128", 0, "\x80\0\x03\xe8\x2a", 5);
    has_bytes(&ipx_domain, "1234:a0b0c0d0e0f0:4001", 17, "\x40\x01\0\0\x12\x34\xa0\xb0\xc0\xd0\xe0\xf0\x11\0",
              14);
    (void)reads(&atmpvc_domain, PURPOSE_CONNECT, "1.2.3", 0, &address, &fault);
    is_int((long)address.length, 12, "a circuit has the size that the kernel wants");
}

/* Bits of a frame and digipeaters make no other station. */
static void
stations_are_told_apart(void)
{
    unsigned char one[CALLSIGN_BYTES], other[CALLSIGN_BYTES];
    char text[CALLSIGN_TEXT_SIZE];
    ok(callsign_read("SKTA-1", 6, one) && callsign_read("skta-1", 6, other), "callsigns are read");
    other[6] |= 0xe1;
    ok(callsign_same(one, other), "the bits beside the SSID do not matter");
    callsign_write(other, text);
    is_text(text, "SKTA-1", "and are not printed");
    other[6] ^= 2;
    ok(!callsign_same(one, other), "the SSID does");
    memset(one, 0xff, sizeof one);
    callsign_write(one, text);
    is_text(text, "\?\?\?\?\?\?-15", "what is no callsign is printed without harm");
    struct address a, b, c;
    struct fault fault;
    (void)reads(&ax25_domain, PURPOSE_CONNECT, "a-1,b", 0, &a, &fault);
    (void)reads(&ax25_domain, PURPOSE_CONNECT, "A-1", 0, &b, &fault);
    (void)reads(&ax25_domain, PURPOSE_CONNECT, "a-2", 0, &c, &fault);
    ok(ax25_domain.same(&a, &b), "a station is the same by another path");
    ok(!ax25_domain.same(&a, &c), "another station is not");
    (void)reads(&ipx_domain, PURPOSE_CONNECT, "1:2:3", 0, &a, &fault);
    (void)reads(&ipx_domain, PURPOSE_CONNECT, "1:2:3", 4, &b, &fault);
    ok(ipx_domain.same(&a, &b), "an IPX packet type is no part of an end");
}

static void
headers_are_put_and_taken(void)
{
    unsigned char bytes[DOMAIN_HEADER_MAX] = { 0 };
    is_int((long)ax25_domain.put_header(&dgram_type, 0, bytes), 1, "an AX.25 datagram begins with a byte");
    is_int(bytes[0], 0xf0, "which is the PID of text");
    is_int((long)ax25_domain.header_size(-1, &dgram_type, bytes, 1), 0, "and is received without one");
    is_int((long)ax25_domain.put_header(&raw_type, 0, bytes), 0, "raw is sent without one");
    is_int((long)ax25_domain.header_size(-1, &raw_type, bytes, 1), 1, "and received with one");
    is_int(ax25_domain.socket_protocol(&raw_type, 0), 0xf0, "raw is text unless said");
    is_int(domain_protocol_find(&ax25_domain, "NetROM"), 0xcf, "PIDs have names");
    is_int((long)appletalk_domain.put_header(&dgram_type, 4, bytes), 1, "a DDP datagram begins with a byte");
    is_int(bytes[0], 4, "which is the type");
    is_int((long)appletalk_domain.header_size(-1, &dgram_type, bytes, 1), 1, "and comes with one");
    is_int((long)appletalk_domain.put_header(&raw_type, 4, bytes), 0, "in raw the user writes it");
    is_int((long)appletalk_domain.header_size(-1, &raw_type, bytes, 20), 12,
           "and gets it without the rest of the header");
    is_int(domain_protocol_find(&appletalk_domain, "AEP"), 4, "DDP types have names");
    is_int(domain_protocol_find(&atmpvc_domain, "AAL0"), 13, "adaptation layers have names");
    is_int(domain_protocol_find(&atmpvc_domain, "aal1"), -1, "but those that the kernel has only");
}

static void
datagrams_of_ax25_cannot_be_listened_for(void)
{
    const struct resolve_query query = {
        .family = AF_AX25, .target = { .host = "a" }, .purpose = PURPOSE_LISTEN, .type = &dgram_type
    };
    struct address address;
    struct fault fault;
    is_int(ax25_domain.read(&query, &address, &fault), -1, "-l --type dgram is refused");
    is_text(fault.why,
            "hears only the station that it is connected to: connect from both ends, or use --type raw",
            "with a way out");
}

static void
numbers_are_fields(void)
{
    static const struct {
        const char *text;
        unsigned base;
        int64_t max;
        bool good;
        int64_t number;
    } rows[] = {
        { "0", NUMBER_DECIMAL_OR_HEX, 0, true, 0 },
        { "12", NUMBER_DECIMAL_OR_HEX, 12, true, 12 },
        { "13", NUMBER_DECIMAL_OR_HEX, 12, false, 0 },
        { "0x0c", NUMBER_DECIMAL_OR_HEX, 12, true, 12 },
        { "0x0c", NUMBER_DECIMAL, 12, false, 0 },
        { "0c", 16, 12, true, 12 },
        { "9223372036854775807", NUMBER_DECIMAL, INT64_MAX, true, INT64_MAX },
        { "9223372036854775808", NUMBER_DECIMAL, INT64_MAX, false, 0 },
        { "ffffffffffffffff0", 16, INT64_MAX, false, 0 },
        { "", NUMBER_DECIMAL_OR_HEX, 9, false, 0 },
        { ".", NUMBER_DECIMAL_OR_HEX, 9, false, 0 },
        { "-1", NUMBER_DECIMAL_OR_HEX, 9, false, 0 },
        { "1 ", NUMBER_DECIMAL_OR_HEX, 9, false, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *at = rows[i].text;
        int64_t number = 0;
        is_int(field_number(&at, ".", rows[i].base, rows[i].max, &number), rows[i].good,
               "\"%s\", at most %llx", rows[i].text, (unsigned long long)rows[i].max);
        ok(!rows[i].good || number == rows[i].number, "its value");
        ok(at == rows[i].text + (rows[i].good ? strlen(rows[i].text) : 0), "and where it ends");
    }
}

int
main(void)
{
    good_words_are_read();
    bad_words_are_refused();
    kernel_gets_what_it_wants();
    stations_are_told_apart();
    headers_are_put_and_taken();
    datagrams_of_ax25_cannot_be_listened_for();
    numbers_are_fields();
    return tap_done();
}
