/*
 * Send datagrams as fast as it goes, and print how many.
 *
 *     flood PORT SIZE MILLISECONDS [plain]
 *
 * By UDP_SEGMENT, or, plain, one by one: then no receiver can take several as one.
 */
#include "../net.h"
#include <netinet/udp.h>

enum { PAYLOAD_MAX = 65507, SEGMENTS = 64 };

int
main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    static char data[PAYLOAD_MAX];
    int fd = connected(argv[1], SOCK_DGRAM), size = number(argv[2]);
    int count = argc > 4 ? 1 : PAYLOAD_MAX / size < SEGMENTS ? PAYLOAD_MAX / size : SEGMENTS;
    if (count > 1)
        set_option(fd, SOL_UDP, UDP_SEGMENT, size, "UDP_SEGMENT");
    long long sent = 0;
    for (int64_t end = now_ns() + (int64_t)number(argv[3]) * 1000000; now_ns() < end; sent += count)
        must(send(fd, data, (size_t)count * (size_t)size, 0), "send");
    printf("%lld\n", sent);
    return 0;
}
