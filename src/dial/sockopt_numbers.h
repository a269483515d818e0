/*
 * Numbers of socket options that headers in use lack, older ones or those of other C libraries. They are the
 * kernel's, the same on every processor, and never change.
 */
#ifndef SKT_DIAL_SOCKOPT_NUMBERS_H
#define SKT_DIAL_SOCKOPT_NUMBERS_H

#ifndef SOL_UDPLITE
#define SOL_UDPLITE 136
#endif
#ifndef SOL_SCTP
#define SOL_SCTP 132
#endif
#ifndef SOL_DCCP
#define SOL_DCCP 269
#endif
#ifndef SOL_SMC
#define SOL_SMC 286
#endif
#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif
#ifndef SOL_TIPC
#define SOL_TIPC 271
#endif
#ifndef SOL_RDS
#define SOL_RDS 276
#endif
#ifndef SOL_RXRPC
#define SOL_RXRPC 272
#endif
#ifndef SOL_CAN_RAW
#define SOL_CAN_RAW 101
#endif
#ifndef SOL_LLC
#define SOL_LLC 268
#endif
#ifndef SOL_AX25
#define SOL_AX25 257
#endif
#ifndef SOL_NETROM
#define SOL_NETROM 259
#endif
#ifndef SOL_ROSE
#define SOL_ROSE 260
#endif
#ifndef SOL_ALG
#define SOL_ALG 279
#endif
#ifndef SOL_PNPIPE
#define SOL_PNPIPE 275
#endif
#ifndef SOL_KCM
#define SOL_KCM 281
#endif

#ifndef IP_CHECKSUM
#define IP_CHECKSUM 23
#endif
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#ifndef IP_RECVFRAGSIZE
#define IP_RECVFRAGSIZE 25
#endif
#ifndef IP_RECVERR_RFC4884
#define IP_RECVERR_RFC4884 26
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef IPV6_FLOWINFO
#define IPV6_FLOWINFO 11
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif
#ifndef IPV6_ROUTER_ALERT_ISOLATE
#define IPV6_ROUTER_ALERT_ISOLATE 30
#endif
#ifndef IPV6_RECVERR_RFC4884
#define IPV6_RECVERR_RFC4884 31
#endif
#ifndef IPV6_FLOWINFO_SEND
#define IPV6_FLOWINFO_SEND 33
#endif
#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36
#endif
#ifndef IPV6_ADDR_PREFERENCES
#define IPV6_ADDR_PREFERENCES 72
#endif
#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif
#ifndef IPV6_RECVORIGDSTADDR
#define IPV6_RECVORIGDSTADDR 74
#endif
#ifndef IPV6_UNICAST_IF
#define IPV6_UNICAST_IF 76
#endif
#ifndef IPV6_RECVFRAGSIZE
#define IPV6_RECVFRAGSIZE 77
#endif
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

#ifndef TCP_MD5SIG_EXT
#define TCP_MD5SIG_EXT 32
#endif
#ifndef TCP_FASTOPEN_KEY
#define TCP_FASTOPEN_KEY 33
#endif
#ifndef TCP_FASTOPEN_NO_COOKIE
#define TCP_FASTOPEN_NO_COOKIE 34
#endif
#ifndef TCP_INQ
#define TCP_INQ 36
#endif
#ifndef TCP_TX_DELAY
#define TCP_TX_DELAY 37
#endif
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif
#ifndef TCP_RTO_MIN_US
#define TCP_RTO_MIN_US 45
#endif
#ifndef TCP_DELACK_MAX_US
#define TCP_DELACK_MAX_US 46
#endif
#ifndef UDP_NO_CHECK6_TX
#define UDP_NO_CHECK6_TX 101
#endif
#ifndef UDP_NO_CHECK6_RX
#define UDP_NO_CHECK6_RX 102
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDPLITE_SEND_CSCOV
#define UDPLITE_SEND_CSCOV 10
#endif
#ifndef UDPLITE_RECV_CSCOV
#define UDPLITE_RECV_CSCOV 11
#endif

#ifndef SCTP_NODELAY
#define SCTP_NODELAY 3
#endif
#ifndef SCTP_AUTOCLOSE
#define SCTP_AUTOCLOSE 4
#endif
#ifndef SCTP_ADAPTATION_LAYER
#define SCTP_ADAPTATION_LAYER 7
#endif
#ifndef SCTP_DISABLE_FRAGMENTS
#define SCTP_DISABLE_FRAGMENTS 8
#endif
#ifndef SCTP_I_WANT_MAPPED_V4_ADDR
#define SCTP_I_WANT_MAPPED_V4_ADDR 12
#endif
#ifndef SCTP_MAXSEG
#define SCTP_MAXSEG 13
#endif
#ifndef SCTP_CONTEXT
#define SCTP_CONTEXT 17
#endif
#ifndef SCTP_FRAGMENT_INTERLEAVE
#define SCTP_FRAGMENT_INTERLEAVE 18
#endif
#ifndef SCTP_PARTIAL_DELIVERY_POINT
#define SCTP_PARTIAL_DELIVERY_POINT 19
#endif
#ifndef SCTP_MAX_BURST
#define SCTP_MAX_BURST 20
#endif
#ifndef SCTP_AUTH_CHUNK
#define SCTP_AUTH_CHUNK 21
#endif
#ifndef SCTP_AUTO_ASCONF
#define SCTP_AUTO_ASCONF 30
#endif
#ifndef SCTP_RECVRCVINFO
#define SCTP_RECVRCVINFO 32
#endif
#ifndef SCTP_RECVNXTINFO
#define SCTP_RECVNXTINFO 33
#endif
#ifndef SCTP_REUSE_PORT
#define SCTP_REUSE_PORT 36
#endif
#ifndef SCTP_PR_SUPPORTED
#define SCTP_PR_SUPPORTED 113
#endif
#ifndef SCTP_RECONFIG_SUPPORTED
#define SCTP_RECONFIG_SUPPORTED 117
#endif
#ifndef SCTP_ENABLE_STREAM_RESET
#define SCTP_ENABLE_STREAM_RESET 118
#endif
#ifndef SCTP_STREAM_SCHEDULER
#define SCTP_STREAM_SCHEDULER 123
#endif
#ifndef SCTP_INTERLEAVING_SUPPORTED
#define SCTP_INTERLEAVING_SUPPORTED 125
#endif
#ifndef SCTP_ASCONF_SUPPORTED
#define SCTP_ASCONF_SUPPORTED 128
#endif
#ifndef SCTP_AUTH_SUPPORTED
#define SCTP_AUTH_SUPPORTED 129
#endif
#ifndef SCTP_ECN_SUPPORTED
#define SCTP_ECN_SUPPORTED 130
#endif
#ifndef SCTP_EXPOSE_POTENTIALLY_FAILED_STATE
#define SCTP_EXPOSE_POTENTIALLY_FAILED_STATE 131
#endif

#ifndef DCCP_SOCKOPT_SERVICE
#define DCCP_SOCKOPT_SERVICE 2
#endif
#ifndef DCCP_SOCKOPT_SERVER_TIMEWAIT
#define DCCP_SOCKOPT_SERVER_TIMEWAIT 6
#endif
#ifndef DCCP_SOCKOPT_SEND_CSCOV
#define DCCP_SOCKOPT_SEND_CSCOV 10
#endif
#ifndef DCCP_SOCKOPT_RECV_CSCOV
#define DCCP_SOCKOPT_RECV_CSCOV 11
#endif
#ifndef DCCP_SOCKOPT_CCID
#define DCCP_SOCKOPT_CCID 13
#endif
#ifndef DCCP_SOCKOPT_TX_CCID
#define DCCP_SOCKOPT_TX_CCID 14
#endif
#ifndef DCCP_SOCKOPT_RX_CCID
#define DCCP_SOCKOPT_RX_CCID 15
#endif
#ifndef DCCP_SOCKOPT_QPOLICY_ID
#define DCCP_SOCKOPT_QPOLICY_ID 16
#endif
#ifndef DCCP_SOCKOPT_QPOLICY_TXQLEN
#define DCCP_SOCKOPT_QPOLICY_TXQLEN 17
#endif
#ifndef SMC_LIMIT_HS
#define SMC_LIMIT_HS 1
#endif

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#ifndef NETLINK_LISTEN_ALL_NSID
#define NETLINK_LISTEN_ALL_NSID 8
#endif
#ifndef NETLINK_CAP_ACK
#define NETLINK_CAP_ACK 10
#endif
#ifndef NETLINK_EXT_ACK
#define NETLINK_EXT_ACK 11
#endif
#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif
#ifndef TIPC_IMPORTANCE
#define TIPC_IMPORTANCE 127
#endif
#ifndef TIPC_SRC_DROPPABLE
#define TIPC_SRC_DROPPABLE 128
#endif
#ifndef TIPC_DEST_DROPPABLE
#define TIPC_DEST_DROPPABLE 129
#endif
#ifndef TIPC_CONN_TIMEOUT
#define TIPC_CONN_TIMEOUT 130
#endif
#ifndef TIPC_MCAST_BROADCAST
#define TIPC_MCAST_BROADCAST 133
#endif
#ifndef TIPC_MCAST_REPLICAST
#define TIPC_MCAST_REPLICAST 134
#endif
#ifndef TIPC_NODELAY
#define TIPC_NODELAY 138
#endif
#ifndef RDS_RECVERR
#define RDS_RECVERR 5
#endif
#ifndef SO_RDS_TRANSPORT
#define SO_RDS_TRANSPORT 8
#endif
#ifndef RXRPC_SECURITY_KEY
#define RXRPC_SECURITY_KEY 1
#endif
#ifndef RXRPC_SECURITY_KEYRING
#define RXRPC_SECURITY_KEYRING 2
#endif
#ifndef RXRPC_EXCLUSIVE_CONNECTION
#define RXRPC_EXCLUSIVE_CONNECTION 3
#endif
#ifndef RXRPC_MIN_SECURITY_LEVEL
#define RXRPC_MIN_SECURITY_LEVEL 4
#endif
#ifndef AX25_WINDOW
#define AX25_WINDOW 1
#endif
#ifndef AX25_T1
#define AX25_T1 2
#endif
#ifndef AX25_N2
#define AX25_N2 3
#endif
#ifndef AX25_T3
#define AX25_T3 4
#endif
#ifndef AX25_T2
#define AX25_T2 5
#endif
#ifndef AX25_BACKOFF
#define AX25_BACKOFF 6
#endif
#ifndef AX25_EXTSEQ
#define AX25_EXTSEQ 7
#endif
#ifndef AX25_PIDINCL
#define AX25_PIDINCL 8
#endif
#ifndef AX25_IDLE
#define AX25_IDLE 9
#endif
#ifndef AX25_PACLEN
#define AX25_PACLEN 10
#endif
#ifndef NETROM_T1
#define NETROM_T1 1
#endif
#ifndef NETROM_T2
#define NETROM_T2 2
#endif
#ifndef NETROM_N2
#define NETROM_N2 3
#endif
#ifndef NETROM_T4
#define NETROM_T4 6
#endif
#ifndef NETROM_IDLE
#define NETROM_IDLE 7
#endif
#ifndef ROSE_DEFER
#define ROSE_DEFER 1
#endif
#ifndef ROSE_T1
#define ROSE_T1 2
#endif
#ifndef ROSE_T2
#define ROSE_T2 3
#endif
#ifndef ROSE_T3
#define ROSE_T3 4
#endif
#ifndef ROSE_IDLE
#define ROSE_IDLE 5
#endif
#ifndef ROSE_QBITINCL
#define ROSE_QBITINCL 6
#endif
#ifndef ROSE_HOLDBACK
#define ROSE_HOLDBACK 7
#endif
#ifndef ALG_SET_KEY
#define ALG_SET_KEY 1
#endif
#ifndef PNPIPE_ENCAP
#define PNPIPE_ENCAP 1
#endif
#ifndef PNPIPE_IFINDEX
#define PNPIPE_IFINDEX 2
#endif
#ifndef KCM_RECV_DISABLE
#define KCM_RECV_DISABLE 1
#endif

/* Options of SOL_SOCKET that are younger than many headers; two kinds of processors number them otherwise. */
#if !defined __sparc__ && !defined __hppa__
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#endif

/* These are names of an enum in the kernel's headers, and so cannot be looked for by #ifndef. */
enum {
    RAW_CAN_FILTER = 1,
    RAW_CAN_ERR_FILTER,
    RAW_CAN_LOOPBACK,
    RAW_CAN_RECV_OWN_MSGS,
    RAW_CAN_FD_FRAMES,
    RAW_CAN_JOIN_FILTERS,
    RAW_CAN_XL_FRAMES,
    LLC_RETRY = 1,
    LLC_SIZE,
    LLC_ACK_TMR_EXP,
    LLC_P_TMR_EXP,
    LLC_REJ_TMR_EXP,
    LLC_BUSY_TMR_EXP,
    LLC_TX_WIN,
    LLC_RX_WIN,
    LLC_PKTINFO,
};

#endif
