#include "dial/sockopt.h"

#include <netinet/in.h>
#include <sys/socket.h>
/* This looks at what is above. */
#include "dial/sockopt_numbers.h"

const struct sockopt_level_row sockopt_levels[] = {
    [LEVEL_ANY] = { .name = "", .prefix = "" },
    [LEVEL_SOCKET] = { .name = "socket", .prefix = "SO_", .number = SOL_SOCKET },
    [LEVEL_IP] = { .name = "ip", .prefix = "IP_", .number = IPPROTO_IP },
    [LEVEL_IPV6] = { .name = "ipv6", .prefix = "IPV6_", .number = IPPROTO_IPV6 },
    [LEVEL_ICMPV6] = { .name = "icmpv6", .prefix = "", .number = IPPROTO_ICMPV6 },
    [LEVEL_RAW] = { .name = "raw", .prefix = "", .number = SOL_RAW },
    [LEVEL_TCP] = { .name = "tcp", .prefix = "TCP_", .number = IPPROTO_TCP },
    [LEVEL_UDP] = { .name = "udp", .prefix = "UDP_", .number = IPPROTO_UDP },
    [LEVEL_UDPLITE] = { .name = "udplite", .prefix = "UDPLITE_", .number = SOL_UDPLITE },
    [LEVEL_SCTP] = { .name = "sctp", .prefix = "SCTP_", .number = SOL_SCTP },
    [LEVEL_DCCP] = { .name = "dccp", .prefix = "DCCP_SOCKOPT_", .number = SOL_DCCP },
    [LEVEL_SMC] = { .name = "smc", .prefix = "SMC_", .number = SOL_SMC },
    [LEVEL_PACKET] = { .name = "packet", .prefix = "PACKET_", .number = SOL_PACKET },
    [LEVEL_NETLINK] = { .name = "netlink", .prefix = "NETLINK_", .number = SOL_NETLINK },
    [LEVEL_VSOCK] = { .name = "vsock", .prefix = "SO_VM_SOCKETS_", .number = AF_VSOCK },
    [LEVEL_TIPC] = { .name = "tipc", .prefix = "TIPC_", .number = SOL_TIPC },
    [LEVEL_RDS] = { .name = "rds", .prefix = "SO_RDS_", .number = SOL_RDS },
    [LEVEL_RXRPC] = { .name = "rxrpc", .prefix = "RXRPC_", .number = SOL_RXRPC },
    [LEVEL_CAN] = { .name = "can", .prefix = "CAN_RAW_", .number = SOL_CAN_RAW },
    [LEVEL_LLC] = { .name = "llc", .prefix = "LLC_OPT_", .number = SOL_LLC },
    [LEVEL_AX25] = { .name = "ax25", .prefix = "AX25_", .number = SOL_AX25 },
    [LEVEL_NETROM] = { .name = "netrom", .prefix = "NETROM_", .number = SOL_NETROM },
    [LEVEL_ROSE] = { .name = "rose", .prefix = "ROSE_", .number = SOL_ROSE },
    [LEVEL_ALG] = { .name = "alg", .prefix = "ALG_", .number = SOL_ALG },
    [LEVEL_PNPIPE] = { .name = "pnpipe", .prefix = "PNPIPE_", .number = SOL_PNPIPE },
    [LEVEL_KCM] = { .name = "kcm", .prefix = "KCM_", .number = SOL_KCM },
};
