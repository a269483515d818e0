/* The rows are one file, long as it is: nothing else lists options, and --help has them in this order. */
#include "request/option.h"

#include "domain/inet.h"
#include "domain/unix.h"
#include "domain/vsock.h"
#include "endpoint/flags.h"
#include "endpoint/hub.h"
#include "endpoint/terminal.h"
#include "pump/record.h"
#include "request/command.h"
#include <limits.h>
#include <netinet/in.h>

#define FIELD(member)                                                                                        \
    .field = offsetof(struct command, member), .size = sizeof(((struct command *)NULL)->member)

/* No session: nothing that bytes are moved by. */
#define CONFLICTS_WITH_HANDING_OVER                                                                          \
    "zero quit-after no-shutdown shutdown send-only eof-message records hex recv-limit crlf delay output "   \
    "hex-dump stats send-flags recv-flags oob oob-file "

/* What is about standard input and output, or about one socket's first bytes. */
#define CONFLICTS_WITH_FILES                                                                                 \
    "zero no-input send-only recv-only crlf delay quit-after eof-message oob peek pass-fd receive-fd block"

#define CONFLICTS_WITH_LOCAL_END "records hex " CONFLICTS_WITH_FILES

/* Local ends that are each client's own. */
#define OWN_ENDS "echo discard chargen send-file receive-dir "

#define TIME_MAX_MS (INT64_C(3650) * 24 * 3600 * 1000)

/* No program: the standard streams, or no session at all. */
#define CONFLICTS_WITH_PROGRAM "zero pass-fd no-input recv-only " OWN_ENDS

#define CONFLICTS_WITH_NO_INPUT "send-only half-close shutdown quit-after crlf delay"

static const struct sockopt_word shutdown_choices[] = {
    { "wr", HALF_CLOSE_WRITE }, { "rdwr", HALF_CLOSE_BOTH }, { "none", HALF_CLOSE_NONE }, { NULL, 0 }
};

/* What one client has after the other. */
#define CONFLICTS_WITH_LIMITS "block oob"

/* The same, and what is no session. */
#define CONFLICTS_WITH_MANY "pass-fd " CONFLICTS_WITH_LIMITS

/* Each client has something for itself. */
#define CONFLICTS_WITH_SHARING OWN_ENDS "exec sh-exec peek " CONFLICTS_WITH_MANY

/* What is about standard input and output, as above; but messages may meet bytes, and both ends are told of an end. */
#define CONFLICTS_WITH_RELAY                                                                                 \
    "zero no-input send-only recv-only quit-after no-shutdown shutdown oob peek pass-fd block exec "         \
    "sh-exec " OWN_ENDS "broker chat serial label merge slow"

/* What a hub of clients has no one stream, or no one connection, for. */
#define CONFLICTS_WITH_HUB CONFLICTS_WITH_LOCAL_END " " OWN_ENDS "exec sh-exec serial"

static const struct sockopt_word merge_choices[] = { { "lines", 0 }, { "bytes", 1 }, { NULL, 0 } };

static const struct sockopt_word slow_choices[] = {
    { "drop", HUB_DROPS }, { "block", HUB_BLOCKS }, { "disconnect", HUB_DISCONNECTS }, { NULL, 0 }
};

static const struct sockopt_word retry_choices[] = { { "forever", RETRY_FOREVER }, { NULL, 0 } };

static const struct sockopt_word when_full_choices[] = { { "wait", 0 }, { "refuse", 1 }, { NULL, 0 } };

static const struct sockopt_word workers_choices[] = { { "auto", WORKERS_AUTO }, { NULL, 0 } };

static const struct sockopt_word terminal_choices[] = { { "cooked", TERMINAL_COOKED },
                                                        { "raw", TERMINAL_RAW },
                                                        { NULL, 0 } };

static const struct sockopt_word proxy_dns_choices[] = { { "remote", PROXY_DNS_REMOTE },
                                                         { "local", PROXY_DNS_LOCAL },
                                                         { NULL, 0 } };

static const struct sockopt_word shell_choices[] = {
    { "bash", 0 }, { "zsh", 0 }, { "fish", 0 }, { NULL, 0 }
};

const char *const option_group_titles[] = {
    [GROUP_MODE] = "What to do",
    [GROUP_KIND] = "Kind of socket",
    [GROUP_ADDRESS] = "Addresses",
    [GROUP_PROXY] = "Through a proxy",
    [GROUP_ACCESS] = "Who may connect",
    [GROUP_START] = "Starting and privileges",
    [GROUP_END] = "End of input",
    [GROUP_MESSAGE] = "Messages",
    [GROUP_TIME] = "Time",
    [GROUP_LOCAL] = "The local end, instead of the standard streams",
    [GROUP_RELAY] = "Joined with another socket, instead of the standard streams",
    [GROUP_MANY] = "Many clients",
    [GROUP_DATA] = "Data",
    [GROUP_SOCKET] = "Socket options",
    [GROUP_CALL] = "Calls",
    [GROUP_PROGRAM] = "Programs",
    [GROUP_TELL] = "Telling",
    NULL,
};

/* clang-format off */
const struct option_row option_rows[] = {
    { .letter = 'l', .name = "listen", .kind = OPTION_FLAG, FIELD(request.listens),
      .excludes = "zero random connect-timeout", .group = GROUP_MODE,
      .help = "wait for a connection instead of making one" },
    { .letter = 'k', .name = "keep-open", .kind = OPTION_FLAG, FIELD(request.keeps_open),
      .needs = "listen", .group = GROUP_MODE, .help = "go on with more clients, all at once" },
    { .letter = 'z', .name = "zero", .kind = OPTION_FLAG, FIELD(request.scans), .fits = FITS_SCAN,
      .excludes = "quit-after no-shutdown shutdown send-only recv-only eof-message records recv-limit "
                  "idle-timeout crlf output hex-dump stats",
      .group = GROUP_MODE,
      .help = "only see which ports answer, or paths with -U" },
    { .name = "all", .kind = OPTION_FLAG, FIELD(request.scan.all), .needs = "zero", .group = GROUP_MODE,
      .help = "all have to answer, not only one" },
    { .name = "parallel", .value = "N", .kind = OPTION_NUMBER, FIELD(request.scan.parallel), .min = 1,
      .max = 4096, .fallback = "256", .needs = "zero", .excludes = "delay", .group = GROUP_MODE,
      .help = "so many tries at a time" },
    { .name = "banner", .value = "N", .kind = OPTION_NUMBER, FIELD(request.scan.banner_size), .min = 1,
      .max = 256, .needs = "zero", .group = GROUP_MODE,
      .help = "show the first N bytes that a service says" },
    { .name = "json", .kind = OPTION_FLAG, FIELD(request.scan.json), .needs = "zero", .group = GROUP_MODE,
      .help = "write a line of JSON for each port to standard output" },

    { .letter = '4', .name = "ipv4", .kind = OPTION_SELECT, .domain = &inet4_domain,
      .excludes = "ipv6 unixsock vsock domain", .group = GROUP_KIND, .help = "only IPv4" },
    { .letter = '6', .name = "ipv6", .kind = OPTION_SELECT, .domain = &inet6_domain,
      .excludes = "unixsock vsock domain", .group = GROUP_KIND, .help = "only IPv6" },
    { .letter = 'u', .name = "udp", .kind = OPTION_SELECT, .type = &dgram_type,
      .excludes = "seqpacket type", .group = GROUP_KIND,
      .help = "datagrams: UDP, or with -U their local kind" },
    { .letter = 'U', .name = "unixsock", .kind = OPTION_SELECT, .domain = &unix_domain,
      .excludes = "vsock domain", .group = GROUP_KIND,
      .help = "a local socket at PATH, or at @NAME in the abstract namespace" },
    { .name = "vsock", .kind = OPTION_SELECT, .domain = &vsock_domain, .excludes = "domain",
      .group = GROUP_KIND, .help = "a socket between a virtual machine and its host, at CID PORT" },
    { .name = "seqpacket", .kind = OPTION_SELECT, .type = &seqpacket_type, .excludes = "type",
      .group = GROUP_KIND, .help = "a connection that keeps records apart; with --sctp, one socket for many" },
    { .name = "sctp", .kind = OPTION_SELECT, .protocol = "sctp",
      .excludes = "udp unixsock protocol dccp udplite mptcp", .group = GROUP_KIND,
      .help = "SCTP, a connection; with --seqpacket, one socket for many peers" },
    { .letter = 'Z', .name = "dccp", .kind = OPTION_SELECT, .type = &dccp_type, .protocol = "dccp",
      .excludes = "udp unixsock seqpacket type protocol udplite mptcp", .group = GROUP_KIND,
      .help = "DCCP, a connection that carries messages" },
    { .name = "dccp-service", .value = "CODE", .kind = OPTION_SERVICE, .sockopt = "dccp.service",
      .fallback = "0", .fits = FITS_SERVICE, .group = GROUP_KIND,
      .help = "the service that both ends mean: SC:TEXT, SC=NUMBER, SC=xHEX, or four characters" },
    { .name = "udplite", .kind = OPTION_SELECT, .type = &dgram_type, .protocol = "udplite",
      .excludes = "unixsock seqpacket type protocol mptcp", .group = GROUP_KIND,
      .help = "UDP-Lite, datagrams" },
    { .name = "mptcp", .kind = OPTION_SELECT, .type = &stream_type, .protocol = "mptcp",
      .excludes = "udp unixsock seqpacket type protocol", .group = GROUP_KIND,
      .help = "TCP that may use several paths at once" },
    { .name = "raw", .kind = OPTION_SELECT, .type = &raw_type, .excludes = "udp seqpacket type sctp dccp udplite mptcp",
      .group = GROUP_KIND, .help = "packets of one --protocol, or whole frames of an interface" },
    { .name = "domain", .value = "NAME", .kind = OPTION_DOMAIN, FIELD(domain), .group = GROUP_KIND,
      .help = "the address family; list: print all, with what this kernel has" },
    { .name = "type", .value = "NAME", .kind = OPTION_TYPE, FIELD(type), .group = GROUP_KIND,
      .help = "the socket type" },
    { .name = "protocol", .value = "NAME", .kind = OPTION_PROTOCOL, FIELD(protocol), .fallback = "the type's usual one", .group = GROUP_KIND,
      .help = "the protocol, by name or number" },

    { .letter = 'n', .name = "nodns", .kind = OPTION_FLAG, FIELD(request.socket.numeric),
      .group = GROUP_ADDRESS, .help = "look up no names: hosts are numeric addresses" },
    { .letter = 's', .name = "source", .value = "ADDRESS", .kind = OPTION_TEXT, FIELD(source),
      .group = GROUP_ADDRESS, .help = "come from this address; with -l, listen at it" },
    { .letter = 'p', .name = "source-port", .value = "PORT", .kind = OPTION_TEXT, FIELD(source_port),
      .excludes = "random", .fits = FITS_PORTS, .group = GROUP_ADDRESS,
      .help = "come from this port; with -l, listen at it" },
    { .letter = 'r', .name = "random", .kind = OPTION_FLAG, FIELD(request.socket.random_source_port),
      .fits = FITS_PORTS, .group = GROUP_ADDRESS, .help = "come from a port chosen at random" },
    { .name = "mode", .value = "OCTAL", .kind = OPTION_OCTAL, FIELD(request.socket.path_mode),
      .max = 0777, .fallback = "600", .needs = "listen", .fits = FITS_PATHS, .group = GROUP_ADDRESS,
      .help = "permissions of the socket file" },
    { .name = "promiscuous", .kind = OPTION_FLAG, FIELD(request.socket.promiscuous),
      .fits = FITS_INTERFACES, .group = GROUP_ADDRESS,
      .help = "hear also frames that are for others" },
    { .name = "groups", .value = "GROUP,...", .kind = OPTION_TEXT, FIELD(request.socket.groups),
      .fits = FITS_GROUPS, .group = GROUP_ADDRESS,
      .help = "hear these multicast groups, by name or number" },
    { .name = "reuse-port", .kind = OPTION_FLAG, FIELD(request.socket.reuse_port), .needs = "listen",
      .fits = FITS_PORTS, .group = GROUP_ADDRESS, .help = "share the port with other listeners" },
    { .name = "backlog", .value = "N", .kind = OPTION_NUMBER, FIELD(request.socket.backlog), .min = 1,
      .max = 65535, .fallback = "the system's maximum", .needs = "listen", .fits = FITS_ACCEPTING,
      .group = GROUP_ADDRESS, .help = "clients that may wait to be accepted" },
    { .name = "announce", .value = "FILE", .may_lack_value = true, .kind = OPTION_SINK,
      FIELD(request.announce_to), .fallback = "standard error", .needs = "listen", .group = GROUP_ADDRESS,
      .help = "write the bound address to FILE or fd:N once listening" },

    { .letter = 'x', .name = "proxy", .value = "PROXY", .kind = OPTION_TEXT, FIELD(proxy.at),
      .excludes = "listen zero receive-fd", .fits = FITS_TCP, .group = GROUP_PROXY,
      .help = "have a proxy connect us: [TYPE://][USER:PASSWORD@]HOST[:PORT]" },
    { .letter = 'X', .name = "proxy-type", .value = "TYPE", .kind = OPTION_CHOICE, FIELD(proxy.type),
      .choices = proxy_words, .fallback = "socks5", .needs = "proxy", .group = GROUP_PROXY,
      .help = "what it speaks" },
    { .letter = 'P', .name = "proxy-user", .value = "USER", .kind = OPTION_TEXT, FIELD(proxy.user),
      .excludes = "proxy-auth proxy-auth-file", .needs = "proxy", .group = GROUP_PROXY,
      .help = "as this user; the password is asked for on the terminal" },
    { .name = "proxy-auth", .value = "USER:PASSWORD", .kind = OPTION_TEXT, FIELD(proxy.auth),
      .excludes = "proxy-auth-file", .needs = "proxy", .group = GROUP_PROXY,
      .help = "as this user, with a password that ps(1) may show" },
    { .name = "proxy-auth-file", .value = "FILE", .kind = OPTION_SINK, FIELD(proxy.auth_file),
      .needs = "proxy", .group = GROUP_PROXY, .help = "both are the first line of FILE or fd:N" },
    { .name = "proxy-dns", .value = "WHERE", .kind = OPTION_CHOICE, FIELD(proxy.dns),
      .choices = proxy_dns_choices, .fallback = "remote; with socks4 local", .needs = "proxy",
      .group = GROUP_PROXY, .help = "where the target's name is looked up" },

    { .name = "allow", .value = "PEERS", .kind = OPTION_PEERS, FIELD(request.access),
      .fits = FITS_PATTERNS, .group = GROUP_ACCESS,
      .help = "only these: addresses, ADDRESS/BITS, ranges, names, unix:uid=N, vsock:CID" },
    { .name = "allowfile", .value = "FILE", .kind = OPTION_PEERS_FILE, FIELD(request.access),
      .fits = FITS_PATTERNS, .group = GROUP_ACCESS,
      .help = "only those that FILE names; SIGHUP has it read again" },
    { .name = "deny", .value = "PEERS", .kind = OPTION_PEERS, FIELD(request.access), .constant = 1,
      .fits = FITS_PATTERNS, .group = GROUP_ACCESS,
      .help = "not these, even if they are allowed" },
    { .name = "denyfile", .value = "FILE", .kind = OPTION_PEERS_FILE, FIELD(request.access),
      .constant = 1, .fits = FITS_PATTERNS, .group = GROUP_ACCESS,
      .help = "not those that FILE names" },

    { .name = "user", .value = "USER", .kind = OPTION_TEXT, FIELD(request.user), .excludes = "zero",
      .group = GROUP_START, .help = "once the socket is open, become this user, by name or number, for good" },
    { .name = "group", .value = "GROUP", .kind = OPTION_TEXT, FIELD(request.group), .needs = "user",
      .fallback = "the user's", .group = GROUP_START, .help = "... with this group" },
    { .name = "chroot", .value = "FOLDER", .kind = OPTION_FILE, FIELD(request.chroot), .excludes = "zero",
      .group = GROUP_START, .help = "... and see nothing outside of FOLDER" },
    { .name = "pid-file", .value = "FILE", .kind = OPTION_FILE, FIELD(request.pid_file), .needs = "listen",
      .group = GROUP_START, .help = "write the process id to FILE once listening; removed at the end" },
    { .name = "notify", .kind = OPTION_FLAG, FIELD(request.notifies), .needs = "listen",
      .group = GROUP_START, .help = "tell the service manager, at NOTIFY_SOCKET, once listening" },
    { .name = "netns", .value = "NAME", .kind = OPTION_NETNS, FIELD(request.socket.netns),
      .excludes = "receive-fd", .group = GROUP_START,
      .help = "open the socket in another network namespace, by name or path" },

    { .letter = 'q', .name = "quit-after", .value = "TIME", .kind = OPTION_DURATION,
      FIELD(request.pump.quit_ms), .min = -1, .max = TIME_MAX_MS, .fallback = "no limit",
      .group = GROUP_END, .help = "go on at most this long after our input has ended and been sent" },
    { .letter = 'd', .name = "no-input", .kind = OPTION_FLAG, FIELD(request.no_input),
      .excludes = CONFLICTS_WITH_NO_INPUT, .group = GROUP_END,
      .help = "read no input, and do not end the writing side either" },
    { .letter = 'N', .name = "half-close", .kind = OPTION_CONSTANT, FIELD(request.half_close),
      .constant = HALF_CLOSE_WRITE, .excludes = "no-shutdown shutdown", .group = GROUP_END,
      .help = "end the writing side when our input ends; this is the default" },
    { .name = "no-shutdown", .kind = OPTION_CONSTANT, FIELD(request.half_close),
      .constant = HALF_CLOSE_NONE, .excludes = "shutdown eof-message", .group = GROUP_END,
      .help = "keep the writing side open when our input ends" },
    { .name = "shutdown", .value = "HOW", .kind = OPTION_CHOICE, FIELD(request.half_close),
      .choices = shutdown_choices, .fallback = "wr", .excludes = "eof-message", .fits = FITS_HALF_CLOSE,
      .group = GROUP_END, .help = "what to end when our input ends" },
    { .name = "send-only", .kind = OPTION_FLAG, FIELD(request.send_only),
      .excludes = "recv-only recv-limit", .group = GROUP_END,
      .help = "throw away what comes in, and end with our input" },
    { .name = "recv-only", .kind = OPTION_FLAG, FIELD(request.no_input),
      .excludes = CONFLICTS_WITH_NO_INPUT, .group = GROUP_END, .help = "only receive, as -d" },
    { .name = "eof-message", .kind = OPTION_FLAG, FIELD(request.eof_message), .fits = FITS_NO_HALF_CLOSE,
      .group = GROUP_END, .help = "an empty message means the end of input, both ways" },

    { .name = "records", .value = "FORMAT", .kind = OPTION_RECORDS, FIELD(request.pump.records),
      .fallback = "none", .excludes = "crlf", .fits = FITS_RECORDS, .group = GROUP_MESSAGE,
      .help = "how standard input and output tell messages apart" },
    { .name = "hex", .kind = OPTION_CONSTANT, FIELD(request.pump.records.kind), .constant = RECORD_HEX,
      .excludes = "records crlf zero", .fits = FITS_RECORDS, .group = GROUP_MESSAGE,
      .help = "messages are lines of hexadecimal digits: --records hex" },
    { .name = "ip-header", .kind = OPTION_FLAG, FIELD(request.socket.keeps_headers), .sockopt = "hdrincl",
      .fits = FITS_HEADERS, .group = GROUP_MESSAGE,
      .help = "raw packets have their IPv4 header, both ways" },
    { .letter = 'W', .name = "recv-limit", .value = "N", .kind = OPTION_NUMBER,
      FIELD(request.pump.receive_max), .min = 1, .max = INT64_C(1000000000000), .fallback = "no limit",
      .group = GROUP_MESSAGE,
      .help = "end after receiving so many messages, or reads of a stream" },

    { .letter = 'w', .name = "wait", .value = "TIME", .kind = OPTION_DURATION, FIELD(wait_ms), .min = 1,
      .max = TIME_MAX_MS, .fallback = "no limit", .group = GROUP_TIME,
      .help = "give up connecting, and later an idle session, after this long" },
    { .name = "connect-timeout", .value = "TIME", .kind = OPTION_DURATION, FIELD(request.connect_ms),
      .min = 1, .max = TIME_MAX_MS, .fallback = "as -w", .group = GROUP_TIME,
      .help = "for the lookup and the connection together" },
    { .name = "accept-timeout", .value = "TIME", .kind = OPTION_DURATION, FIELD(request.accept_ms),
      .min = 1, .max = TIME_MAX_MS, .fallback = "no limit", .needs = "listen",
      .fits = FITS_ACCEPTING, .group = GROUP_TIME, .help = "for the next client to come" },
    { .name = "idle-timeout", .value = "TIME", .kind = OPTION_DURATION, FIELD(request.pump.idle_ms),
      .min = 1, .max = TIME_MAX_MS, .fallback = "as -w", .group = GROUP_TIME,
      .help = "without traffic in either direction" },
    { .name = "max-time", .value = "TIME", .kind = OPTION_DURATION, FIELD(request.max_ms), .min = 1,
      .max = TIME_MAX_MS, .fallback = "no limit", .group = GROUP_TIME,
      .help = "for everything together" },
    { .name = "retry", .value = "N", .kind = OPTION_CHOICE, FIELD(request.retry.times), .max = 1000000,
      .choices = retry_choices, .fallback = "0", .excludes = "receive-fd", .group = GROUP_TIME,
      .help = "try again, so often or forever, while nobody can be connected to" },
    { .name = "retry-delay", .value = "TIME", .kind = OPTION_DURATION, FIELD(request.retry.delay_ms),
      .min = 1, .max = TIME_MAX_MS, .fallback = "100ms, growing to 5s", .needs = "retry reconnect",
      .group = GROUP_TIME, .help = "from one try to the next" },
    { .name = "retry-max-time", .value = "TIME", .kind = OPTION_DURATION, FIELD(request.retry.max_ms),
      .min = 1, .max = TIME_MAX_MS, .fallback = "no limit", .needs = "retry reconnect", .group = GROUP_TIME,
      .help = "for all tries together" },
    { .name = "reconnect", .kind = OPTION_FLAG, FIELD(request.reconnects), .fits = FITS_BYTES,
      .excludes = "listen zero receive-fd pass-fd peek oob telnet crlf recv-limit exec sh-exec relay " OWN_ENDS,
      .group = GROUP_TIME, .help = "connect again when the connection is lost, and go on with the input" },
    { .letter = 'i', .name = "delay", .value = "TIME", .kind = OPTION_DURATION,
      FIELD(request.pump.delay_ms), .max = TIME_MAX_MS, .fallback = "0", .group = GROUP_TIME,
      .help = "pause between two lines or messages that we send; with -z, between two ports" },

    { .letter = 'C', .name = "crlf", .kind = OPTION_FLAG, FIELD(request.pump.crlf), .group = GROUP_DATA,
      .help = "send CR LF for each LF" },
    { .letter = 't', .name = "telnet", .kind = OPTION_FLAG, FIELD(request.telnet),
      .excludes = "zero oob-file peek pass-fd", .fits = FITS_BYTES, .group = GROUP_DATA,
      .help = "take telnet commands out of what is received, and refuse all options" },
    { .letter = 'o', .name = "output", .value = "FILE", .kind = OPTION_FILE, FIELD(request.output),
      .group = GROUP_DATA, .help = "write what is sent and received to FILE, too" },
    { .name = "hex-dump", .value = "FILE", .kind = OPTION_FILE, FIELD(request.hex_dump),
      .group = GROUP_DATA, .help = "the same in hexadecimal" },
    { .name = "append-output", .kind = OPTION_FLAG, FIELD(request.append_output),
      .needs = "output hex-dump", .group = GROUP_DATA,
      .help = "keep what these files already hold" },

    { .name = "echo", .kind = OPTION_CONSTANT, FIELD(request.local), .constant = LOCAL_ECHO,
      .excludes = "discard chargen send-file receive-dir " CONFLICTS_WITH_LOCAL_END, .fits = FITS_CLIENTS,
      .group = GROUP_LOCAL, .help = "send back what comes in" },
    { .name = "discard", .kind = OPTION_CONSTANT, FIELD(request.local), .constant = LOCAL_DISCARD,
      .excludes = "chargen send-file receive-dir " CONFLICTS_WITH_LOCAL_END, .fits = FITS_CLIENTS,
      .group = GROUP_LOCAL, .help = "throw away what comes in" },
    { .name = "chargen", .kind = OPTION_CONSTANT, FIELD(request.local), .constant = LOCAL_CHARGEN,
      .excludes = "send-file receive-dir " CONFLICTS_WITH_LOCAL_END, .fits = FITS_BYTES, .group = GROUP_LOCAL,
      .help = "send lines of characters without end" },
    { .name = "send-file", .value = "FILE", .kind = OPTION_FILE, FIELD(request.send_file),
      .excludes = "receive-dir " CONFLICTS_WITH_LOCAL_END, .fits = FITS_BYTES, .group = GROUP_LOCAL,
      .help = "send FILE, to each client anew" },
    { .name = "receive-dir", .value = "FOLDER", .kind = OPTION_FILE, FIELD(request.receive_folder),
      .excludes = CONFLICTS_WITH_FILES, .fits = FITS_ACCEPTING, .group = GROUP_LOCAL,
      .help = "write what each client sends into a new file of FOLDER, whole or not at all" },
    { .name = "receive-name", .value = "TEMPLATE", .kind = OPTION_TEXT, FIELD(request.receive_name),
      .fallback = "%t-%p-%n", .needs = "receive-dir", .group = GROUP_LOCAL,
      .help = "how it is called: %t is the time, %p the peer, %n a number" },
    { .name = "receive-max", .value = "SIZE", .kind = OPTION_SIZE, FIELD(request.receive_size_max), .min = 1,
      .max = INT64_C(1) << 60, .fallback = "no limit", .needs = "receive-dir", .group = GROUP_LOCAL,
      .help = "refuse files that are larger" },
    { .name = "broker", .kind = OPTION_CONSTANT, FIELD(request.local), .constant = LOCAL_BROKER,
      .excludes = "chat " CONFLICTS_WITH_HUB, .needs = "listen", .fits = FITS_CLIENTS, .group = GROUP_LOCAL,
      .help = "send what one client says to all others" },
    { .name = "chat", .kind = OPTION_CONSTANT, FIELD(request.local), .constant = LOCAL_CHAT,
      .excludes = "label merge " CONFLICTS_WITH_HUB, .needs = "listen", .fits = FITS_CLIENTS,
      .group = GROUP_LOCAL, .help = "the same with names, and control characters made harmless" },

    { .name = "relay", .value = "ENDPOINT", .kind = OPTION_TEXT, FIELD(endpoint),
      .excludes = CONFLICTS_WITH_RELAY, .group = GROUP_RELAY,
      .help = "another socket: HOST:PORT, a URL, or fd:N; a connection to it for each client" },
    { .name = "relay-domain", .value = "NAME", .kind = OPTION_DOMAIN, FIELD(domain), .of_relay = "domain",
      .needs = "relay", .fallback = "as ENDPOINT says", .group = GROUP_RELAY,
      .help = "its address family; ENDPOINT is an address of that" },
    { .name = "relay-type", .value = "NAME", .kind = OPTION_TYPE, FIELD(type), .of_relay = "type",
      .needs = "relay", .fallback = "as ENDPOINT says", .group = GROUP_RELAY, .help = "its socket type" },
    { .name = "relay-protocol", .value = "NAME", .kind = OPTION_PROTOCOL, FIELD(protocol),
      .of_relay = "protocol", .needs = "relay", .fallback = "the type's usual one", .group = GROUP_RELAY,
      .help = "its protocol, by name or number" },
    { .name = "relay-source", .value = "ADDRESS", .kind = OPTION_TEXT, FIELD(source), .of_relay = "source",
      .needs = "relay", .group = GROUP_RELAY, .help = "come from this address there" },
    { .name = "relay-source-port", .value = "PORT", .kind = OPTION_TEXT, FIELD(source_port),
      .of_relay = "source-port", .needs = "relay", .fits = FITS_PORTS, .group = GROUP_RELAY,
      .help = "come from this port there" },
    { .name = "relay-netns", .value = "NAME", .kind = OPTION_NETNS, FIELD(request.socket.netns),
      .of_relay = "netns", .needs = "relay", .group = GROUP_RELAY,
      .help = "open it in another network namespace, by name or path" },
    { .name = "relay-sockopt", .value = "OPTION", .kind = OPTION_SOCKOPT, FIELD(request.socket.options),
      .of_relay = "sockopt", .needs = "relay", .group = GROUP_RELAY,
      .help = "set a socket option on it, as --sockopt does" },
    { .name = "relay-wait", .value = "TIME", .kind = OPTION_DURATION, FIELD(request.connect_ms), .min = 1,
      .max = TIME_MAX_MS, .of_relay = "connect-timeout", .needs = "relay", .fallback = "as -w",
      .group = GROUP_RELAY, .help = "for its lookup and its connection together" },
    { .name = "relay-proxy", .value = "PROXY", .kind = OPTION_TEXT, FIELD(proxy.at), .of_relay = "proxy",
      .needs = "relay", .fits = FITS_TCP, .group = GROUP_RELAY,
      .help = "have a proxy connect us, as --proxy does" },
    { .name = "relay-proxy-type", .value = "TYPE", .kind = OPTION_CHOICE, FIELD(proxy.type),
      .choices = proxy_words, .of_relay = "proxy-type", .needs = "relay-proxy", .fallback = "socks5",
      .group = GROUP_RELAY, .help = "what it speaks" },
    { .name = "relay-proxy-auth", .value = "USER:PASSWORD", .kind = OPTION_TEXT, FIELD(proxy.auth),
      .of_relay = "proxy-auth", .excludes = "relay-proxy-auth-file", .needs = "relay-proxy",
      .group = GROUP_RELAY, .help = "as this user, with a password that ps(1) may show" },
    { .name = "relay-proxy-auth-file", .value = "FILE", .kind = OPTION_SINK, FIELD(proxy.auth_file),
      .of_relay = "proxy-auth-file", .needs = "relay-proxy", .group = GROUP_RELAY,
      .help = "both are the first line of FILE or fd:N" },
    { .name = "relay-proxy-dns", .value = "WHERE", .kind = OPTION_CHOICE, FIELD(proxy.dns),
      .choices = proxy_dns_choices, .of_relay = "proxy-dns", .needs = "relay-proxy",
      .fallback = "remote; with socks4 local", .group = GROUP_RELAY,
      .help = "where the target's name is looked up" },

    { .name = "serial", .kind = OPTION_FLAG, FIELD(request.serial),
      .excludes = "max-conns max-per-peer rate-conns when-full label merge slow queue " OWN_ENDS,
      .needs = "keep-open", .fits = FITS_ACCEPTING, .group = GROUP_MANY,
      .help = "serve one client after the other, as nc does" },
    { .name = "label", .kind = OPTION_FLAG, FIELD(request.labels), .excludes = "merge " CONFLICTS_WITH_SHARING,
      .needs = "keep-open broker", .fits = FITS_CLIENTS, .group = GROUP_MANY,
      .help = "begin each line with who has sent it" },
    { .name = "merge", .value = "HOW", .kind = OPTION_CHOICE, FIELD(request.merges_bytes),
      .choices = merge_choices, .fallback = "lines", .excludes = CONFLICTS_WITH_SHARING,
      .needs = "keep-open broker", .fits = FITS_BYTES, .group = GROUP_MANY,
      .help = "what is kept together of what several clients send" },
    { .name = "slow", .value = "HOW", .kind = OPTION_CHOICE, FIELD(request.slow), .choices = slow_choices,
      .fallback = "drop", .excludes = CONFLICTS_WITH_SHARING, .needs = "keep-open broker chat",
      .fits = FITS_CLIENTS, .group = GROUP_MANY,
      .help = "what befalls a client that takes less than there is for it" },
    { .name = "queue", .value = "SIZE", .kind = OPTION_SIZE, FIELD(request.queue_size), .min = 1024,
      .max = 1 << 30, .fallback = "256K", .excludes = "peek " CONFLICTS_WITH_MANY,
      .needs = "keep-open broker chat", .fits = FITS_CLIENTS, .group = GROUP_MANY,
      .help = "how much may wait for a client" },
    { .name = "workers", .value = "N", .kind = OPTION_CHOICE, FIELD(request.workers), .min = 1, .max = WORKERS_MAX,
      .choices = workers_choices, .excludes = "serial broker chat accept-timeout", .needs = "keep-open",
      .fits = FITS_ACCEPTING, .group = GROUP_MANY,
      .help = "serve by so many processes, each started again when it dies" },
    { .name = "max-conns", .value = "N", .kind = OPTION_NUMBER, FIELD(request.max_conns), .min = 1,
      .max = 1000000, .fallback = "1024", .excludes = CONFLICTS_WITH_LIMITS, .needs = "keep-open broker chat", .fits = FITS_CLIENTS, .group = GROUP_MANY,
      .help = "serve so many clients at once" },
    { .name = "max-per-peer", .value = "N", .kind = OPTION_NUMBER, FIELD(request.max_per_peer), .min = 1,
      .max = 1000000, .fallback = "no limit", .excludes = CONFLICTS_WITH_LIMITS, .needs = "keep-open broker chat",
      .fits = FITS_CLIENTS, .group = GROUP_MANY, .help = "... so many of one address, or local user; more are refused" },
    { .name = "rate-conns", .value = "RATE", .kind = OPTION_RATE, FIELD(request.rate), .fallback = "no limit",
      .excludes = CONFLICTS_WITH_LIMITS, .needs = "keep-open broker chat", .fits = FITS_CLIENTS, .group = GROUP_MANY,
      .help = "take so many new clients in a second, or with /m or /h in a minute or hour" },
    { .name = "when-full", .value = "HOW", .kind = OPTION_CHOICE, FIELD(request.refuses_when_full),
      .choices = when_full_choices, .fallback = "wait", .excludes = CONFLICTS_WITH_LIMITS, .needs = "keep-open broker chat", .fits = FITS_ACCEPTING,
      .group = GROUP_MANY, .help = "what happens to more: they wait, or are refused" },

    { .letter = 'b', .name = "broadcast", .kind = OPTION_FLAG, .sockopt = "broadcast",
      .fits = FITS_MESSAGES, .group = GROUP_SOCKET, .help = "allow broadcast addresses" },
    { .letter = 'D', .name = "debug", .kind = OPTION_FLAG, .sockopt = "debug", .group = GROUP_SOCKET,
      .help = "have the kernel record debugging information" },
    { .letter = 'I', .name = "receive-buffer", .value = "SIZE", .kind = OPTION_SIZE, .sockopt = "rcvbuf",
      .min = 1, .max = INT_MAX, .group = GROUP_SOCKET,
      .help = "the kernel's buffer for receiving" },
    { .letter = 'O', .name = "send-buffer", .value = "SIZE", .kind = OPTION_SIZE, .sockopt = "sndbuf",
      .min = 1, .max = INT_MAX, .group = GROUP_SOCKET, .help = "the kernel's buffer for sending" },
    { .letter = 'M', .name = "ttl", .value = "N", .kind = OPTION_NUMBER, .sockopt = "ttl", .min = 1,
      .max = 255, .group = GROUP_SOCKET, .help = "hops that our packets may take" },
    { .letter = 'm', .name = "min-ttl", .value = "N", .kind = OPTION_NUMBER, .sockopt = "minttl",
      .min = 1, .max = 255, .group = GROUP_SOCKET,
      .help = "drop packets that arrive with fewer hops left" },
    { .letter = 'T', .name = "tos", .value = "WORD", .kind = OPTION_CHOICE, .sockopt = "tos",
      .choices = sockopt_tos_words, .max = 255, .group = GROUP_SOCKET,
      .help = "type of service, by name or number" },
    { .letter = 'S', .name = "tcp-md5", .kind = OPTION_FLAG, .sockopt = "md5sig", .fits = FITS_TCP,
      .excludes = "receive-fd", .group = GROUP_SOCKET,
      .help = "sign packets and take signed ones only; the key is asked for on the terminal" },
    { .name = "tcp-md5-key", .value = "FILE", .kind = OPTION_SINK, FIELD(request.key_file),
      .needs = "tcp-md5", .group = GROUP_SOCKET,
      .help = "that key is the first line of FILE or fd:N" },
    { .name = "join", .value = "GROUP", .kind = OPTION_GROUP, FIELD(request.socket.options),
      .needs = "listen", .fits = FITS_MESSAGES, .group = GROUP_SOCKET,
      .help = "hear a multicast group: GROUP[@INTERFACE][,SOURCE]" },
    { .name = "sockopt", .value = "OPTION", .kind = OPTION_SOCKOPT, FIELD(request.socket.options),
      .group = GROUP_SOCKET,
      .help = "set any option: NAME[=VALUE], or LEVEL:NUMBER:HEX; the word list shows them all" },

    { .name = "filter", .value = "FILE", .kind = OPTION_FILE, FIELD(request.socket.filter_file),
      .fits = FITS_MESSAGES, .group = GROUP_SOCKET,
      .help = "drop what this filter drops; FILE is as tcpdump -ddd prints it" },
    { .name = "filter-expression", .value = "WORDS", .kind = OPTION_TEXT, FIELD(request.socket.filter_text),
      .excludes = "filter", .fits = FITS_INTERFACES, .group = GROUP_SOCKET,
      .help = "the same in tcpdump's words, if built --with-libpcap" },
    { .name = "checksum", .value = "OFFSET", .kind = OPTION_NUMBER, .sockopt = "ipv6.checksum", .max = 65534,
      .fits = FITS_RAW, .group = GROUP_SOCKET,
      .help = "have the kernel put a checksum into raw IPv6 packets, so far from their start" },

    { .name = "send-flags", .value = "LIST", .kind = OPTION_SEND_FLAGS, FIELD(request.send_flags),
      .excludes = "zero recv-only no-input", .group = GROUP_CALL,
      .help = "flags of every send, separated by commas" },
    { .name = "recv-flags", .value = "LIST", .kind = OPTION_RECEIVE_FLAGS, FIELD(request.receive_flags),
      .excludes = "zero", .group = GROUP_CALL, .help = "flags of every receive" },
    { .name = "oob", .value = "TEXT", .kind = OPTION_TEXT, FIELD(request.urgent_text), .excludes = "zero",
      .fits = FITS_URGENT, .group = GROUP_CALL, .help = "send TEXT before the input, its last byte as urgent data" },
    { .name = "oob-file", .value = "FILE", .kind = OPTION_SINK, FIELD(request.urgent_file),
      .excludes = "zero oob-inline", .fits = FITS_URGENT, .group = GROUP_CALL,
      .help = "write urgent data that is received to FILE or fd:N" },
    { .name = "oob-inline", .kind = OPTION_FLAG, .sockopt = "oobinline", .fits = FITS_URGENT,
      .group = GROUP_CALL, .help = "leave urgent data in its place among the rest" },
    { .name = "peek", .value = "N", .kind = OPTION_NUMBER, FIELD(request.peek_size), .min = 1, .max = 65536,
      .excludes = CONFLICTS_WITH_HANDING_OVER "block", .group = GROUP_CALL,
      .help = "only show the first N bytes, or the first message, and leave them in the socket" },
    { .name = "block", .value = "N", .kind = OPTION_NUMBER, FIELD(request.pump.block_size), .min = 1,
      .max = 131072, .excludes = "zero send-only", .fits = FITS_BYTES, .group = GROUP_CALL,
      .help = "give on what is received in whole blocks of N bytes" },
    { .name = "no-splice", .kind = OPTION_FLAG, FIELD(request.pump.no_splice), .excludes = "zero",
      .fits = FITS_BYTES, .group = GROUP_CALL,
      .help = "copy every byte; do not have the kernel move them by itself" },
    { .letter = 'F', .name = "pass-fd", .kind = OPTION_FLAG, FIELD(request.passes),
      .excludes = CONFLICTS_WITH_HANDING_OVER "block", .group = GROUP_CALL,
      .help = "pass the connected descriptor over standard output, a Unix socket, and end" },
    { .name = "receive-fd", .kind = OPTION_FLAG, FIELD(request.receives),
      .excludes = "listen zero source source-port random nodns protocol promiscuous", .group = GROUP_CALL,
      .help = "take a connected descriptor from standard input, a Unix socket" },

    { .letter = 'e', .name = "exec", .value = "COMMAND", .kind = OPTION_PROGRAM, FIELD(request.program),
      .excludes = CONFLICTS_WITH_PROGRAM "sh-exec", .group = GROUP_PROGRAM,
      .help = "join the socket to a program, given with its arguments in one word; no shell is involved" },
    { .letter = 'c', .name = "sh-exec", .value = "COMMAND", .kind = OPTION_SHELL, FIELD(request.program),
      .excludes = CONFLICTS_WITH_PROGRAM, .group = GROUP_PROGRAM,
      .help = "the same, run by /bin/sh -c" },
    { .name = "stderr", .kind = OPTION_FLAG, FIELD(request.takes_errors), .needs = "exec sh-exec",
      .excludes = "pty", .group = GROUP_PROGRAM, .help = "send the program's standard error, too" },
    { .name = "pty", .value = "MODE", .may_lack_value = true, .kind = OPTION_CHOICE, FIELD(request.terminal),
      .constant = TERMINAL_COOKED, .choices = terminal_choices, .fallback = "cooked", .needs = "exec sh-exec",
      .excludes = "send-only", .group = GROUP_PROGRAM, .help = "give the program a terminal" },
    { .name = "kill-after", .value = "TIME", .kind = OPTION_DURATION, FIELD(request.kill_after_ms), .min = 0,
      .max = TIME_MAX_MS, .fallback = "5s", .needs = "exec sh-exec", .group = GROUP_PROGRAM,
      .help = "kill a program that was told to end and goes on for so long" },

    { .letter = 'v', .name = "verbose", .kind = OPTION_COUNT, FIELD(request.verbosity),
      .group = GROUP_TELL, .help = "say what happens; twice: in more detail" },
    { .name = "stats", .kind = OPTION_FLAG, FIELD(request.stats), .group = GROUP_TELL,
      .help = "say at the end what was moved" },
    { .letter = 'h', .name = "help", .kind = OPTION_FLAG, FIELD(request.help), .group = GROUP_TELL,
      .help = "print this" },
    { .letter = 'V', .name = "version", .kind = OPTION_FLAG, FIELD(request.version), .group = GROUP_TELL,
      .help = "print the version and what it can do" },
    { .name = "completion", .value = "SHELL", .kind = OPTION_WORD, FIELD(request.completion),
      .choices = shell_choices, .group = GROUP_TELL, .help = "print the completion for a shell" },
    { .name = NULL },
};
/* clang-format on */

_Static_assert(sizeof option_rows / sizeof option_rows[0] <= OPTIONS_MAX, "OPTIONS_MAX is too small");
