#include "dial/expression.h"

#ifdef HAVE_LIBPCAP

#include <pcap/pcap.h>

const bool expression_works = true;

enum { MESSAGE_MAX = 262144 }; /* what the filter answers for a message that it lets through */

int
expression_compile(const char *expression, int link, struct filter *filter, struct fault *fault)
{
    pcap_t *none = pcap_open_dead(link, MESSAGE_MAX);
    if (!none)
        return fault_say(fault, STATUS_LOCAL, "no memory", "filter %s", expression);
    struct bpf_program program;
    int result;
    if (pcap_compile(none, &program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
        result = fault_say(fault, STATUS_USAGE, pcap_geterr(none), "filter %s", expression);
    } else {
        _Static_assert(sizeof *program.bf_insns == FILTER_STEP_SIZE, "libpcap's steps are the kernel's");
        result = filter_copy(program.bf_insns, program.bf_len, filter) == 0
                     ? 0
                     : fault_set(fault, STATUS_LOCAL, "filter %s", expression);
        pcap_freecode(&program);
    }
    pcap_close(none);
    return result;
}

#else

const bool expression_works = false;

int
expression_compile(const char *expression, int link, struct filter *filter, struct fault *fault)
{
    (void)link;
    (void)filter;
    return fault_say(fault, STATUS_USAGE,
                     "this build has no compiler for it (configure --with-libpcap); use --filter",
                     "filter %s", expression);
}

#endif
