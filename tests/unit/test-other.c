/* Families without a row: their names, and addresses as bytes. */
#include "domain/other.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

static int
reads(const char *text, int family, struct address *address, struct fault *fault)
{
    const struct resolve_query query = { .family = family, .target = { .host = text }, .type = &stream_type };
    return other_domain.read(&query, address, fault);
}

/* Read, look at the bytes, and print. */
static void
is_read(const char *text, const char *want, sa_family_t family, const char *bytes, size_t count)
{
    struct address address;
    struct fault fault = { .status = STATUS_DONE };
    if (reads(text, 43, &address, &fault) != 0) {
        ok(false, "%s is read: %s: %s", text, fault.what, fault.why);
        return;
    }
    is_int(address.name.ss_family, family, "%s is of family %u", text, (unsigned)family);
    ok(address.length == sizeof family + count &&
           memcmp((const char *)&address.name + sizeof family, bytes, count) == 0,
       "%s is these bytes", text);
    struct address_text printed;
    other_domain.format(&address, &printed);
    is_text(printed.host, want, "and is printed with its family");
    is_text(printed.port, "", "without a port");
    char word[512];
    other_domain.spell(&address, &stream_type, word, sizeof word);
    is_text(word, want, "and spelled so");
    struct address again;
    ok(reads(word, 1, &again, &fault) == 0 && again.length == address.length &&
           memcmp(&again.name, &address.name, address.length) == 0,
       "that reads as the same address in any domain");
}

static void
is_refused(const char *text, const char *what, const char *why)
{
    struct address address;
    struct fault fault = { .status = STATUS_DONE };
    is_int(reads(text, 43, &address, &fault), -1, "%s is refused", text ? text : "nothing");
    is_int(fault.status, STATUS_USAGE, "as a mistake of the user");
    is_text(fault.what, what, "as typed");
    is_text(fault.why, why, "with what would be right");
}

static void
addresses_are_read(void)
{
    is_read("hex:0102ff", "hex:43/0102ff", 43, "\1\2\377", 3);
    is_read("hex:", "hex:43/", 43, "", 0);
    is_read("hex:0x01:02 FF", "hex:43/0102ff", 43, "\1\2\377", 3);
    is_read("hex:2/1388 7f000001", "hex:2/13887f000001", 2, "\x13\x88\x7f\0\0\1", 6);
    is_read("hex:65535/00", "hex:65535/00", 65535, "\0", 1);
}

static void
bad_addresses_are_refused(void)
{
    static const char rule[] = "an address of a domain without a row is hex:BYTES";
    static const char family[] = "before / is the number of a family, 0 to 65535";
    is_refused(NULL, "address \"\"", rule);
    is_refused("0102", "address 0102", rule);
    is_refused("HEX:01", "address HEX:01", rule);
    is_refused("hex:012", "address hex:012", "bytes are two hexadecimal digits");
    is_refused("hex:0g", "address hex:0g", "bytes are two hexadecimal digits");
    is_refused("hex:/01", "address hex:/01", family);
    is_refused("hex:x/01", "address hex:x/01", family);
    is_refused("hex:65536/01", "address hex:65536/01", family);
    is_refused("hex:99999999999/01", "address hex:99999999999/01", family);
    is_refused("hex:2/0/01", "address hex:2/0/01", "bytes are two hexadecimal digits");
    is_refused("hex:2//01", "address hex:2//01", "not a hexadecimal digit");
    char text[300] = "hex:";
    char what[320];
    memset(text + 4, '0', 2 * 127);
    text[4 + 2 * 127] = '\0';
    (void)snprintf(what, sizeof what, "address %s", text);
    is_refused(text, what, "too many bytes");
    text[4 + 2 * 126] = '\0';
    struct address address;
    struct fault fault;
    is_int(reads(text, 43, &address, &fault), 0, "126 bytes are all that a sockaddr_storage holds");
}

static void
names_are_found(void)
{
    static const char *const smc[] = { "smc", "SMC", "PF_SMC", "af_smc", "43" };
    for (size_t i = 0; i < sizeof smc / sizeof smc[0]; i++) {
        int family = 0;
        ok(domain_find(smc[i], &family) == &other_domain && family == 43, "%s is 43", smc[i]);
    }
    for (const struct other_name *other = other_names; other->name; other++) {
        int family = 0;
        ok(domain_find(other->name, &family) && family == other->family, "%s is %d", other->name,
           other->family);
        ok(other_name_of(family) == other && strncmp(other->kernel, "CONFIG_", 7) == 0,
           "%s is named, with its option", other->name);
    }
    ok(!other_name_of(99), "99 has no name");
}

static void
protocols_are_found(void)
{
    is_int(other_protocol_find(31, "l2cap"), 0, "L2CAP");
    is_int(other_protocol_find(31, "RFCOMM"), 3, "RFCOMM in any case");
    is_int(other_protocol_find(31, "BTPROTO_ISO"), 8, "with its prefix");
    is_int(other_protocol_find(31, "tcp"), -1, "Bluetooth has no TCP");
    is_int(other_protocol_find(43, "rfcomm"), -1, "SMC has no RFCOMM");
}

int
main(void)
{
    addresses_are_read();
    bad_addresses_are_refused();
    names_are_found();
    protocols_are_found();
    return tap_done();
}
