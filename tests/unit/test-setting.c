/* Socket options as they are typed: what is taken, and what is said of the rest. */
#include "request/setting.h"
#include "dial/group.h"
#include "tap.h"

#include <string.h>

/* A setting in words, and its number. */
static const struct {
    const char *text;
    const char *words;
    long number;
} good[] = {
    { "nodelay", "nodelay=on", 1 },
    { "nodelay=off", "nodelay=off", 0 },
    { "TCP_NoDelay=NO", "tcp.nodelay=NO", 0 },
    { "tcp.nodelay=yes", "tcp.nodelay=yes", 1 },
    { "keepidle=5", "keepidle=5", 5000 },
    { "keepidle=5m", "keepidle=5m", 300000 },
    { "user-timeout=1.5", "user-timeout=1.5", 1500 },
    { "user_timeout=250ms", "user-timeout=250ms", 250 },
    { "linger=0", "linger=0", 0 },
    { "linger=off", "linger=off", -1 },
    { "rcvbuf=64K", "rcvbuf=64K", 65536 },
    { "mark=0xffffffff", "mark=0xffffffff", 4294967295 },
    { "peek-off=-1", "peek-off=-1", -1 },
    { "mtu-discover=DO", "mtu-discover=DO", 2 },
    { "mtu-discover=3", "mtu-discover=3", 3 },
    { "congestion=reno", "congestion=reno", 0 },
    { "device=eth0", "device=eth0", 0 },
    { "local-port-range=1-65535", "local-port-range=1-65535", 0 },
    { "multicast-if=eth0", "multicast-interface=eth0", 0 },
    { "IPV6_MULTICAST_HOPS=3", "ipv6.multicast-ttl=3", 3 },
    { "join-anycast=fe80::1%eth0", "join-anycast=fe80::1%eth0", 0 },
    { "MCAST_JOIN_GROUP=239.1.2.3@eth0", "join-group=239.1.2.3@eth0", 0 },
    { "block-source=239.1.2.3,10.0.0.1", "block-source=239.1.2.3,10.0.0.1", 0 },
    { "fastopen-key=00112233445566778899aabbccddeeff", "fastopen-key=00112233445566778899aabbccddeeff", 0 },
    { "6:1:00000000", "6:1:00000000", 0 },
    { "0x6:0x1:01:connected", "6:1:01:connected", 0 },
    { "tipc:133:", "271:133:", 0 },
};

static const struct {
    const char *text;
    const char *why;
} bad[] = {
    { "", "no such socket option: see --sockopt list" },
    { "=1", "no such socket option: see --sockopt list" },
    { "entirely-else=1", "no such socket option: see --sockopt list" },
    { "nodely", "no such socket option: did you mean nodelay?" },
    { "tcp.nodely", "no such socket option: did you mean tcp.nodelay?" },
    { "ipv6.unicast-hop=3", "no such socket option: did you mean ipv6.unicast-hops?" },
    { "udp.nodelay", "no such socket option: see --sockopt list" },
    { "checksum=1", "could be ip.checksum ipv6.checksum" },
    { "nodelay=maybe", "is on or off" },
    { "IPV6_V6ONLY=1", "is said by -6, and by its absence" },
    { "UDP_GRO=1", "would join datagrams" },
    { "nodelay=", "is on or off" },
    { "rcvbuf", "needs a value: rcvbuf=size" },
    { "rcvbuf=", "not a size: use bytes, or a number with K, M or G" },
    { "rcvbuf=4G", "out of range: 1 to 2147483647" },
    { "ttl=0", "out of range: 1 to 255" },
    { "ttl=256", "out of range: 1 to 255" },
    { "ttl=x", "not a number: 1 to 255" },
    { "ttl=--1", "not a number: 1 to 255" },
    { "peek-off=-2", "out of range: -1 to 2147483647" },
    { "mark=4294967296", "out of range: 0 to 4294967295" },
    { "mark=99999999999999999999", "out of range: 0 to 4294967295" },
    { "mtu-discover=may", "not a number: dont want do probe interface omit, or 0 to 5" },
    { "keepidle=0", "out of range: 1 to 32767000 ms" },
    { "keepidle=x", "not a time: use seconds, or a number with ms, s, m or h" },
    { "linger=x", "not a time: use seconds, or a number with ms, s, m or h, or off" },
    { "device=", "not a word of 1 to 15 characters" },
    { "device=abcdefghijklmnop", "not a word of 1 to 15 characters" },
    { "local-port-range=5", "not a range of ports: LOW-HIGH, from 1 to 65535" },
    { "local-port-range=5-4", "not a range of ports: LOW-HIGH, from 1 to 65535" },
    { "local-port-range=0-4", "not a range of ports: LOW-HIGH, from 1 to 65535" },
    { "local-port-range=1-65536", "not a range of ports: LOW-HIGH, from 1 to 65535" },
    { "multicast-interface=a/b", "not the name or the index of an interface" },
    { "multicast-interface=", "not the name or the index of an interface" },
    { "join-anycast=10.0.0.1", "not an IPv6 address" },
    { "fastopen-key=0", "not hexadecimal: two digits for each byte, at most 256 bytes" },
    { "fastopen-key=0g", "not hexadecimal: two digits for each byte, at most 256 bytes" },
    { "fastopen-key=", "not hexadecimal: two digits for each byte, at most 256 bytes" },
    { "join-group=239.1.2.3,10.0.0.1", "takes no source; that is join-source-group" },
    { "join-source-group=239.1.2.3", "needs a source: GROUP[@INTERFACE],SOURCE" },
    { "6:1", "not LEVEL:NUMBER:HEX" },
    { "tpc:1:00", "not LEVEL:NUMBER:HEX" },
    { "6:x:00", "not LEVEL:NUMBER:HEX" },
    { "6:1:0", "not hexadecimal: two digits for each byte, at most 256 bytes" },
    { "6:1:00:never", "no such phase: opened, bound or connected" },
    { "6:99999999999:00", "not LEVEL:NUMBER:HEX" },
};

static const struct {
    const char *text;
    const char *problem; /* NULL: none */
    const char *interface;
    int family, source_family;
} groups[] = {
    { "239.1.2.3", NULL, "", AF_INET, AF_UNSPEC },
    { "224.0.0.1@eth0", NULL, "eth0", AF_INET, AF_UNSPEC },
    { "232.1.1.1@2,10.0.0.1", NULL, "2", AF_INET, AF_INET },
    { "ff02::1%eth0", NULL, "eth0", AF_INET6, AF_UNSPEC },
    { "[ff02::1]@eth0", NULL, "eth0", AF_INET6, AF_UNSPEC },
    { "ff3e::8000:1,2001:db8::1", NULL, "", AF_INET6, AF_INET6 },
    { "", "empty; an address or a name is needed", NULL, 0, 0 },
    { "name", "not a numeric address", NULL, 0, 0 },
    { "10.0.0.1", "not a multicast address, which are 224.0.0.0 to 239.255.255.255 and those with ff", NULL,
      0, 0 },
    { "fe80::1", "not a multicast address, which are 224.0.0.0 to 239.255.255.255 and those with ff", NULL, 0,
      0 },
    { "239.1.2.3@", "after @ comes the name or the index of an interface", NULL, 0, 0 },
    { "239.1.2.3@abcdefghijklmnop", "after @ comes the name or the index of an interface", NULL, 0, 0 },
    { "ff02::1%eth0@eth0", "the interface is given twice", NULL, 0, 0 },
    { "239.1.2.3,", "empty; an address or a name is needed", NULL, 0, 0 },
    { "239.1.2.3,fe80::1", "the group and its source are of two families", NULL, 0, 0 },
    { "239.1.2.3,239.1.2.4", "the source is a group itself", NULL, 0, 0 },
};

#define EACH(rows, index) for (size_t index = 0; index < sizeof(rows) / sizeof(rows)[0]; index++)

static void
check_good(size_t i)
{
    struct sockopt_setting setting;
    char why[SETTING_WHY_MAX] = "", words[256] = "";
    ok(setting_read(good[i].text, &setting, why) == 0, "%s is taken (%s)", good[i].text, why);
    sockopt_words(&setting, words, sizeof words);
    is_text(words, good[i].words, "%s means this", good[i].text);
    is_int((long)setting.number, good[i].number, "and its number is this");
}

static void
check_bad(size_t i)
{
    struct sockopt_setting setting;
    char why[SETTING_WHY_MAX] = "";
    is_int(setting_read(bad[i].text, &setting, why), -1, "\"%s\" is refused", bad[i].text);
    is_text(why, bad[i].why, "\"%s\" is told why", bad[i].text);
}

static void
check_group(size_t i)
{
    struct group group;
    is_text(group_read(groups[i].text, &group), groups[i].problem, "the group \"%s\"", groups[i].text);
    if (groups[i].problem)
        return;
    is_text(group.interface, groups[i].interface, "its interface");
    is_int(group.address.ss_family, groups[i].family, "its family");
    is_int(group.source.ss_family, groups[i].source_family, "and that of its source");
}

/* Longer than any buffer on the way. */
static void
long_words_are_refused(void)
{
    static char word[100000];
    char why[SETTING_WHY_MAX];
    struct sockopt_setting setting;
    static const char *const begins[] = { "",
                                          "nodelay=",
                                          "device=",
                                          "ttl=",
                                          "tcp.",
                                          "rcvbuf=",
                                          "join-group=",
                                          "1:1:",
                                          "1:",
                                          "multicast-if=",
                                          "join-anycast=",
                                          "fastopen-key=",
                                          "local-port-range=",
                                          "linger=" };
    memset(word, 'a', sizeof word - 1);
    EACH(begins, i)
    {
        memcpy(word, begins[i], strlen(begins[i]));
        is_int(setting_read(word, &setting, why), -1, "a long word is refused");
        memset(word, 'a', strlen(begins[i]));
    }
}

int
main(void)
{
    EACH(good, i)
    check_good(i);
    EACH(bad, i)
    check_bad(i);
    EACH(groups, i)
    check_group(i);
    long_words_are_refused();
    return tap_done();
}
