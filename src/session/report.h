/* What -v says about connecting and listening, in nc's very words, and how ends are named in messages. */
#ifndef SKT_SESSION_REPORT_H
#define SKT_SESSION_REPORT_H

#include "dial/listener.h"
#include "observe/log.h"

enum { REPORT_NAME_SIZE = 200 };

/* "127.0.0.1 port 80", a path, or "client" for an end without a name of its own. */
void report_name(const struct socket_plan *plan, const struct address *address, char *name, size_t size);

/* "Connection to localhost (127.0.0.1) 80 port [tcp/http] succeeded!" */
void report_connected(const struct log *log, const struct socket_plan *plan, const struct address *peer);

/* The name that services(5) has for a port, or "*" and false; with -n always that. */
bool report_service(const struct socket_plan *plan, const char *port, char *name, size_t size);

/* "Listening on 0.0.0.0 80", or "Bound on ..." for types without connections. */
void report_listening(const struct log *log, const struct listener *listener);

/* "Peer is pid 123, uid 1000, gid 1000", where the domain knows; a line of its own, after nc's. */
void report_who(const struct log *log, const struct socket_plan *plan, int fd);

/* "Connection received on 127.0.0.1 43210" */
void report_client(const struct log *log, const struct listener *listener, const struct address *peer);

/* "socket option rcvbuf=65536: the kernel made it 131072", of the settings of these phases and those between */
void report_options(const struct log *log, const struct socket_plan *plan, int fd, enum sockopt_phase first,
                    enum sockopt_phase last);

#endif
