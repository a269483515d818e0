/* The option table is sound, and command lines become the requests that they should. */
#include "request/option.h"
#include "base/text.h"
#include "request/command.h"
#include "request/request.h"
#include "tap.h"
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 24 };

/* A command line cut at its blanks; a word '' is empty. The request points into it. */
struct line {
    char text[256];
    char *words[WORDS_MAX];
    int count;
};

static void
line_cut(struct line *line, const char *text)
{
    (void)snprintf(line->text, sizeof line->text, "skt %s", text);
    line->count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line->text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        line->words[line->count++] = strcmp(word, "''") == 0 ? word + 2 : word;
    line->words[line->count] = NULL;
}

/* --- the table itself --- */

static bool
name_exists(const char *name, size_t size)
{
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        if (strlen(row->name) == size && memcmp(row->name, name, size) == 0)
            return true;
    return false;
}

static void
check_names(const struct option_row *row, const char *names, const char *column)
{
    for (const char *at = names; at != NULL && *at != '\0'; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        ok(name_exists(at, size), "--%s %s an option that exists: %.*s", row->name, column, (int)size, at);
        at += size;
    }
}

static void
check_unique(const struct option_row *row)
{
    for (const struct option_row *other = row + 1; *other->name != '\0'; other++)
        if (strcmp(row->name, other->name) == 0 || (row->letter != '\0' && row->letter == other->letter))
            ok(false, "--%s and --%s have a name or letter in common", row->name, other->name);
}

static bool
takes_value(enum option_kind kind)
{
    return kind != OPTION_FLAG && kind != OPTION_CONSTANT && kind != OPTION_COUNT && kind != OPTION_SELECT;
}

static void
check_row(const struct option_row *row)
{
    ok(memchr(row->name, '\0', sizeof row->name), "the name of --%.23s has room", row->name);
    ok(takes_value(row->kind) == (row->value != NULL), "--%s has a value if its kind reads one", row->name);
    ok(row->help != NULL && row->help[0] != '\0', "--%s has a help", row->name);
    ok(row->size > 0 || row->sockopt != NULL || row->kind == OPTION_SELECT, "--%s is put somewhere",
       row->name);
    enum sockopt_level level;
    ok(row->sockopt == NULL || sockopt_find(row->sockopt, &level) != NULL, "--%s names a socket option",
       row->name);
    ok(!option_excludes(row, row), "--%s does not exclude itself", row->name);
    ok(row->min <= row->max, "the bounds of --%s are in order", row->name);
    check_names(row, row->excludes, "excludes");
    check_names(row, row->needs, "needs");
    check_unique(row);
}

/* --- requests, spelled out --- */

static const char *
text_or_none(const char *text)
{
    return text != NULL ? text : "-";
}

static void
spell(const struct request *request, char *text, size_t size)
{
    const struct socket_plan *plan = &request->socket;
    const struct proxy_choice *proxy = &plan->proxy;
    (void)snprintf(text, size, "%s %s/%s %s %s", request->listens ? "listen" : "connect", plan->domain->name,
                   plan->type->name, text_or_none(plan->remote.host), text_or_none(plan->remote.port));
    if (plan->source.host != NULL || plan->source.port != NULL)
        text_add(text, size, " from %s %s", text_or_none(plan->source.host), text_or_none(plan->source.port));
    if (proxy->kind != NULL)
        text_add(text, size, " through %s %s %s to %u, user %s %s%s%s", proxy->kind->name, proxy->at.host,
                 proxy->at.port, (unsigned)proxy->port, text_or_none(proxy->user),
                 text_or_none(proxy->password), proxy->asks_password ? ", asks" : "",
                 proxy->resolves_here ? ", looks up" : "");
}

static const struct {
    const char *line;
    const char *request;
} good[] = {
    { "localhost 80", "connect inet46/stream localhost 80" },
    { "-x p h 80", "connect inet46/stream h 80 through socks5 p 1080 to 80, user - -" },
    { "-x p -X connect h:http", "connect inet46/stream h http through http p 3128 to 80, user - -" },
    { "-x p:1 -X 4A h 80", "connect inet46/stream h 80 through socks4a p 1 to 80, user - -" },
    { "-x p -X 4 h 80", "connect inet46/stream h 80 through socks4 p 1080 to 80, user - -, looks up" },
    { "-x [::1] -X5 -6 10.1.2.3 80",
      "connect inet6/stream 10.1.2.3 80 through socks5 [::1] 1080 to 80, user - -" },
    { "--proxy SOCKS5H://[::1]:9050/ tcp://h:80",
      "connect inet46/stream h 80 through socks5 [::1] 9050 to 80, user - -" },
    { "--proxy http://a%3Ab:c%25d%@p h 80 --proxy-dns local",
      "connect inet46/stream h 80 through http p 3128 to 80, user a:b c%d%, looks up" },
    { "-x socks4a://[fe80::1%25lo]:1/ h 80",
      "connect inet46/stream h 80 through socks4a [fe80::1%lo] 1 to 80, user - -" },
    { "--proxy u:p@w@p h 80", "connect inet46/stream h 80 through socks5 p 1080 to 80, user u p@w" },
    { "-x p --proxy-auth u:p:%41 h 80",
      "connect inet46/stream h 80 through socks5 p 1080 to 80, user u p:%41" },
    { "-x p -P u h 80", "connect inet46/stream h 80 through socks5 p 1080 to 80, user u -, asks" },
    { "-x p -P u -X 4a h 80", "connect inet46/stream h 80 through socks4a p 1080 to 80, user u -" },
    { "-n -x 127.0.0.1 h 80", "connect inet46/stream h 80 through socks5 127.0.0.1 1080 to 80, user - -" },
    { "localhost:80", "connect inet46/stream localhost 80" },
    { "::1 80", "connect inet46/stream ::1 80" },
    { "[::1] 80", "connect inet46/stream [::1] 80" },
    { "[::1]:80", "connect inet46/stream [::1] 80" },
    { "localhost -v 80", "connect inet46/stream localhost 80" },
    { "-- localhost 80", "connect inet46/stream localhost 80" },
    { "-u localhost 53", "connect inet46/dgram localhost 53" },
    { "-6 -s ::1 ::1 80", "connect inet6/stream ::1 80 from ::1 -" },
    { "-p 999 localhost 80", "connect inet46/stream localhost 80 from - 999" },
    { "-s 127.0.0.1 -p 999 localhost 80", "connect inet46/stream localhost 80 from 127.0.0.1 999" },
    { "tcp://localhost:80", "connect inet46/stream localhost 80" },
    { "TCP://localhost:80", "connect inet46/stream localhost 80" },
    { "-6 tcp://localhost:80", "connect inet6/stream localhost 80" },
    { "tcp6://[::1]:80", "connect inet6/stream [::1] 80" },
    { "tcp6://[fe80::1%25lo]:80", "connect inet6/stream [fe80::1%lo] 80" },
    { "udp://localhost:80", "connect inet46/dgram localhost 80" },
    { "-u udp://localhost:80", "connect inet46/dgram localhost 80" },
    { "-U /tmp/x", "connect unix/stream /tmp/x -" },
    { "-U @x", "connect unix/stream @x -" },
    { "-U -s /tmp/y /tmp/x", "connect unix/stream /tmp/x - from /tmp/y -" },
    { "-uU /tmp/x", "connect unix/dgram /tmp/x -" },
    { "-U --seqpacket /tmp/x", "connect unix/seqpacket /tmp/x -" },
    { "--domain PF_UNIX --type SOCK_SEQPACKET /tmp/x", "connect unix/seqpacket /tmp/x -" },
    { "unix:/tmp/x", "connect unix/stream /tmp/x -" },
    { "unix:///tmp/x", "connect unix/stream /tmp/x -" },
    { "unix:@x", "connect unix/stream @x -" },
    { "-U unix:@x", "connect unix/stream @x -" },
    { "-u unix:x", "connect unix/dgram x -" },
    { "-l 5000", "listen inet46/stream - 5000" },
    { "-l 0", "listen inet46/stream - 0" },
    { "-l -p 5000", "listen inet46/stream - 5000" },
    { "-l localhost 5000", "listen inet46/stream localhost 5000" },
    { "-l -s 127.0.0.1 -p 5000", "listen inet46/stream 127.0.0.1 5000" },
    { "-l -s 127.0.0.1 5000", "listen inet46/stream 127.0.0.1 5000" },
    { "-l localhost -p 5000", "listen inet46/stream localhost 5000" },
    { "-l ::1 -p 5000", "listen inet46/stream ::1 5000" },
    { "-l [::1] -p 5000", "listen inet46/stream [::1] 5000" },
    { "-l [::1]:5000", "listen inet46/stream [::1] 5000" },
    { "-l localhost:5000", "listen inet46/stream localhost 5000" },
    { "-l *:5000", "listen inet46/stream - 5000" },
    { "-l :5000", "listen inet46/stream - 5000" },
    { "-l * 5000", "listen inet46/stream - 5000" },
    { "-l tcp://*:5000", "listen inet46/stream - 5000" },
    { "-l tcp4://:5000", "listen inet/stream - 5000" },
    { "-lU /tmp/x --mode 600", "listen unix/stream /tmp/x -" },
    { "--sctp localhost 80", "connect inet46/stream localhost 80" },
    { "--sctp --seqpacket ::1 80", "connect inet46/seqpacket ::1 80" },
    { "-Z localhost 80", "connect inet46/dccp localhost 80" },
    { "--dccp-service SC:fdpz dccp://localhost:80", "connect inet46/dccp localhost 80" },
    { "-u --udplite localhost 80", "connect inet46/dgram localhost 80" },
    { "-6 mptcp://localhost:80", "connect inet6/stream localhost 80" },
    { "-l --seqpacket sctp://[::1]:80", "listen inet46/seqpacket [::1] 80" },
    { "--protocol mptcp tcp://localhost:80", "connect inet46/stream localhost 80" },
    { "--type dgram --protocol icmp localhost", "connect inet46/dgram localhost -" },
    { "-z localhost 20-30", "connect inet46/stream localhost 20-30" },
    { "fd 3", "connect inet46/stream fd 3" },
    { "-U ./fd:3", "connect unix/stream ./fd:3 -" },
    { "--receive-fd", "connect other/stream the descriptor received -" },
    { "--receive-fd -4", "connect inet/stream the descriptor received -" },
    { "--receive-fd -u", "connect other/dgram the descriptor received -" },
};

static void
check_good(const char *text, const char *want)
{
    struct line line;
    struct request request;
    struct fault fault = { 0 };
    line_cut(&line, text);
    if (request_parse(&request, line.count, line.words, &fault) != 0) {
        ok(false, "skt %s is taken (%s: %s)", text, fault.what, fault.why);
        return;
    }
    char got[512];
    spell(&request, got, sizeof got);
    is_text(got, want, "skt %s", text);
    request_free(&request);
}

/* A service's name is taken where the system has names of services (Debian: netbase). */
static void
check_service_name(void)
{
    if (getservbyname("http", "tcp"))
        check_good("fd:http", "connect inet46/stream fd http");
    else
        tap_skip(1, "services(5) does not have http");
}

static const struct {
    const char *line;
    const char *message;
} bad[] = {
    { "", "missing operand: connecting needs HOST and PORT" },
    { "localhost", "missing operand after localhost: connecting needs HOST and PORT" },
    { "localhost 80 81", "surplus operand 81: connecting needs HOST and PORT" },
    { "'' 80", "empty operand: connecting needs HOST and PORT" },
    { "localhost ''", "empty operand: connecting needs HOST and PORT" },
    { "localhost 20-30", "port 20-30: a range of ports needs -z" },
    { "-z localhost 30-20", "port 30-20: a range begins with its lower port" },
    { "::1", "::1: no port; an IPv6 address and a port are [ADDRESS]:PORT" },
    { "[::1", "[::1: an IPv6 address and a port are [ADDRESS]:PORT" },
    { "/tmp/x", "/tmp/x: a path or @NAME needs -U" },
    { "/tmp/x:y", "/tmp/x:y: a path or @NAME needs -U" },
    { "-l @x", "@x: a path or @NAME needs -U" },
    { "* 80", "*: * stands for every interface and needs -l" },
    { ":80", ":80: no host: connecting needs HOST and PORT" },
    { "-l", "missing operand: listening needs [HOST] PORT" },
    { "-l -p 5 6", "-p 5 and operand 6: the port is given twice" },
    { "-l --source-port 5 localhost:6", "--source-port 5 and operand localhost:6: the port is given twice" },
    { "-l -s ::1 localhost 5", "-s ::1 and operand localhost: the address is given twice" },
    { "-lU", "missing operand: listening needs a PATH" },
    { "-U a b", "surplus operand b: connecting needs a PATH" },
    { "-lU -s a b", "-s a: the path to listen at is the operand" },
    { "tcp://localhost", "tcp://localhost: no port: use SCHEME://HOST:PORT" },
    { "vsock:1", "vsock:1: no port: use SCHEME:HOST:PORT" },
    { "tcp://localhost:80 80", "surplus operand 80: the URL says it all" },
    { "-u tcp://localhost:80", "-u and tcp://localhost:80: contradict each other" },
    { "--ipv4 tcp6://localhost:80", "--ipv4 and tcp6://localhost:80: contradict each other" },
    { "--domain unix tcp://localhost:80", "--domain and tcp://localhost:80: contradict each other" },
    { "--sctp tcp://localhost:80", "--sctp and tcp://localhost:80: contradict each other" },
    { "--protocol udp sctp://localhost:80", "--protocol and sctp://localhost:80: contradict each other" },
    { "--sctp -Z h 1", "--sctp and -Z: exclude each other" },
    { "--sctp --type dgram h 1", "protocol sctp has no type dgram: it has stream, seqpacket" },
    { "--domain unix --sctp x", "--sctp: domain has no such protocol" },
    { "--dccp-service x h 1", "--dccp-service x: not a code: SC:TEXT of 1 to 4 characters, SC=NUMBER or "
                              "SC=xHEX below 4294967295, or four characters" },
    { "--dccp-service abcd h 1",
      "--dccp-service: needs a type with codes of services (dccp): stream has none" },
    { "unix://host/x", "unix://host/x: use unix:PATH, unix:@NAME or unix:///PATH" },
    { "-w abc h 1", "-w abc: not a time: use seconds, or a number with ms, s, m or h" },
    { "--wait '' h 1", "--wait '': not a time: use seconds, or a number with ms, s, m or h" },
    { "-w 0 h 1", "-w 0: out of range: 1ms to 87600h" },
    { "-w -1 h 1", "-w -1: not a time: use seconds, or a number with ms, s, m or h" },
    { "-q -2 h 1", "-q -2: not a time: use seconds, or a number with ms, s, m or h" },
    { "-q 99999999999999999999 h 1",
      "-q 99999999999999999999: out of range: 0 to 87600h, or -1 for no limit" },
    { "-M 256 h 1", "-M 256: out of range: 1 to 255" },
    { "-M +1 h 1", "-M +1: not a number: 1 to 255" },
    { "-I 1KB h 1", "-I 1KB: not a size: use bytes, or a number with K, M or G" },
    { "-I 2G h 1", "-I 2G: out of range: 1 to 2147483647" },
    { "-lU --mode 888 x", "--mode 888: not an octal number: 0 to 777" },
    { "--domain uinx h 1", "--domain uinx: did you mean unix? known: inet46 inet inet6 unix ..." },
    { "--type seqpcket h 1",
      "--type seqpcket: did you mean seqpacket? known: stream dgram seqpacket raw rdm dccp packet" },
    { "--shutdown w h 1", "--shutdown w: did you mean wr? known: wr rdwr none" },
    { "--completion tcsh", "--completion tcsh: not known; known: bash zsh fish" },
    { "--protocol nosuch h 1",
      "--protocol nosuch: not known; known: tcp udp mptcp sctp dccp udplite icmp icmpv6 0 to 65535" },
    { "--announce=fd:x -l 1", "--announce fd:x: not a descriptor: fd:N with a number" },
    { "-o '' h 1", "-o '': empty" },
    { "--lisen 1", "--lisen: no such option: did you mean --listen?" },
    { "--lisen=1", "--lisen: no such option: did you mean --listen?" },
    { "--entirely-else", "--entirely-else: no such option: see skt --help" },
    { "--sockopt nodely=1 h 1", "--sockopt nodely=1: no such socket option: did you mean nodelay?" },
    { "--join 10.0.0.1 -lu 1", "--join 10.0.0.1: not a multicast address, which are 224.0.0.0 to "
                               "239.255.255.255 and those with ff" },
    { "--join 239.1.2.3 -u h 1", "--join: needs --listen" },
    { "-l --join 239.1.2.3 1",
      "--join: needs a type that keeps messages apart (dgram, seqpacket, raw, dccp): stream does not" },
    { "-B h 1", "-B: no such option: see skt --help" },
    { "-lB 1", "-B: no such option: see skt --help" },
    { "--no h 1", "--no: could be --nodns --notify --no-input --no-shutdown --no-splice" },
    { "--listen=5", "--listen: takes no value" },
    { "--wait", "--wait: needs a value: TIME" },
    { "h 1 -w", "-w: needs a value: TIME" },
    { "-4 -6 h 1", "-4 and -6: exclude each other" },
    { "--udp --seqpacket h 1", "--udp and --seqpacket: exclude each other" },
    { "--seqpacket -u h 1", "-u and --seqpacket: exclude each other" },
    { "-z -l 1", "-l and -z: exclude each other" },
    { "-k h 1", "-k: needs --listen" },
    { "--append-output h 1", "--append-output: needs --output or --hex-dump" },
    { "-o x --hex-dump x h 1", "-o and --hex-dump x: name the same file" },
    { "--type rdm h 1",
      "domain inet46 has no type rdm: it has stream, dgram, seqpacket, raw, dccp; choose another with -U or "
      "--domain" },
    { "-4 --type rdm h 1", "domain inet has no type rdm: it has stream, dgram, seqpacket, raw, dccp" },
    { "--records u32 h 1",
      "--records: needs a type that keeps messages apart (dgram, seqpacket, raw, dccp): stream does not" },
    { "--eof-message -U --seqpacket x", "--eof-message: needs a type without half-close and with empty "
                                        "messages (dgram): seqpacket is another" },
    { "-z --vsock 1 80", "-z: needs addresses with ports that can be scanned, or paths: vsock has none" },
    { "-z h", "missing operand after h: connecting needs HOST and PORT" },
    { "-z a 1.2.3 80", "host 1.2.3: not an IPv4 address, which is four numbers of 0 to 255 with dots" },
    { "-z tcp://h:80 other", "surplus operand other: the URL says it all" },
    { "--retry often h 80", "--retry often: not known; known: forever, or 0 to 1000000" },
    { "--retry 1000001 h 80", "--retry 1000001: out of range: 0 to 1000000" },
    { "--retry 1 fd:0", "--retry and fd:0: the socket is open already" },
    { "-l --mode 600 1", "--mode: needs addresses that are paths: inet46 has none" },
    { "fd:999", "fd:999: is not open" },
    { "fd:999 80", "surplus operand 80: the descriptor says it all" },
    { "-p 5 fd:999", "-p and fd:999: the socket is open already" },
    { "-l --backlog 5 fd:999", "--backlog and fd:999: the socket is open already" },
    { "-z fd:999", "-z and fd:999: the socket is open already" },
    { "--receive-fd h 1", "surplus operand h: the descriptor says it all" },
    { "-l --receive-fd", "-l and --receive-fd: exclude each other" },
    { "-F --stats h 1", "-F and --stats: exclude each other" },
    { "-luF 1", "-F with -l: needs a type that accepts connections" },
    { "--send-flags more -u h 1",
      "--send-flags more with dgram: would join all messages into one that is never sent" },
    { "-lu --backlog 1 1",
      "--backlog: needs a type that accepts connections (stream, dccp): dgram does not" },
};

static void
check_bad(const char *text, const char *want)
{
    struct line line;
    struct request request;
    struct fault fault = { 0 };
    line_cut(&line, text);
    if (request_parse(&request, line.count, line.words, &fault) == 0) {
        ok(false, "skt %s is refused", text);
        request_free(&request);
        return;
    }
    char got[sizeof fault.what + sizeof fault.why + 2];
    (void)snprintf(got, sizeof got, "%s: %s", fault.what, fault.why);
    size_t shown =
        strlen(want) < 3 || strcmp(want + strlen(want) - 3, "...") != 0 ? SIZE_MAX : strlen(want) - 3;
    if (shown < strlen(got)) /* the list goes on */
        (void)snprintf(got + shown, sizeof got - shown, "...");
    is_text(got, want, "skt %s", text);
    is_int((long)fault.status, STATUS_USAGE, "skt %s is a fault of usage", text);
}

/* Parse a line that has to be good. */
static struct request
parsed(const char *text)
{
    static struct line line;
    struct request request;
    struct fault fault = { 0 };
    line_cut(&line, text);
    ok(request_parse(&request, line.count, line.words, &fault) == 0, "skt %s is taken", text);
    return request;
}

/* connect, idle, quit and linger, in ms */
static const struct {
    const char *line;
    const char *times;
} timed[] = {
    { "h 1", "-1 -1 -1 -1" },
    { "-w 1.5 h 1", "1500 1500 -1 -1" },
    { "-w 5 --connect-timeout 2 h 1", "2000 5000 -1 -1" },
    { "--idle-timeout 2 -w 5 h 1", "5000 2000 -1 -1" },
    { "-l -w 5 1", "5000 5000 -1 -1" },
    { "-q 0 h 1", "-1 -1 0 -1" },
    { "-q -1 h 1", "-1 -1 -1 -1" },
    { "-u h 1", "-1 -1 -1 1000" },
    { "-u -w 3 h 1", "3000 3000 -1 3000" },
    { "-u -w 3 -q 4 h 1", "3000 3000 4000 4000" },
    { "-u -q -1 h 1", "-1 -1 -1 -1" },
    { "-lu -w 3 1", "3000 3000 -1 -1" },
    { "-U --seqpacket x", "-1 -1 -1 -1" },
};

static void
check_times(const char *text, const char *want)
{
    struct request request = parsed(text);
    char got[128];
    (void)snprintf(got, sizeof got, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, request.connect_ms,
                   request.pump.idle_ms, request.pump.quit_ms, request.pump.linger_ms);
    is_text(got, want, "the times of skt %s", text);
    request_free(&request);
}

/* In the order in which they are set, the last value of each */
static const struct {
    const char *line;
    const char *settings;
} set[] = {
    { "-u -b -T ef -I 64K -M 3 -M 5 -m 0255 h 1", " broadcast=on tos=ef rcvbuf=65536 ttl=5 minttl=255" },
    { "--sockopt NoDelay=off h 1", " nodelay=off" },
    { "--sockopt nodelay h 1", " nodelay=on" },
    { "--sockopt tcp.nodelay=0 h 1", " tcp.nodelay=0" },
    { "--sockopt TCP_NODELAY=0 h 1", " tcp.nodelay=0" },
    { "--sockopt ip.ttl=5 -M 3 h 1", " ip.ttl=5 ttl=3" },
    { "--sockopt ttl=5 --sockopt mark=1 -M 3 h 1", " mark=1 ttl=3" },
    { "--sockopt 6:1:00 --sockopt 6:1:01 h 1", " 6:1:01" },
    { "--sockopt tcp:1:00 --sockopt 6:1:01:bound h 1", " 6:1:00 6:1:01:bound" },
    { "--sockopt promisc=lo --sockopt promisc=eth0 h 1", " promisc=lo promisc=eth0" },
    { "-lu --join 239.1.2.3@lo 1", " join-group=239.1.2.3@lo multicast-all=off reuseaddr=on" },
    { "-lu --join ff02::5%lo --join 239.1.2.3,10.0.0.1 1",
      " join-group=ff02::5%lo multicast-all=off reuseaddr=on join-source-group=239.1.2.3,10.0.0.1" },
    { "-lu --sockopt ip.multicast-all --join 239.1.2.3 --sockopt reuseaddr=no 1",
      " ip.multicast-all=on join-group=239.1.2.3 reuseaddr=no" },
};

static void
check_sockopts(void)
{
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        struct request request = parsed(set[i].line);
        char got[256] = "";
        for (size_t k = 0; k < request.socket.options.count; k++) {
            size_t used = strlen(got);
            (void)snprintf(got + used, sizeof got - used, " ");
            sockopt_words(&request.socket.options.items[k], got + used + 1, sizeof got - used - 1);
        }
        is_text(got, set[i].settings, "the socket options of skt %s", set[i].line);
        request_free(&request);
    }
}

static void
check_many(void)
{
    enum { OPTIONS = 200 };
    static char words[OPTIONS + 1][32] = { "skt" };
    char *argv[OPTIONS + 4] = { words[0] };
    int count = 1;
    for (int i = 0; i < OPTIONS; i++) {
        (void)snprintf(words[count], sizeof words[count], "--sockopt=1:%d:00", i);
        argv[count] = words[count];
        count++;
    }
    struct request request;
    struct fault fault = { 0 };
    char host[] = "127.0.0.1", port[] = "1";
    argv[count++] = host;
    argv[count++] = port;
    is_int(request_parse(&request, count, argv, &fault), 0, "any number of socket options is taken");
    is_int((int)request.socket.options.count, OPTIONS, "all of them");
    request_free(&request);
}

static void
check_fields(void)
{
    struct request request = parsed("-z h 20-30");
    ok(request.scans && request.scan.ports.count == 11 && request.scan.ports.items[10] == 30,
       "-z takes a range");
    ok(request.scan.host_count == 1 && request.scan.parallel == 256, "of one host, 256 at a time");
    request_free(&request);

    request = parsed("-z a b c 80,22");
    ok(request.scan.ports.count == 2 && request.scan.ports.items[1] == 22, "-z takes a list");
    ok(request.scan.host_count == 3 && strcmp(request.scan.hosts[2], "c") == 0, "of several hosts");
    request_free(&request);

    request = parsed("-z -U a b");
    ok(request.scan.ports.count == 0 && request.scan.host_count == 2, "-z takes paths");
    request_free(&request);

    request = parsed("--retry forever h 80");
    ok(request.retry.times == RETRY_FOREVER && request.retry.delay_ms < 0, "--retry takes forever");
    request_free(&request);
    request = parsed("--retry 5 --retry-delay 2 --retry-max-time 1m h 80");
    ok(request.retry.times == 5 && request.retry.delay_ms == 2000 && request.retry.max_ms == 60000,
       "--retry takes a number, and times");
    request_free(&request);

    request = parsed("-l --announce 1");
    ok(request.announces && request.announce_to == NULL, "--announce goes to standard error");
    request = parsed("-l --announce=fd:3 1");
    is_text(request.announce_to, "fd:3", "--announce=fd:3 goes to a descriptor");

    request = parsed("--send-only --no-shutdown -vv h 1");
    ok(request.send_only && request.pump.ends_with_input, "--send-only ends with our input");
    is_int((long)request.half_close, HALF_CLOSE_NONE, "--no-shutdown keeps the writing side open");
    is_int(request.verbosity, 2, "-vv counts");

    request = parsed("--recv-only -W 7 h 1");
    ok(request.no_input && request.pump.receive_max == 7, "--recv-only reads no input");
    request = parsed("-u --records size:9 --eof-message h 1");
    ok(request.pump.records.kind == RECORD_SIZE && request.pump.records.size == 9, "--records size:9");
    request = parsed("--protocol IPPROTO_MPTCP h 1");
    is_int(request.socket.protocol, 262, "--protocol takes a name with its prefix");
    request = parsed("-lU --mode 660 --backlog 3 x");
    ok(request.socket.path_mode == 0660 && request.socket.backlog == 3, "--mode is octal");
    request = parsed("-l 1");
    ok(request.socket.path_mode == -1 && request.socket.backlog == 0, "no mode and no backlog by default");
    request = parsed("--help");
    ok(request.help, "--help needs no operands");
    request = parsed("--sockopt LIST");
    ok(request.lists_sockopts && request.socket.options.count == 0, "--sockopt list needs no operands");
    request = parsed("--completion ZSH");
    is_text(request.completion, "zsh", "--completion takes a shell in any case");
}

#define EACH(rows, index) for (size_t index = 0; index < sizeof(rows) / sizeof(rows)[0]; index++)

int
main(void)
{
    for (const struct option_row *row = option_rows; *row->name != '\0'; row++)
        check_row(row);
    EACH(good, i)
    check_good(good[i].line, good[i].request);
    check_service_name();
    EACH(bad, i)
    check_bad(bad[i].line, bad[i].message);
    EACH(timed, i)
    check_times(timed[i].line, timed[i].times);
    check_sockopts();
    check_many();
    check_fields();
    return tap_done();
}
